"""The preprocessing truth strip: what happens to an image before a network sees it, by the code that trains."""

import streamlit as st

from pages._parts.segments import segments
from pages._parts.session import services
from pages._parts.training import spec_form
from tlcore.explain import interactive
from tlcore.train.recipe.spec import Strength, TrainSpec
from tlcore.zoo import registry

_STRENGTHS: tuple[Strength, ...] = ("light", "standard", "strong")
_SIZES = (32, 64, 96, 128, 160, 192, 224, 256, 299, 384)


def strip(blob: str, *, flip: bool) -> None:
    """Draw the strip of one image, at first as the trainer would prepare it now."""
    with st.expander("What a network sees of it", icon=":material/visibility:"):
        wanted = spec_form.expected()
        left, middle, right = st.columns([1.4, 1.2, 1], gap="medium")
        names = list(dict.fromkeys([*registry.names(), wanted.backbone]))  # one of the person's own is no row
        name = left.selectbox(
            "Network", names, index=names.index(wanted.backbone), format_func=lambda n: registry.get(n).title,
            key=f"truth-network-{wanted.backbone}", persist_state="session",
            help="Each network has its own input size and normalisation.",
        )  # fmt: skip
        with middle:
            size = _size(name, wanted)
        with right:
            strength = segments(
                "Augmentation", _STRENGTHS, key="truth-strength", persist_state="session",
                default=wanted.augmentation if wanted.augmentation in _STRENGTHS else "standard",
                help="How far a training view may differ from the photograph.",
            )  # fmt: skip
        steps = interactive.truth_steps(services().storage.blobs.read(blob), name, strength, flip=flip, size=size)
        for column, step in zip(st.columns(len(steps.steps)), steps.steps, strict=True):
            column.image(step.png, caption=step.title, alt=f"The image, {step.title}", width="stretch")
        st.caption("Eight views that training may draw from it:")
        st.image(steps.views, width="stretch", alt="Eight views, each cut, turned and coloured a little differently")


def _size(name: str, wanted: TrainSpec) -> int | None:
    """The side of the images; None where it is the network's own."""
    network = registry.get(name)
    own = network.preprocessing.crop
    if network.fixed_size:
        st.caption(f"It was built for images of {own} pixels.")
        return None
    first = (wanted.image_size or own) if name == wanted.backbone else own
    sizes = sorted({size for size in _SIZES if size >= network.min_size} | {own, first})
    chosen = st.select_slider("Image size", sizes, first, key=f"truth-size-{name}-{first}", help="Pixels a side.")
    return None if chosen == own else int(chosen)
