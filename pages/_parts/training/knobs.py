"""The knobs of the training form: each begins at what suits the strategy, and is greyed where it has no effect."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from pages._parts.link_state import linked
from tlcore.specs import SEEDS
from tlcore.train.recipe.advice import smaller_views
from tlcore.train.recipe.effects import EFFECTS, Case, idle
from tlcore.train.recipe.spec import TrainSpec
from tlcore.zoo import registry

_RATES = [1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1]
_SIZES = [64, 96, 128, 160, 192, 224, 256, 299, 384]
_AVERAGING = 0.99  # about the last hundred steps
_SWITCHED = {"image_size", "train_size", "averaging"}  # their knobs hold something else than the setting
OPTIMIZERS = {"lbfgs": "L-BFGS", "adamw": "AdamW", "sgd": "SGD"}


def forget_settings() -> None:
    """Give every knob another name: under the old one the browser would keep showing, and sending, the old value."""
    st.session_state["_form"] = st.session_state.get("_form", 0) + 1


def _key(setting: str) -> str:
    return f"s-{setting}-{st.session_state.get('_form', 0)}"


class Knobs:
    """Draws knobs; one that has no effect beside the others as they stand says so, and keeps the value of `base`."""

    def __init__(self, base: TrainSpec) -> None:
        self.base = base
        self._case = Case(_as_it_stands(base))
        self._idle = idle(self._case)

    def has_effect(self, name: str) -> bool:
        """Whether a setting makes a difference as the knobs stand."""
        return name not in self._idle

    def draw(
        self, widget: Callable[..., Any], name: str, label: str, *given: Any, hint: str, key: str = "", **more: Any
    ) -> Any:
        """The value that the knob of this setting has, or that the run has in its place."""
        condition = self._idle.get(name)
        # Two that wait for one another, as views and augmentation do, could never be moved again if both were greyed.
        greyed = condition is not None and condition.by not in self._idle
        if condition is not None:
            hint = f"{hint}\n\nNo effect here: {condition.reason(self._case)}."
            label = label if widget is st.toggle else f"{label} (only {condition.only})"
        value = widget(label, *given, key=key or _key(name), help=hint, disabled=greyed, **more)
        if condition is not None and widget is st.toggle:  # whose label never wraps
            st.caption(f"Only {condition.only}.")
        return getattr(self.base, name) if greyed else value

    def pick(self, widget: Callable[..., Any], name: str, label: str, values: list[Any], hint: str) -> Any:
        """A slider over a few numbers, and what the form begins with among them."""
        begin = getattr(self.base, name)
        return self.draw(
            widget, name, label, sorted({*values, begin}), begin, format_func=lambda value: f"{value:g}", hint=hint
        )


def _as_it_stands(base: TrainSpec) -> TrainSpec:
    """The settings as the knobs were left, unchecked: what they say together is known only when all are drawn."""
    names = EFFECTS.keys() - _SWITCHED
    return base.model_copy(update={n: st.session_state[_key(n)] for n in names if _key(n) in st.session_state})


def learning(knobs: Knobs) -> dict[str, Any]:
    """How fast and how long it learns."""
    base = knobs.base
    epochs = knobs.draw(
        st.slider, "epochs", "Epochs", 1, max(100, base.epochs), base.epochs,
        hint="How often every training image is seen.",
    )  # fmt: skip
    return {
        "epochs": epochs,
        "lr": knobs.pick(
            st.select_slider, "lr", "Learning rate", _RATES,
            "The size of the classifier's steps. Too high and the loss jumps, too low and it crawls.",
        ),
        **_optimizer(knobs),
        **_schedule(knobs),
        "warmup_epochs": _warmup(knobs, epochs),
        "watch_gradients": knobs.draw(
            st.toggle, "watch_gradients", "Watch the gradients", base.watch_gradients,
            hint="Measures every layer's gradient about forty times, and draws it below the loss. A little slower.",
        ),
    }  # fmt: skip


def _optimizer(knobs: Knobs) -> dict[str, Any]:
    solved = knobs.base.strategy == "frozen"
    names = [name for name in OPTIMIZERS if solved or name != "lbfgs"]
    return {
        "optimizer": knobs.draw(
            st.selectbox, "optimizer", "Optimiser", names, names.index(knobs.base.optimizer),
            format_func=lambda name: OPTIMIZERS[name],
            hint="SGD follows the gradient with momentum; AdamW also scales each weight's steps. On frozen features "
            "the best linear classifier can be solved for at once: L-BFGS takes a second, and has no epochs to watch.",
        ),
        "momentum": knobs.pick(
            st.select_slider, "momentum", "Momentum", [0.0, 0.5, 0.9, 0.95, 0.99],
            "How much of the last steps' direction each step keeps.",
        ),
    }  # fmt: skip


def _schedule(knobs: Knobs) -> dict[str, Any]:
    base, names = knobs.base, ["constant", "step", "cosine"]
    return {
        "schedule": knobs.draw(
            st.selectbox, "schedule", "Schedule", names, names.index(base.schedule),
            hint="How the learning rate falls over the epochs.",
        ),
        "step_size": knobs.draw(
            st.slider, "step_size", "Epochs from step to step", 1, max(30, base.step_size), base.step_size,
            hint="After so many epochs the learning rate falls at once.",
        ),
        "step_factor": knobs.pick(
            st.select_slider, "step_factor", "What is left of the rate after a step", [0.1, 0.2, 0.3, 0.5],
            "The learning rate is multiplied by this.",
        ),
    }  # fmt: skip


def _warmup(knobs: Knobs, epochs: int) -> int:
    """Fewer epochs than there are in all; a single one has no room for it."""
    high = max(1, min(max(10, knobs.base.warmup_epochs), epochs - 1))
    chosen = knobs.draw(
        st.slider, "warmup_epochs", "Warm-up epochs", 0, high, min(knobs.base.warmup_epochs, high),
        key=_key(f"warmup_epochs-{high}"), hint="The rate rises over these.",
    )  # fmt: skip
    return int(chosen)


def body_learning(knobs: Knobs, epochs: int) -> dict[str, Any]:
    """What concerns the layers below the head, where they learn at all."""
    base, high = knobs.base, max(2, epochs - 1)
    values = {
        "probe_epochs": knobs.draw(
            st.slider, "probe_epochs", "Epochs for the classifier alone", 1, high, min(base.probe_epochs, high),
            hint="Then every layer is unlocked.",
        ),
        "body_lr_factor": knobs.pick(
            st.select_slider, "body_lr_factor", "Body's rate, as a share of the classifier's",
            [0.01, 0.03, 0.1, 0.3, 1.0], "Pretrained layers need smaller steps.",
        ),
        "stage_decay": knobs.pick(
            st.select_slider, "stage_decay", "Rate of each stage, as a share of the next one's",
            [0.3, 0.5, 0.7, 0.9, 1.0], "Early stages, near the input, are the most general.",
        ),
    }  # fmt: skip
    if base.strategy != "last-k":  # where it decides, it stands beside the strategy
        values["stages"] = stages(knobs)
    return values


def stages(knobs: Knobs) -> int:
    """How many stages learn, counted from the head."""
    high = len(registry.get(knobs.base.backbone).stages)
    begin = min(knobs.base.stages, high)
    if high == 1:
        return begin
    draw = partial(
        knobs.draw,
        st.slider,
        "stages",
        "Stages that learn",
        1,
        high,
        hint="Counted from the last one, near the answer, towards the input.",
    )
    return int(linked("stages", begin, range(1, high + 1), draw))


def _image_size(knobs: Knobs) -> int | None:
    """The side that images are trained at; None where it is the network's own."""
    network = registry.get(knobs.base.backbone)
    native = network.preprocessing.crop
    if network.fixed_size:
        st.caption(f"This network was built for images of {native} pixels.")
        return None
    given = knobs.base.image_size or native
    sizes = sorted({size for size in _SIZES if size >= network.min_size} | {native, given})
    chosen = knobs.draw(
        st.select_slider, "image_size", "Image size", sizes, given,
        hint=f"Pixels a side. {native} is what the pretrained weights know; smaller is faster.",
    )  # fmt: skip
    return None if chosen == native else int(chosen)


