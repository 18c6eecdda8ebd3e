"""What a model took for what: the matrix, the images of a cell or the mistakes, and one of them opened."""

from functools import partial

import streamlit as st

from pages._parts import cached, components
from pages._parts.js.data import Picture
from pages._parts.link_state import linked
from pages._parts.results.answer import answer
from pages._parts.segments import segments
from pages._parts.session import services
from pages._parts.words import counted, plain
from tlcore.data.dataset import Dataset
from tlcore.data.pixels.decode import open_stored
from tlcore.errors import NotFoundError
from tlcore.jobs.running.results import JudgedImage, Result
from tlcore.jobs.running.runs import Run

_SHOWN, _MOST_IN_CELL = 24, 200
_ORDERS, _MANY = ("as named", "what is confused together"), 8


def judged_images(run: Run, result: Result, part: str, dataset: Dataset) -> None:
    """The matrix and the images below it, and the opened image beside them."""
    left, right = st.columns([1.35, 1], gap="large")
    with left:
        cell = _confusion(result, part, dataset)
        image = _images(result, part, cell, dataset)
    with right:
        _opened(run, image)


def _confusion(result: Result, part: str, dataset: Dataset) -> tuple[int, int] | None:
    """The matrix; returns the cell that was chosen in it."""
    score, count = result.parts[part], len(dataset.classes)
    with st.container(horizontal=True, vertical_alignment="center", horizontal_alignment="distribute"):
        st.subheader(
            "What it took for what", anchor=False, width="content",
            help="Rows are what images are, columns what the model said. Click a cell to see its images.",
        )  # fmt: skip
        order = score.block_order if count > 2 and _in_blocks(count) else range(count)
    key = f"matrix-{result.run_id}-{part}"
    return components.confusion_matrix(list(dataset.classes), score.confusion, order=order, key=key)


def _in_blocks(count: int) -> bool:
    """Whether classes that are taken for one another shall stand together: at first where there are many."""
    choice = partial(
        segments, "Order", _ORDERS, label_visibility="collapsed",
        help="As they are named, or so that classes that are taken for one another stand together.",
    )  # fmt: skip
    return bool(linked("order", _ORDERS[count > _MANY], _ORDERS, choice) == _ORDERS[1])


def _images(result: Result, part: str, cell: tuple[int, int] | None, dataset: Dataset) -> JudgedImage | None:
    """The images of a cell, or the most confident mistakes; returns the one that is opened."""
    score = result.parts[part]
    if cell is None:
        images = score.mistakes[:_SHOWN]
        st.subheader("Its most confident mistakes", anchor=False)
        if not images:
            st.success("It made none.", icon=":material/check:")
            return None
        st.caption("Look for a pattern: wrong labels, odd pictures, or a background that gives the class away.")
    else:
        images = score.in_cell(*cell)[:_MOST_IN_CELL]
        truth, said = (plain(dataset.classes[index]) for index in cell)
        st.markdown(f"{counted(len(images), 'image')} of **{truth}** that the model called **{said}**:")
    tiles: list[Picture] = [
        {"id": image.index, "blob": image.blob, "title": image.name, "caption": image.caption} for image in images
    ]
    key = f"images-{result.run_id}-{part}-{cell}"
    picked = components.gallery(tiles, key=key, picked=[tiles[0]["id"]], side=100, single=True)
    return next((image for image in images if [image.index] == picked), images[0])


def _opened(run: Run, image: JudgedImage | None) -> None:
    """The image that is looked at, large, with what the model says of it, and why."""
    if image is None:
        st.caption("An image that you choose is opened here.")
        return
    try:
        photo = open_stored(services().storage.blobs.read(image.blob))
    except NotFoundError as error:
        st.caption(f":material/image_not_supported: {plain(str(error))}")
        return
    answer(cached.model_of(run), image.name, photo, image.label, compact=True)
