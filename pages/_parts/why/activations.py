"""Activation functions: their curves, what they make of a real layer's values, and of the gradients behind them."""

from functools import partial

import numpy as np
import streamlit as st

from pages._parts import cached, components
from pages._parts.heading import Figure, figures
from pages._parts.images import choose_image
from pages._parts.js.data import Bar
from pages._parts.link_state import grid, linked
from pages._parts.networks.explorer import shape_words
from pages._parts.networks.on_image import look, random_badge
from tlcore.data.pixels.decode import CanonicalImage
from tlcore.explain import interactive
from tlcore.explain.why import activations as why
from tlcore.filters.engine import Maps
from tlcore.plots import why as plots

_SOFTMAX = "Softmax"
_RANDOM = "resnet18_64"
_REACH = 6.0
_SHOWN = 5
_LEAKS, _SCALES, _OFFSETS = (0.01, 0.05, 0.1, 0.2, 0.3), (0.25, 0.5, 1.0, 2.0, 4.0, 8.0), grid(-4.0, 4.0, 0.25)


def activations() -> None:
    """The curve and the live values; beside them the function, the image, and what becomes of its values before."""
    titles = {activation.title: name for name, activation in why.ACTIVATIONS.items()}
    outcome, chosen = st.columns([2.6, 1], gap="large")
    with chosen:
        functions = [*titles, _SOFTMAX]
        choice = partial(
            st.radio, "Function", functions, help="What a layer's values go through before the next layer."
        )
        name = titles.get(str(linked("why-function", functions[2], functions, choice)))
        slope = _slope() if name == "leaky" else 0.1
        image = choose_image("why")
        values = None if name is None or image is None else _values(image)
    with outcome:
        if name is None:
            _softmax(image)
            return
        _curve(why.ACTIVATIONS[name], slope)
        if values is not None:
            _live(name, slope, values)


def _slope() -> float:
    leak = partial(st.select_slider, "Leak", _LEAKS, help="The slope below zero, a in the formula.")
    return float(linked("why-leak", 0.1, _LEAKS, leak))


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


def _live(name: str, slope: float, values: Maps) -> None:
    st.subheader("On the values of a real layer", anchor=False)
    outcomes = interactive.live(values, slope)
    live = outcomes[name]
    figures([
        Figure("Saturated", f"{live.share:.1%}", "Values that let hardly any gradient back."),
        Figure("Mean derivative", f"{live.passed:.2f}", "What of a gradient comes back, on average."),
        Figure(
            "Dead maps", f"{live.dead} of {len(values)}",
            "Maps of which no value lets a gradient back, on this image. Dead for good is dead on every image.",
        ),
    ])  # fmt: skip
    st.plotly_chart(
        plots.values(values.numpy(), live.saturated.numpy(), -_REACH, _REACH), key="why-values",
        alt="How the values that go in are distributed, saturated ones in grey",
    )  # fmt: skip
    st.dataframe(
        [
            {"function": why.ACTIVATIONS[each].title, "saturated": f"{r.share:.1%}",
             "mean derivative": f"{r.passed:.3f}", "dead maps": r.dead,
             "mean outcome": f"{float(r.outcome.mean()):+.3f}"}
            for each, r in outcomes.items()
        ], alt="The values of the layer under each function",
        hide_index=True,
    )  # fmt: skip
    st.caption(
        "The same values under every function. Move them down, and see which maps die; stretch them, and see which "
        "functions saturate."
    )
    _reader(name, values, slope)


def _reader(name: str, values: Maps, slope: float) -> None:
    """The signs of the gradients that come back to the weights of a neuron, under each function."""
    readers = interactive.readers(values, slope)
    here = readers[name]
    st.subheader("The weights of a neuron that reads them", anchor=False)
    figures([
        Figure("Inputs below zero", f"{here.negative} of {here.inputs}", "All maps in the middle of the image."),
        Figure("Weight gradients below zero", f"{here.one.below}", "For this one example, if its output should be 1."),
        Figure("Above zero", f"{here.one.above}", "The others are zero, for they read a zero."),
    ])  # fmt: skip
    st.markdown(_verdict(why.ACTIVATIONS[name].title, here))
    st.dataframe(
        [
            {"function before it": why.ACTIVATIONS[one].title, "inputs below zero": r.negative,
             "gradients − / +, output should be 1": _both(r.one), "should be 0": _both(r.zero),
             "a batch of all positions": _both(r.batch)}
            for one, r in readers.items()
        ], alt="The signs of a neuron's weight gradients under each function",
        hide_index=True,
    )  # fmt: skip
    st.caption(
        "A weight's gradient is the neuron's own gradient times the input that the weight reads. Where no input is "
        "below zero, as after a sigmoid, all weights must rise together or fall together on one example. It is the "
        "gradients that have one sign: what a sigmoid gives is above zero whatever comes in, and a neuron's weights "
        "may have any sign. Over a batch the examples' gradients add up, and both signs can come back. The neuron is a "
        "sigmoid with random weights; its gradients come by automatic differentiation, here and now."
    )