def data_settings(knobs: Knobs) -> dict[str, Any]:
    """What the images are turned into before they are learned from."""
    base, chosen = knobs.base, _image_size(knobs)
    return {
        "image_size": chosen,
        "batch_size": knobs.pick(
            st.select_slider, "batch_size", "Batch size", [2, 4, 8, 16, 32, 64, 128], "Images per step."
        ),
        "augmentation": knobs.draw(
            st.select_slider, "augmentation", "Augmentation", ["none", "light", "standard", "strong"],
            base.augmentation, hint="How far training views may differ from the photographs.",
        ),
        "flip": knobs.draw(
            st.toggle, "flip", "Mirror images", base.flip,
            hint="Off where left and right matter, as in digits and signs.",
        ),
        "views": knobs.draw(
            st.slider, "views", "Cached views an image", 1, max(8, base.views), base.views,
            hint="How often frozen stages see each image: once as it is, then augmented; 1 means no augmentation. "
            "More is slower, and a little better.",
        ),
        "train_size": _train_size(knobs, chosen),
        "seed": knobs.draw(
            st.number_input, "seed", "Seed", 0, SEEDS[-1], base.seed,
            hint="The same seed gives the same run on the same machine.",
        ),
    }  # fmt: skip


def _train_size(knobs: Knobs, image_size: int | None) -> int | None:
    """Smaller training views, where they are offered: images that are small themselves gain nothing from it."""
    base = knobs.base
    given = base.train_size if image_size == base.image_size else None
    smaller = given or smaller_views(base.backbone, image_size)
    if smaller is None and knobs.has_effect("train_size"):
        return None
    chosen = knobs.draw(
        st.toggle, "train_size", f"Train on views of {smaller} pixels" if smaller else "Train on smaller views",
        base.train_size is not None,
        hint="A random crop shows things larger than the whole image does. Smaller training views even that out, "
        "and take about half the time.",
    )  # fmt: skip
    if not knobs.has_effect("train_size"):
        return given
    return smaller if chosen else None


