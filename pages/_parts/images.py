"""An image to look at: a sample, an upload, or a still from the webcam."""

from typing import Any

import streamlit as st

from pages._parts import cached
from tlcore.data.decode import UnreadableImageError, canonical
from tlcore.settings import get_settings

SAMPLES = {"signs": "A road sign", "fabrics": "A fabric", "digits": "A digit"}


def choose_image(key: str) -> Any:
    """Let a person choose; None until there is one. `key` tells pages apart."""
    way = st.radio("Image", [*SAMPLES.values(), "Upload", "Webcam"], horizontal=True, key=f"{key}-way")
    if way == "Upload":
        given = st.file_uploader("Photo", type=["jpg", "jpeg", "png", "webp", "bmp", "gif"], key=f"{key}-photo")
        return _opened(given.getvalue()) if given else None
    if way == "Webcam":
        shot = st.camera_input("Webcam", key=f"{key}-shot", label_visibility="collapsed")
        return _opened(shot.getvalue()) if shot else None
    return cached.sample_photo(next(name for name, title in SAMPLES.items() if title == way))


def _opened(data: bytes) -> Any:
    try:
        return canonical(data, get_settings().limits)
    except UnreadableImageError as error:
        st.error(f"The image can't be used: {error}.", icon=":material/error:")
        return None
