"""What a model says of one photo, and why."""

from typing import TYPE_CHECKING

import streamlit as st

from pages._parts import components
from pages._parts.js.data import Bar
from pages._parts.words import plain
from tlcore.errors import BadInputError
from tlcore.explain import interactive

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from tlcore.data.pixels.decode import CanonicalImage
    from tlcore.train.trained import TrainedModel

_SHOWN_CLASSES = 6
_COMPACT = 200  # pixels, so that the answer stands in the first screen with it


def answer(model: "TrainedModel", name: str, image: "CanonicalImage", truth: str | None, *, compact: bool) -> None:
    """The photo beside the likeliest classes, or above them where it is `compact`; and why, for whoever asks."""
    probabilities = interactive.predict(model, [image])[0]
    order = [int(i) for i in (-probabilities).argsort()]
    classes = model.card.classes
    photo, words = (st.container(), st.container()) if compact else st.columns([1, 1.2], gap="large")
    with photo:
        st.image(image, width=_COMPACT if compact else "stretch", caption=plain(name), alt=f"The photo {name}")
    with words:
        with st.container(gap=None):
            st.caption("The model says")
            st.subheader(plain(classes[order[0]]), anchor=False)
        if truth:
            mark = "check" if truth == classes[order[0]] else "close" if truth in classes else "label"
            st.markdown(f":material/{mark}: In truth it is **{plain(truth)}**.")
        _bars(model, probabilities, order)
        _why(model, image, [classes[i] for i in order])


def _bars(model: "TrainedModel", probabilities: "NDArray[np.float32]", order: list[int]) -> None:
    rows: list[Bar] = [
        {"label": model.card.classes[i], "value": float(probabilities[i]), "text": f"{probabilities[i]:.1%}"}
        for i in order[:_SHOWN_CLASSES]
    ]
    components.bars(rows, key=f"answer-{model.card.run_id}", high=1.0, lead=True)
    if more := len(order) - len(rows):
        rest = 1 - sum(float(probabilities[i]) for i in order[:_SHOWN_CLASSES])
        st.caption(f"{more} more classes share the other {max(rest, 0):.1%}.")


def _why(model: "TrainedModel", image: "CanonicalImage", ordered: list[str]) -> None:
    if not st.toggle("Why?", key=f"why-{model.card.run_id}", help="Which parts of the photo speak for a class."):
        return
    from tlcore.explain.attribution import HOW_TO_READ, METHODS, STEPS

    left, right = st.columns(2)
    # the likeliest class is in the key, so that a choice nobody made does not stay when another photo has another one
    label = left.selectbox("For which class", ordered, key=f"why-class-{model.card.run_id}-{ordered[0]}")
    method = right.selectbox("How", list(METHODS), format_func=lambda m: METHODS[m], key=f"why-how-{model.card.run_id}")
    try:
        with st.spinner("Following the gradients …"):
            picture, residual = interactive.explain(model, image, model.card.classes.index(label), method)
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
