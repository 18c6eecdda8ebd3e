"""An image to look at: a sample, an upload, or a still from the webcam."""

from typing import Any

import streamlit as st

from pages._parts import cached
from pages._parts.words import plain
from tlcore.data.decode import UnreadableImageError, canonical
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
_UPLOAD, _WEBCAM = "Upload", "Webcam"


def choose_image(key: str, *, first: str = "coffee", compact: bool = False) -> Any:
    """Let a person choose; None until there is one. `key` tells pages apart, `first` names the sample to begin with.

    The link keeps which sample is shown; an image of one's own stays on this page.
    """
    ways = {first: SAMPLES[first], **SAMPLES, "upload": _UPLOAD, "webcam": _WEBCAM}
    place = f"{key}-way"
    linked = st.query_params.get("image", first)
    st.session_state.setdefault(place, ways[linked if linked in ways else first])
    options, words = list(ways.values()), "A sample, a photo of yours, or a still from the webcam."
    if compact:
        way = st.selectbox("Image", options, key=place, help=words)
    else:
        way = st.radio("Image", options, key=place, horizontal=True, help=words)
    name = next(name for name, title in ways.items() if title == way)
    if name != st.query_params.get("image", first):
        st.query_params["image"] = name
    if name in {"upload", "webcam"}:
        return _own(name, key)
    return picture_of(name) if name in PICTURES else cached.sample_photo(name)


def credit(key: str) -> str:
    """Where the sample that is shown comes from, if there is something to say."""
    way = st.session_state.get(f"{key}-way")
    return next((words for name, words in PICTURES.items() if SAMPLES[name] == way), "")


def _own(way: str, key: str) -> Any:
    if way == "upload":
        types = ["jpg", "jpeg", "png", "webp", "bmp", "gif"]
        limits = get_settings().limits
        given = st.file_uploader(
            "Photo", type=types, key=f"{key}-photo", max_upload_size=limits.looked_at_bytes // MEGABYTE,
            help=f"Up to {limits.image_pixels / MEGABYTE:g} megapixels.",
        )  # fmt: skip
    else:
        given = st.camera_input("Webcam", key=f"{key}-shot", label_visibility="collapsed")
    if given is None:
        return None
    try:
        return _opened(given.file_id, given)
    except UnreadableImageError as error:
        st.error(f"The image can't be used: {plain(str(error))}.", icon=":material/error:")
        return None


@st.cache_resource(scope="session", max_entries=1, show_spinner=False)
def _opened(file_id: str, _given: Any) -> Any:  # noqa: ARG001 - tells one file from the next
    """The image, at most 1024 pixels long; decoded once, which takes longer than everything that is done to it."""
    return canonical(_given.getvalue(), get_settings().limits.looked_at)
