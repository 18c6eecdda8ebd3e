"""The preprocessing truth strip: what happens to an image before a network sees it, by the code that trains."""

import streamlit as st

from pages._parts.segments import segments
from pages._parts.session import services
from tlcore.train.spec import Strength
from tlcore.train.truth import truth_steps
from tlcore.zoo import registry

_STRENGTHS: tuple[Strength, ...] = ("light", "standard", "strong")


def strip(blob: str, *, flip: bool) -> None:
    """Draw the strip of one image, with the network and the augmentation to choose."""
    with st.expander("What a network sees of it", icon=":material/visibility:"):
        left, right = st.columns(2)
        name = left.selectbox(
            "Network",
            registry.names(),
            index=registry.names().index("resnet18"),
            format_func=lambda n: registry.get(n).title,
            key="truth-network",
            persist_state="session",
            help="Each network has its own input size and normalisation.",
        )
        with right:
            strength = segments(
                "Augmentation",
                _STRENGTHS,
                default="standard",
                key="truth-strength",
                persist_state="session",
                help="How far a training view may differ from the photograph.",
            )
        steps = truth_steps(services().storage.blobs.read(blob), name, strength, flip=flip)
        for column, step in zip(st.columns(len(steps.steps)), steps.steps, strict=True):
            column.image(step.png, caption=step.title, alt=f"The image, {step.title}", width="stretch")
        st.caption("Eight views that training may draw from it:")
        st.image(steps.views, width="stretch", alt="Eight views, each cut, turned and coloured a little differently")
