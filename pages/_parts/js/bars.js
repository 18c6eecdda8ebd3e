// Labelled horizontal bars in the order given: class counts, or probabilities.

export default function ({ data, parentElement }) {
  const root = parentElement.querySelector(".bars");
  const high = data.high ?? Math.max(1, ...data.rows.map((r) => r.value));
  root.replaceChildren(...data.rows.map((row, index) => {
    const line = document.createElement("div");
    line.className = `row${row.dim ? " dim" : ""}${index === 0 && data.lead ? " lead" : ""}`;
    const name = document.createElement("span");
    name.className = "name";
    name.textContent = row.label;
    name.title = row.label;
    const track = document.createElement("span");
    track.className = "track";
    const bar = document.createElement("i");
    bar.style.width = `${(100 * row.value) / high}%`;
    track.append(bar);
    const value = document.createElement("span");
    value.className = "value";
    value.textContent = row.text ?? row.value;
    line.append(name, track, value);
    return line;
  }));
}