def regularisation(knobs: Knobs) -> dict[str, Any]:
    """What keeps it from learning the training images by heart."""
    parts = (_penalties, _less_sure, _head)
    values: dict[str, Any] = {}
    with st.container(border=True):
        for column, part in zip(st.columns(len(parts)), parts, strict=True):
            with column:
                values.update(part(knobs))
    return values


def _penalties(knobs: Knobs) -> dict[str, Any]:
    """What keeps weights small, or smooth."""
    base = knobs.base
    return {
        "weight_decay": knobs.pick(
            st.select_slider, "weight_decay", "Weight decay", [0.0, 1e-4, 1e-3, 1e-2, 0.1],
            "Shrinks every weight a little in each step; with SGD this is an L2 penalty.",
        ),
        "l1": knobs.pick(
            st.select_slider, "l1", "L1", [0.0, 1e-6, 1e-5, 1e-4, 1e-3],
            "Pulls every weight towards zero with the same force, so that small ones all but vanish.",
        ),
        "averaging": (base.averaging or _AVERAGING) if knobs.draw(
            st.toggle, "averaging", "Average weights", base.averaging > 0,
            hint="Keeps a running average of the weights, which is less noisy than the weights of any one step.",
        ) else 0.0,
    }  # fmt: skip


def _less_sure(knobs: Knobs) -> dict[str, Any]:
    """What keeps the model from being sure of itself, or ends the training."""
    base = knobs.base
    return {
        "label_smoothing": knobs.pick(
            st.select_slider, "label_smoothing", "Label smoothing", [0.0, 0.05, 0.1, 0.2],
            "Keeps the model from being too sure.",
        ),
        "patience": knobs.draw(
            st.slider, "patience", "Stop early after", 0, max(20, base.patience), base.patience,
            hint="A phase of the training ends after so many epochs without a better validation loss, and the next one "
            "begins; 0 never stops.",
        ),
        "mixing": knobs.draw(
            st.select_slider, "mixing", "Mixed batches", sorted({0.0, 0.25, 0.5, 1.0, base.mixing}), base.mixing,
            format_func="{:.0%}".format, hint="Share of batches in which images, and their labels, are mixed in pairs "
            "(mixup and CutMix). It takes more epochs, and helps most from scratch.",
        ),
    }  # fmt: skip


def _head(knobs: Knobs) -> dict[str, Any]:
    """The classifier, and what its errors weigh."""
    return {
        "hidden_units": knobs.pick(
            st.select_slider, "hidden_units", "Hidden units in the head", [0, 64, 128, 256, 512],
            "0 is a linear classifier.",
        ),
        "dropout": knobs.pick(
            st.select_slider, "dropout", "Dropout", [0.0, 0.1, 0.2, 0.3, 0.5],
            "Share of hidden units that are switched off in each step.",
        ),
        "class_weights": knobs.draw(
            st.toggle, "class_weights", "Class weights", knobs.base.class_weights,
            hint="Rare classes count more; where all are equally large nothing changes.",
        ),
    }  # fmt: skip
