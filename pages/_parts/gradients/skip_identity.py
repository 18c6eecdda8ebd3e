"""Learning to do nothing: a plain and a residual stack asked for f(x) = x, trained while one looks."""

from collections.abc import Sequence
from functools import partial
from typing import get_args

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._parts.gradients.side import ACTIVATIONS
from pages._parts.heading import look_for
from pages._parts.link_state import linked
from pages._parts.segments import segments
from tlcore.explain import interactive
from tlcore.gradients.residual.identity import EVERY, RATE, STEPS, Frame, Identity
from tlcore.plots.gradients.identity import errors
from tlcore.zoo.nets.configurable import Activation

_STARTS = {"default": "PyTorch's", "he": "He"}
_BLOCKS, _SEEDS = (1, 2, 4, 8), range(10)


def identity() -> None:
    """Both stacks' errors, growing while they are trained, and beside them the task."""
    outcome, settings = st.columns([2.4, 1], gap="large")
    with settings:
        wanted = _wanted()
    with outcome:
        frames = _trained(wanted)
        last = frames[-1]
        st.markdown(
            f"After {last.step} steps the plain stack is **{last.plain:.1%}** away from its input, and the residual "
            f"one **{last.residual:.2%}**."
        )
        look_for(_look(frames))
        st.caption(
            "Could added layers do nothing, the deeper network would be no worse. Both stacks have the same layers and "
            "weights; one has shortcuts. The distance is that between outcome and input on maps that are not trained "
            f"on, as a share of the input's length; an outcome of zeros is 100 % away. {STEPS} steps of Adam at rate "
            f"{RATE:g}, measured every {EVERY}. Each block is two 3x3 convolutions on 8 maps, an activation between."
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
        blocks=linked("id-blocks", 1, _BLOCKS, blocks),
        activation=linked("id-activation", "relu", get_args(Activation), activation),
        init=linked("id-start", "default", _STARTS, start),
        seed=linked("id-draw", 0, _SEEDS, seed),
    )


def _trained(wanted: Identity) -> Sequence[Frame]:
    """The frames, drawn as they come; what was trained before is drawn at once."""
    place = st.empty()
    if (known := interactive.identity_learned(wanted)) is not None:
        _draw(place, known)
        return known
    frames: list[Frame] = []
    for frame in interactive.identity_learning(wanted):
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
