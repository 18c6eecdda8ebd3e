"""Activation functions: their curves, and what they make of the values of a real layer."""

from typing import Any

import numpy as np
import streamlit as st

from pages._parts import cached, components
from pages._parts.explorer import shape_words
from pages._parts.images import choose_image
from tlcore.explain.why import activations as why
from tlcore.measure.networks import measure
from tlcore.plots import why as plots

_SOFTMAX = "Softmax"
_RANDOM = "resnet18_64"
_REACH = 6.0
_SHOWN = 5


def activations() -> None:
    """The function and the image on the left, the curve and the live values on the right."""
    titles = {activation.title: name for name, activation in why.ACTIVATIONS.items()}
    chosen, outcome = st.columns([1, 2.6], gap="large")
    with chosen:
        title = st.radio(
            "Function", [*titles, _SOFTMAX], 2, key="why-function", bind="query-params",
            help="What a layer's values go through before the next layer.",
        )  # fmt: skip
        name = titles.get(str(title))
        slope = _slope() if name == "leaky" else 0.1
        image = choose_image("why")
    with outcome:
        if name is None:
            _softmax(image)
            return
        _curve(why.ACTIVATIONS[name], slope)
        if image is not None:
            _live(name, slope, image)


def _slope() -> float:
    return float(
        st.select_slider(
            "Leak", [0.01, 0.05, 0.1, 0.2, 0.3], 0.1, key="why-leak", bind="query-params",
            help="The slope below zero, a in the formula.",
        )
    )  # fmt: skip


def _curve(activation: why.Activation, slope: float) -> None:
    drawing, words = st.columns([1.5, 1], gap="medium", vertical_alignment="center")
    x = np.linspace(-_REACH, _REACH, 321, dtype=np.float32)
    y, derivative = why.on_numbers(activation.name, x, slope)
    drawing.plotly_chart(
        plots.activation(x.tolist(), y.tolist(), derivative.tolist(), why.SATURATED), key="why-curve",
        alt=f"{activation.title} and its derivative",
    )  # fmt: skip
    with words:
        st.latex(activation.formula)
        st.latex(activation.derivative)
        st.caption(
            f"{activation.note} Grey: the derivative is below {why.SATURATED:g}, so the function is saturated there."
        )


def _live(name: str, slope: float, image: Any) -> None:
    st.subheader("On the values of a real layer", anchor=False)
    view, index = _layer(image)
    if index is None:
        return
    scale, offset = _stretch()
    values = cached.outcome(view, index) * scale + offset
    found = why.on_values(name, values, slope)
    with st.container(horizontal=True):
        st.metric("Saturated", f"{found.share:.1%}", border=True, help="Values that let hardly any gradient back.")
        st.metric(
            "Mean derivative", f"{found.passed:.2f}", border=True, help="What of a gradient comes back, on average."
        )
        st.metric(
            "Dead maps", f"{found.dead} of {len(values)}", border=True,
            help="Maps of which no value lets a gradient back, on this image. Dead for good is dead on every image.",
        )  # fmt: skip
    st.plotly_chart(
        plots.values(values.numpy(), found.saturated.numpy(), -_REACH, _REACH), key="why-values",
        alt="How the values that go in are distributed, saturated ones in grey",
    )  # fmt: skip
    rows = [(a.title, why.on_values(a.name, values, slope)) for a in why.ACTIVATIONS.values()]
    st.dataframe(
        [
            {"function": title, "saturated": f"{r.share:.1%}", "mean derivative": f"{r.passed:.3f}",
             "dead maps": r.dead, "mean outcome": f"{float(r.outcome.mean()):+.3f}"}
            for title, r in rows
        ],
        hide_index=True,
    )  # fmt: skip
    st.caption(
        "The same values under every function. Move them down, and see which maps die; stretch them, and see which "
        "functions saturate."
    )


def _layer(image: Any) -> tuple[Any, int | None]:
    """The network with the image, and the step whose outcome goes into the chosen activation."""
    name = cached.network_to_show() or _RANDOM
    view = cached.look(name, image)
    rows = measure(name).rows
    layers = {
        f"{place} · {row.name} · {shape_words(row.output_shape)}": row.inputs[0]
        for place, row in enumerate((r for r in rows if "ReLU" in r.type and len(r.output_shape or ()) == 3), 1)
        if row.inputs and row.inputs[0] >= 0
    }
    if not layers:
        st.caption("This network has no such activation.")
        return view, None
    title = st.selectbox(
        "Layer", list(layers), key="why-before", bind="query-params",
        help=f"What goes into an activation of {name} for this image, channels × rows × columns.",
    )  # fmt: skip
    if view.is_random:
        st.caption(":material/casino: Its weights are random here: structure, but nothing learned.")
    return view, layers[str(title)]


def _stretch() -> tuple[float, float]:
    left, right = st.columns(2, gap="medium")
    scale = left.select_slider(
        "Stretch", [0.25, 0.5, 1.0, 2.0, 4.0, 8.0], 1.0, key="why-stretch", bind="query-params",
        help="Multiplies the values, as larger weights would.",
    )  # fmt: skip
    offset = right.slider(
        "Offset", -4.0, 4.0, 0.0, 0.25, key="why-offset", bind="query-params", help="Added to them, as a bias would be."
    )
    return float(scale), float(offset)


def _softmax(image: Any) -> None:
    st.latex(r"p_i = \frac{e^{x_i / T}}{\sum_j e^{x_j / T}}, \qquad \frac{\partial p_i}{\partial x_j} = "
             r"\frac{p_i\,(\delta_{ij} - p_j)}{T}")  # fmt: skip
    name = cached.network_to_show()
    if image is None or not name:
        st.info("Softmax is shown on the answers of a network with weights, and none is here.", icon=":material/info:")
        return
    temperature = float(
        st.select_slider(
            "Temperature", [0.25, 0.5, 1.0, 2.0, 4.0, 8.0], 1.0, key="why-temperature", bind="query-params",
            help="Divides the logits; 1 is what networks use.",
        )
    )  # fmt: skip
    model = cached.pretrained(name)
    logits = cached.logits(model, image)
    p, jacobian = why.softmax_at(logits, temperature)
    best = p.argsort()[::-1][:_SHOWN]
    labels = [model.card.classes[i] for i in best]
    bars, drawing = st.columns(2, gap="large")
    with bars:
        rows = [
            {"label": label, "value": float(p[i]), "text": f"{p[i]:.1%}"} for i, label in zip(best, labels, strict=True)
        ]
        components.bars(rows, key="why-softmax", high=1.0, lead=True)
        st.caption(f"The likeliest of {len(p)} classes. A low temperature sharpens, a high one flattens.")
    with drawing:
        st.plotly_chart(plots.jacobian(labels, jacobian[np.ix_(best, best)]), key="why-jacobian", alt="The derivatives")
    _along(logits, int(best[0]), labels[0], temperature)


def _along(logits: Any, index: int, label: str, temperature: float) -> None:
    """One logit moves, the others stay: the curve is a sigmoid."""
    now = float(logits[index])
    x = np.linspace(now - 8 * temperature, now + 8 * temperature, 321, dtype=np.float32)
    y, slope = why.softmax_along(logits, index, x, temperature)
    figure = plots.activation(x.tolist(), y.tolist(), slope.tolist(), why.SATURATED, now, f"logit of {label}")
    st.plotly_chart(figure, key="why-along", alt="A sigmoid and its derivative")
    st.caption(
        f"The probability of {label} when only its own logit moves from {now:.2f}, the dotted line. The curve is a "
        "sigmoid: it saturates on both sides, and no class grows but at the expense of the others."
    )
