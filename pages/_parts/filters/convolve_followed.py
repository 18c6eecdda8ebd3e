"""The layer in the browser, whose sums are followed there, and what was pinned or changed by hand in it."""

import streamlit as st

from pages._parts import components
from pages._parts.guards import guarded
from pages._parts.js.data import ConvolveData
from pages._parts.words import plain
from tlcore.errors import BadInputError
from tlcore.filters import steps
from tlcore.filters.engine import Maps
from tlcore.filters.steps import Layer, Weights

_VIEW = "convolve"


def followed(
    layer: Layer, image: Maps, weights: Weights | None, picture: str, kernel: str
) -> tuple[Maps, Weights | None]:
    """The layer in the browser; returns the image and weights with what was changed by hand."""
    turn = st.session_state.get("conv-turn", 0)
    changed_image, pixels = _changed("pixels", image, f"{picture}-{turn}")
    changed_weights, changes = None, ""
    if weights is not None:
        changed_weights, changes = _changed("weights", weights, f"{kernel}-{turn}")
    data: ConvolveData = {
        "layer": {
            "kind": layer.kind, "side": image.shape[-1], "inputs": layer.inputs, "outputs": layer.outputs,
            "kernel": layer.kernel, "stride": layer.stride, "padding": layer.padding, "dilation": layer.dilation,
            "groups": layer.groups,
        },
        "image": image.flatten().tolist(), "weights": None if weights is None else weights.flatten().tolist(),
        "pixels_of": f"{picture}-{turn}", "pixels_changed": pixels,
        "weights_of": f"{kernel}-{turn}", "weights_changed": changes,
        "pin": st.query_params.get("pin", ""), "turn": turn,
    }  # fmt: skip
    components.convolve(data, key=_VIEW, on_change=_keep)
    return changed_image, changed_weights


def _changed(name: str, values: Maps, of: str) -> tuple[Maps, str]:
    """Values with the link's changes, which last as long as what they were made to."""
    if st.session_state.setdefault(f"conv-{name}-of", of) != of:
        st.session_state[f"conv-{name}-of"] = of
        st.query_params.pop(name, None)
    changes = st.query_params.get(name, "")
    try:
        return steps.edited(values, changes), changes
    except BadInputError as error:
        st.warning(f"The link's changed values were left out. {plain(str(error))}", icon=":material/link_off:")
        st.query_params.pop(name, None)
        return values, ""


@guarded
def _keep() -> None:
    """Keep in the link what was pinned or changed in the browser."""
    told = st.session_state[_VIEW]
    kept = {"pin": told.get("pin") or "", **(told.get("changes") or {})}
    for name in ("pin", "pixels", "weights"):
        if kept.get(name):
            st.query_params[name] = str(kept[name])
        else:
            st.query_params.pop(name, None)
