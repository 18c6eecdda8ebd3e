"""How many connections and weights a layer has, and its matrix."""

from functools import partial

import streamlit as st

from pages._parts.heading import Figure, figures
from pages._parts.link_state import choose, linked
from pages._parts.presets import presets
from pages._parts.words import plain
from tlcore.errors import ImpossibleSizeError
from tlcore.explain.why import connections as why
from tlcore.plots import why as plots

_KNOBS = (
    ("side", "Side of the image", (8, 16, 28, 32, 56, 112, 224), 32, "Pixels; the image is square."),
    ("kernel", "Kernel", (1, 3, 5, 7, 11), 5, "Pixels of a window's side."),
    (
        "channels",
        "Channels in",
        (1, 3, 16, 64),
        1,
        "1 for a grey image, 3 for a colour image, more inside of a network.",
    ),
    ("maps", "Maps out", (1, 6, 16, 64), 6, "Filters of the layer: each makes one map."),
    ("stride", "Stride", (1, 2, 4), 1, "Pixels from one window to the next."),
)
_PRESETS = {
    "LeNet-5's first layer": (32, 5, 1, 6, 1, False),
    "VGG's first layer": (224, 3, 3, 64, 1, True),
    "ResNet's first layer": (224, 7, 3, 64, 2, True),
}
_WAYS = {
    "Dense": "Every output reads every input, each by a weight of its own.",
    "Local": "Every output reads only its window: **sparse interaction**.",
    "Convolution": "All windows of a map use the same weights: **parameter sharing**.",
}


def connections() -> None:
    """Presets, the layer's counts and its matrix, and beside them its settings."""
    presets(_PRESETS, _load)
    outcome, settings = st.columns([2.6, 1], gap="large")
    with settings:
        values, padded = _settings()
    layer = why.Layer(**values, padding=values["kernel"] // 2 if padded else 0)
    with outcome:
        try:
            _counts(layer)
        except ImpossibleSizeError as error:
            st.error(plain(str(error)), icon=":material/block:")
            return
        _matrices(layer)
        _shares(layer)


def _settings() -> tuple[dict[str, int], bool]:
    values: dict[str, int] = {}
    for name, label, options, usual, meaning in _KNOBS:
        values[name] = int(
            linked(f"why-{name}", usual, options, partial(st.select_slider, label, options, help=meaning))
        )
    zeros = partial(
        st.toggle, "Zeros around the image",
        help="Half a kernel on every side, so that with stride 1 the maps are as large as the image.",
    )  # fmt: skip
    return values, linked("why-padded", usual=False, options=(False, True), draw=zeros)


def _load(preset: tuple[int, ...]) -> None:
    choose({f"why-{name}": value for (name, *_), value in zip(_KNOBS, preset, strict=False)})
    choose({"why-padded": preset[-1]})


def _counts(layer: why.Layer) -> None:
    counts = why.counts(layer)
    out = layer.output_side
    st.markdown(
        f"{layer.channels} × {layer.side} × {layer.side} values in, {layer.maps} × {out} × {out} out, in three ways:"
    )
    for count, column in zip(counts, st.columns(len(counts), gap="medium"), strict=True):
        with column:
            st.subheader(count.way, anchor=False)
            st.markdown(_WAYS[count.way])
            figures([
                Figure("Connections", f"{count.connections:,}", "Pairs of an input and an output."),
                Figure("Weights to learn", f"{count.weights:,}", "Without biases."),
                Figure("Each is used", _times(count.uses)),
            ])  # fmt: skip


def _shares(layer: why.Layer) -> None:
    dense, local, shared = why.counts(layer)
    st.markdown(
        f"Windows leave **{_small(local.connections / dense.connections)}** of the dense connections. Sharing then "
        f"leaves **{_small(shared.weights / local.weights)}** of their weights. It saves weights, not arithmetic: "
        "there is still a multiplication for each connection."
    )


def _times(uses: float) -> str:
    return "once" if uses == 1 else f"{uses:,.0f} times"


def _small(share: float) -> str:
    return f"{share:.2%}" if share > 0.0001 else f"{share:.1e}"


def _matrices(layer: why.Layer) -> None:
    try:
        matrices = why.example_matrices(layer.kernel, layer.stride, layer.padding)
    except ImpossibleSizeError as error:
        st.caption(str(error))
        return
    st.plotly_chart(
        plots.matrices(matrices), key="why-matrices",
        alt="Three matrices of weights: a full one, one with bands, and one with bands of repeating colours",
    )  # fmt: skip
    side = 8 if layer.kernel < 8 else 12
    st.caption(
        f"The same as matrices, for one channel of {side}×{side} pixels and one map, with random weights: blue "
        "positive, orange negative, blank not connected. In the convolution's matrix colours repeat along the "
        "diagonals: they are the same weights."
    )
