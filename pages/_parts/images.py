"""An image to look at: a sample, an upload, or a still from the webcam."""

from functools import partial
from io import BytesIO

import streamlit as st

from pages._parts import cached
from pages._parts.link_state import linked
from pages._parts.words import plain
from tlcore.data.pixels.decode import (
    CANONICAL_SIDE,
    IMAGE_SUFFIXES,
    CanonicalImage,
    OpenedImage,
    UnreadableImageError,
    open_image,
)
from tlcore.filters.pictures import PICTURES, picture_of
from tlcore.settings import MEGABYTE, get_settings

SAMPLES = {
    "signs": "A road sign",
    "fabrics": "A fabric",
    "digits": "A digit",
    "camera": "A photographer",
    "coffee": "A cup of coffee",
    "card": "A test card",
}
_UPLOAD, _WEBCAM = "A photo of yours", "A still from the webcam"


def choose_image(key: str, *, first: str = "coffee") -> CanonicalImage | None:
    """Let a person choose; None until there is one. `key` tells pages apart, `first` names the sample to begin with.

    The link keeps which sample is shown; an image of one's own stays on this page.
    """
    ways = {first: SAMPLES[first], **SAMPLES, "upload": _UPLOAD, "webcam": _WEBCAM}
    choice = partial(
        st.selectbox, "Image", list(ways), format_func=ways.__getitem__, label_visibility="collapsed",
    )  # fmt: skip
    name = str(linked("image", first, ways, choice))
    if name in {"upload", "webcam"}:
        return _own(name, key)
    return picture_of(name) if name in PICTURES else cached.sample_photo(name)


def credit() -> str:
    """Where the sample that is shown comes from, if there is something to say."""
    shown = st.session_state.get("image")
    return PICTURES.get(shown, "") if isinstance(shown, str) else ""


def show_remarks(subject: str, opened: OpenedImage) -> None:
    """Say what a person should know of an image that was opened."""
    if opened.warning:
        st.warning(f"{subject}: {plain(opened.warning)}.", icon=":material/warning:")
    if opened.note:
        st.caption(f"{subject}: {plain(opened.note)}.")


def _own(way: str, key: str) -> CanonicalImage | None:
    if way == "upload":
        limits = get_settings().limits
        most = f"Up to {limits.image_pixels / MEGABYTE:g} megapixels, reduced to {CANONICAL_SIDE:,} pixels a side."
        given = st.file_uploader(
            "Photo", type=IMAGE_SUFFIXES, key=f"{key}-photo", max_upload_size=limits.looked_at_bytes // MEGABYTE,
            help=most,
        )  # fmt: skip
    else:
        given = st.camera_input("Webcam", key=f"{key}-shot", label_visibility="collapsed")
    if given is None:
        return None
    try:
        opened = _opened(given.file_id, given)
    except UnreadableImageError as error:
        st.error(f"The image can't be used: {plain(str(error))}.", icon=":material/error:")
        return None
    show_remarks("The image", opened)
    return opened.image


@st.cache_resource(scope="session", max_entries=1, show_spinner=False)
def _opened(file_id: str, _given: BytesIO) -> OpenedImage:  # noqa: ARG001 - tells one file from the next
    """The image, at most 1024 pixels long; decoded once, which takes longer than everything that is done to it."""
    return open_image(_given.getvalue(), get_settings().limits.looked_at)