def _both(signs: why.Signs) -> str:
    return f"{signs.below} / {signs.above}"


def _verdict(title: str, reader: why.Reader) -> str:
    """What the signs mean, as measured."""
    if reader.one.one_sided:
        return f"After {title}, on this example, the weights can only move **all in one direction**."
    return f"After {title} some of the weights rise and others fall **in the same step**."


def _values(image: CanonicalImage) -> Maps | None:
    """Choose a layer of a network, whose values for the image go into the activation, stretched and moved."""
    name = cached.network_to_show() or _RANDOM
    view = look(name, image)
    rows = interactive.measure(name).rows
    layers = {
        f"{place} · {row.name} · {shape_words(row.output_shape)}": row.inputs[0]
        for place, row in enumerate((r for r in rows if "ReLU" in r.type and len(r.output_shape or ()) == 3), 1)
        if row.inputs and row.inputs[0] >= 0
    }
    if not layers:
        st.caption("This network has no such activation.")
        return None
    choice = partial(
        st.selectbox, "Layer", list(layers),
        help=f"What goes into an activation of {name} for this image, channels × rows × columns.",
    )  # fmt: skip
    title = linked("why-before", next(iter(layers)), layers, choice)
    if view.is_random:
        random_badge()
    scale, offset = _stretch()
    return interactive.outcome(view, layers[str(title)]) * scale + offset


def _stretch() -> tuple[float, float]:
    stretch = partial(st.select_slider, "Stretch", _SCALES, help="Multiplies the values, as larger weights would.")
    move = partial(st.slider, "Offset", _OFFSETS[0], _OFFSETS[-1], step=0.25, help="Added to them, as a bias would be.")
    return float(linked("why-stretch", 1.0, _SCALES, stretch)), float(linked("why-offset", 0.0, _OFFSETS, move))


def _softmax(image: CanonicalImage | None) -> None:
    st.latex(r"p_i = \frac{e^{x_i / T}}{\sum_j e^{x_j / T}}, \qquad \frac{\partial p_i}{\partial x_j} = "
             r"\frac{p_i\,(\delta_{ij} - p_j)}{T}")  # fmt: skip
    name = cached.network_to_show()
    if image is None or not name:
        st.info("Softmax is shown on the answers of a network with weights, and none is here.", icon=":material/info:")
        return
    heat = partial(st.select_slider, "Temperature", _SCALES, help="Divides the logits; 1 is what networks use.")
    temperature = float(linked("why-temperature", 1.0, _SCALES, heat))
    model = cached.pretrained(name)
    logits = interactive.logits(model, image)
    p, jacobian = why.softmax_at(logits, temperature)
    best = p.argsort()[::-1][:_SHOWN]
    labels = [model.card.classes[i] for i in best]
    bars, drawing = st.columns(2, gap="large")
    with bars:
        rows: list[Bar] = [
            {"label": label, "value": float(p[i]), "text": f"{p[i]:.1%}"} for i, label in zip(best, labels, strict=True)
        ]
        components.bars(rows, key="why-softmax", high=1.0, lead=True)
        st.caption(f"The likeliest of {len(p)} classes. A low temperature sharpens, a high one flattens.")
    with drawing:
        st.plotly_chart(plots.jacobian(labels, jacobian[np.ix_(best, best)]), key="why-jacobian", alt="The derivatives")
    _along(logits, int(best[0]), labels[0], temperature)


def _along(logits: why.Logits, index: int, label: str, temperature: float) -> None:
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
