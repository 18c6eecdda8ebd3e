"""Try a model: a photo in, probabilities out, and why; or many photos, of which one is looked at more closely."""

import csv
from io import StringIO
from typing import TYPE_CHECKING, Any

import streamlit as st

from pages._parts import cached, components
from pages._parts.images import show_remarks
from pages._parts.js.data import Picture
from pages._parts.results.answer import answer
from pages._parts.session import owner, services
from pages._parts.tables import share_columns, with_percents
from pages._parts.words import plain
from tlcore.data.pixels.decode import IMAGE_SUFFIXES, CanonicalImage, UnreadableImageError, open_image, open_stored
from tlcore.data.pixels.encode import data_url
from tlcore.data.pixels.thumbnails import thumbnail
from tlcore.explain import interactive
from tlcore.jobs.running.runs import Run
from tlcore.settings import get_settings

if TYPE_CHECKING:
    from tlcore.train.trained import TrainedModel

_HELD_OUT_SHOWN = 24
Given = tuple[str, CanonicalImage, str | None]
"""An image that was given: its name, the canonical image, and its class where that is known."""


def try_model(run: Run, *, compact: bool) -> None:
    """Choose images, see what the model says; `compact` is the narrow column of the training page."""
    _try(cached.model_of(run), run, compact=compact)


def try_backbone(name: str, run: Run | None) -> None:
    """Choose images, the run's held-out ones too, and see what the pretrained network takes them for."""
    _try(cached.pretrained(name), run, compact=False)


def _try(model: "TrainedModel", run: Run | None, *, compact: bool) -> None:
    """The answer stands first in a narrow column, and beside what it was asked on in a wide one."""
    if compact:
        said, asked = st.container(), st.container()
    else:
        asked, said = st.columns([1, 2.2], gap="large")
    with asked:
        images = _images(run)
    with said:
        if not images:
            st.caption("Give it a photo, and its answer stands here.")
        elif len(images) == 1:
            answer(model, *images[0], compact=compact)
        else:
            _many(model, images, compact=compact)


def _images(run: Run | None) -> list[Given]:
    key = run.id if run else "any"
    ways = ["Held-out image", "Upload", "Webcam"] if run and run.result else ["Upload", "Webcam"]
    source = st.radio("Try it on", ways, key=f"try-{len(ways)}", horizontal=True, persist_state="session")
    if source == "Held-out image" and run:
        return _held_out(run)
    return _uploaded(key) if source == "Upload" else _webcam(key)


def _uploaded(key: str) -> list[Given]:
    given = st.file_uploader("Photos", accept_multiple_files=True, type=IMAGE_SUFFIXES, key=f"photos-{key}")
    return [item for file in given or [] if (item := _opened(file.name, file.getvalue()))]


def _webcam(key: str) -> list[Given]:
    shot = st.camera_input("Webcam", key=f"shot-{key}", label_visibility="collapsed")
    item = _opened("webcam", shot.getvalue()) if shot is not None else None
    return [item] if item else []


def _opened(name: str, data: bytes) -> Given | None:
    try:
        opened = open_image(data, get_settings().limits)
    except UnreadableImageError as error:
        st.error(f"'{plain(name)}' can't be used: {plain(str(error))}.", icon=":material/error:")
        return None
    show_remarks(f"'{plain(name)}'", opened)
    return name, opened.image, None


def _held_out(run: Run) -> list[Given]:
    dataset = services().runs.dataset(owner(), run.id)
    examples = dataset.of("test") or dataset.of("val")
    count = min(_HELD_OUT_SHOWN, len(examples))
    # spread evenly over the manifest, and so over the classes that it is sorted by
    shown = [examples[i * len(examples) // count] for i in range(count)]
    tiles: list[Picture] = [{"id": i, "blob": e.blob, "title": e.name} for i, e in enumerate(shown)]
    index = _picked(tiles, key=f"held-{run.id}", side=64)
    example = shown[index]
    return [(example.name, open_stored(services().storage.blobs.read(example.blob)), dataset.classes[example.label])]


def _picked(tiles: list[Picture], *, key: str, side: int) -> int:
    """Which one of these pictures is picked; the first one where none is."""
    picked = components.gallery(tiles, key=key, picked=[0], side=side, single=True)
    return picked[0] if picked and picked[0] < len(tiles) else 0


def _many(model: "TrainedModel", images: list[Given], *, compact: bool) -> None:
    """All of them with their answers; the picked one is looked at more closely."""
    probabilities = interactive.predict(model, [image for _, image, _ in images])
    classes = model.card.classes
    rows = [
        {"file": name, "answer": classes[int(p.argmax())], "probability": float(p.max())}
        for (name, _, _), p in zip(images, probabilities, strict=True)
    ]
    tiles: list[Picture] = [
        {"id": place, "src": data_url(thumbnail(image)), "title": name,
         "caption": f"{row['answer']} {row['probability']:.0%}"}
        for place, ((name, image, _), row) in enumerate(zip(images, rows, strict=True))
    ]  # fmt: skip
    index = _picked(tiles, key=f"many-{model.card.run_id}", side=96)
    answer(model, *images[index], compact=compact)
    with st.expander("All answers as a table", icon=":material/table:"):
        st.dataframe(
            with_percents(rows, "probability"),
            alt="The answer to each photo",
            hide_index=True,
            column_config=share_columns("probability"),
        )
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
