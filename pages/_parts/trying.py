"""Try a model: a photo in, probabilities out, and why."""

import csv
from io import StringIO
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._parts import cached, components
from pages._parts.session import owner, services
from pages._parts.tables import share_columns, with_percents
from pages._parts.words import plain
from tlcore.data.decode import UnreadableImageError, canonical, open_stored
from tlcore.errors import BadInputError
from tlcore.jobs.runs import Run
from tlcore.settings import get_settings

if TYPE_CHECKING:
    from tlcore.train.trained import TrainedModel

_SHOWN_CLASSES = 6
_HELD_OUT_SHOWN = 24
Given = tuple[str, Any, str | None]
"""An image that was given: its name, the canonical image, and its class where that is known."""


def try_model(run: Run, *, compact: bool) -> None:
    """Choose images, see what the model says; `compact` is the narrow column of the training page."""
    _answer(cached.model_of(run), _images(run), compact=compact)


def try_backbone(name: str, run: Run | None) -> None:
    """Choose images, the run's held-out ones too, and see what the pretrained network takes them for."""
    _answer(cached.pretrained(name), _images(run), compact=False)


def _answer(model: "TrainedModel", images: list[Given], *, compact: bool) -> None:
    if len(images) == 1:
        _one(model, *images[0], compact=compact)
    elif images:
        _many(model, images)


def _images(run: Run | None) -> list[Given]:
    key = run.id if run else "any"
    ways = ["Held-out image", "Upload", "Webcam"] if run and run.result else ["Upload", "Webcam"]
    source = st.radio("Try it on", ways, key=f"try-{key}", horizontal=True)
    if source == "Held-out image" and run:
        return _held_out(run)
    return _uploaded(key) if source == "Upload" else _webcam(key)


def _uploaded(key: str) -> list[Given]:
    given = st.file_uploader(
        "Photos", accept_multiple_files=True, type=["jpg", "jpeg", "png", "webp", "bmp", "gif"], key=f"photos-{key}"
    )
    return [item for file in given or [] if (item := _opened(file.name, file.getvalue()))]


def _webcam(key: str) -> list[Given]:
    shot = st.camera_input("Webcam", key=f"shot-{key}", label_visibility="collapsed")
    item = _opened("webcam", shot.getvalue()) if shot is not None else None
    return [item] if item else []


def _opened(name: str, data: bytes) -> Given | None:
    try:
        return name, canonical(data, get_settings().limits), None
    except UnreadableImageError as error:
        st.error(f"'{plain(name)}' can't be used: {plain(str(error))}.", icon=":material/error:")
        return None


def _held_out(run: Run) -> list[Given]:
    dataset = services().runs.dataset(owner(), run.id)
    examples = dataset.of("test") or dataset.of("val")
    count = min(_HELD_OUT_SHOWN, len(examples))
    # spread evenly over the manifest, and so over the classes that it is sorted by
    shown = [examples[i * len(examples) // count] for i in range(count)]
    picked = components.gallery(
        [{"id": i, "blob": e.blob, "title": e.name} for i, e in enumerate(shown)],
        key=f"held-{run.id}",
        picked=[0],
        side=64,
        single=True,
    )
    index = picked[0] if picked else 0
    if index >= len(shown):
        return []
    example = shown[index]
    return [(example.name, open_stored(services().storage.blobs.read(example.blob)), dataset.classes[example.label])]


def _one(model: "TrainedModel", name: str, image: Any, truth: str | None, *, compact: bool) -> None:
    probabilities = cached.predict(model, [image])[0]
    order = [int(i) for i in (-probabilities).argsort()]
    classes = model.card.classes
    photo, answer = (st.container(), st.container()) if compact else st.columns([1, 1.4], gap="large")
    with photo:
        st.image(image, width=240 if compact else "stretch", caption=plain(name), alt=f"The photo {name}")
    with answer:
        st.caption("The model says")
        st.subheader(plain(classes[order[0]]), anchor=False)
        if truth:
            mark = "check" if truth == classes[order[0]] else "close" if truth in classes else "label"
            st.markdown(f":material/{mark}: In truth it is **{plain(truth)}**.")
        rows = [
            {"label": classes[i], "value": float(probabilities[i]), "text": f"{probabilities[i]:.1%}"}
            for i in order[:_SHOWN_CLASSES]
        ]
        components.bars(rows, key=f"answer-{model.card.run_id}", high=1.0, lead=True)
        _why(model, image, [classes[i] for i in order])


def _why(model: "TrainedModel", image: Any, ordered: list[str]) -> None:
    if not st.toggle("Why?", key=f"why-{model.card.run_id}", help="Which parts of the photo speak for a class."):
        return
    from tlcore.explain.attribution import HOW_TO_READ, METHODS, STEPS

    left, right = st.columns(2)
    # the likeliest class is in the key, so that a choice nobody made does not stay when another photo has another one
    label = left.selectbox("For which class", ordered, key=f"why-class-{model.card.run_id}-{ordered[0]}")
    method = right.selectbox("How", list(METHODS), format_func=lambda m: METHODS[m], key=f"why-how-{model.card.run_id}")
    try:
        with st.spinner("Following the gradients …"):
            picture, residual = cached.explain(model, image, model.card.classes.index(label), method)
    except BadInputError as error:
        st.error(plain(str(error)), icon=":material/block:")
        return
    words = f"what speaks for '{label}'"
    st.image(picture, width=320, caption=plain(words), alt=f"The photo, bright where it shows {words}")
    rest = "" if residual is None else _missed(residual, STEPS)
    st.caption(HOW_TO_READ[method] + rest)


def _missed(residual: float, steps: int) -> str:
    return (
        f" Added up, the map misses the change of the class's log-probability from the black image by {residual:.0%}, "
        f"for it is computed in {steps} steps."
    )


def _many(model: "TrainedModel", images: list[Given]) -> None:
    probabilities = cached.predict(model, [image for _, image, _ in images])
    classes = model.card.classes
    rows = [
        {"file": name, "answer": classes[int(p.argmax())], "probability": float(p.max())}
        for (name, _, _), p in zip(images, probabilities, strict=True)
    ]
    st.dataframe(with_percents(rows, "probability"), hide_index=True, column_config=share_columns("probability"))
    st.download_button(
        "CSV", as_csv(rows), f"predictions-{model.card.run_id}.csv", "text/csv", icon=":material/download:"
    )


def as_csv(rows: list[dict[str, Any]]) -> str:
    """Rows as CSV; text that a spreadsheet would take for a formula is quoted."""
    buffer = StringIO()
    writer = csv.DictWriter(buffer, list(rows[0]))
    writer.writeheader()
    for row in rows:
        writer.writerow({k: f"'{v}" if isinstance(v, str) and v[:1] in "=+-@\t" else v for k, v in row.items()})
    return buffer.getvalue()
