// A confusion matrix whose cells are buttons; the chosen cell is the component's state.

export default function ({ data, parentElement, setStateValue }) {
  const root = parentElement.querySelector(".matrix");
  const { labels, counts } = data;
  const key = JSON.stringify([labels, counts, data.cell]);
  if (root.dataset.key === key) return;
  root.dataset.key = key;
  const table = document.createElement("table");
  const head = table.createTHead().insertRow();
  const corner = document.createElement("th");
  corner.innerHTML = "true \u2193 &nbsp; said \u2192";
  corner.className = "corner";
  head.append(corner, ...labels.map((label) => header(label, "col")));
  const body = table.createTBody();
  counts.forEach((row, i) => {
    const line = body.insertRow();
    line.append(header(labels[i], "row"));
    const total = row.reduce((a, b) => a + b, 0) || 1;
    row.forEach((count, j) => {
      const cell = line.insertCell();
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = count || "";
      button.disabled = !count;
      button.setAttribute("aria-label", `${count} images of ${labels[i]} called ${labels[j]}`);
      button.setAttribute("aria-pressed", data.cell?.[0] === i && data.cell?.[1] === j);
      const share = Math.round((100 * count) / total);
      const tone = i === j ? "var(--st-primary-color)" : "#d9730d";
      button.style.background = count ? `color-mix(in srgb, ${tone} ${12 + share * 0.6}%, var(--st-background-color))` : "";
      button.onclick = () => setStateValue("cell", [i, j]);
      cell.append(button);
    });
  });
  root.replaceChildren(table);
  function header(text, scope) {
    const th = document.createElement("th");
    th.scope = scope;
    th.textContent = text;
    th.title = text;
    return th;
  }
}
