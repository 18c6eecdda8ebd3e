"""Learning to do nothing: a plain and a residual stack asked for f(x) = x, trained while one looks."""

from collections.abc import Sequence
from functools import partial
from typing import get_args

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._parts.gradient_side import ACTIVATIONS
from pages._parts.kept import kept
from pages._parts.segments import segments
from tlcore.gradients.identity import EVERY, RATE, STEPS, Frame, Identity, learned, learning
from tlcore.plots.identity import errors
from tlcore.zoo.nets.configurable import Activation

_STARTS = {"default": "PyTorch's", "he": "He"}
_BLOCKS, _SEEDS = (1, 2, 4, 8), range(10)


def identity() -> None:
    """The task on the left, both stacks' errors on the right, growing while they are trained."""
    st.caption(
        "Layers that are added to a network could always do nothing, and then the deeper network would be no worse. "
        "So: how hard is it for them to do nothing? Both stacks have the same layers and weights; one has shortcuts."
    )
    settings, outcome = st.columns([1, 2.4], gap="large")
    with settings:
        wanted = _wanted()
    with outcome:
        frames = _trained(wanted)
        last = frames[-1]
        st.markdown(
            f"After {last.step} steps the plain stack is **{last.plain:.1%}** away from its input, and the residual "
            f"one **{last.residual:.2%}**."
        )
        st.markdown(f":material/visibility: **What to look for.** {_look(frames)}")
        st.caption(
            f"The distance is that between outcome and input on maps that are not trained on, as a share of the "
            f"input's length; an outcome of zeros is 100 % away. {STEPS} steps of Adam at rate {RATE:g}, measured "
            f"every {EVERY}. Each block is two 3x3 convolutions on 8 maps, with an activation between."
        )


def _wanted() -> Identity:
    blocks = partial(segments, "Blocks", _BLOCKS, help="One after the other.")
    activation = partial(
        st.selectbox, "Activation", list(ACTIVATIONS), format_func=ACTIVATIONS.__getitem__, help="In each block."
    )
    start = partial(
        segments, "Initial weights", list(_STARTS), format_func=_STARTS.__getitem__,
        help="PyTorch's are smaller than He's, so that at first less is added to what goes around.",
    )  # fmt: skip
    seed = partial(st.slider, "Seed", _SEEDS[0], _SEEDS[-1], help="Other first weights, other maps.")
    return Identity(
        blocks=kept("id-blocks", 1, _BLOCKS, blocks),
        activation=kept("id-activation", "relu", get_args(Activation), activation),
        init=kept("id-start", "default", _STARTS, start),
        seed=kept("id-draw", 0, _SEEDS, seed),
    )


def _trained(wanted: Identity) -> Sequence[Frame]:
    """The frames, drawn as they come; what was trained before is drawn at once."""
    place = st.empty()
    if (known := learned(wanted)) is not None:
        _draw(place, known)
        return known
    frames: list[Frame] = []
    for frame in learning(wanted):
        frames.append(frame)
        _draw(place, frames)
    return frames


def _draw(place: DeltaGenerator, frames: Sequence[Frame]) -> None:
    place.plotly_chart(errors(frames), key=f"identity-{len(frames)}", alt="Both stacks' distance by training step")


def _look(frames: Sequence[Frame]) -> str:
    first, last = frames[0], frames[-1]
    if last.residual < last.plain:
        small = ", for what it adds is small at first," if first.residual < first.plain / 2 else ""
        return (
            f"With shortcuts the stack begins {first.residual:.0%} away{small} and without {first.plain:.0%}; at the "
            f"end it is {last.plain / last.residual:.1f} times nearer: it only has to learn zeros. The plain one has "
            "to build each map again out of sums that pass through activations."
        )
    return (
        "Here shortcuts did not help: what the blocks add at first is large, and each block adds to the sum of all "
        "before it. It has to be unlearned before anything else."
    )
