"""The knobs of the training form: learning, data and regularisation, each beginning at what suits the strategy."""

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from tlcore.specs import SEEDS
from tlcore.train.advice import smaller_views
from tlcore.train.spec import TrainSpec
from tlcore.zoo import registry

_RATES = [1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1]
_SIZES = [64, 96, 128, 160, 192, 224, 256, 299, 384]
_AVERAGING = 0.99  # about the last hundred steps
OPTIMIZERS = {"sgd": "SGD", "adamw": "AdamW"}


def forget_settings() -> None:
    """Give every knob another name: under the old one the browser would keep showing, and sending, the old value."""
    st.session_state["_form"] = st.session_state.get("_form", 0) + 1


def _key(setting: str) -> str:
    return f"s-{setting}-{st.session_state.get('_form', 0)}"


def learning(base: TrainSpec) -> dict[str, Any]:
    """How fast and how long it learns."""
    values: dict[str, Any] = {
        "epochs": st.slider(
            "Epochs",
            1,
            max(100, base.epochs),
            base.epochs,
            key=_key("epochs"),
            help="How often every training image is seen.",
        ),
        "lr": st.select_slider(
            "Learning rate",
            sorted({*_RATES, base.lr}),
            base.lr,
            format_func=lambda rate: f"{rate:g}",
            key=_key("lr"),
            help="The size of the classifier's steps. Too high and the loss jumps, too low and it crawls.",
        ),
        "optimizer": st.selectbox(
            "Optimiser",
            ["sgd", "adamw"],
            ["sgd", "adamw"].index(base.optimizer),
            format_func=lambda name: OPTIMIZERS[name],
            key=_key("optimizer"),
            help="SGD follows the gradient with momentum; AdamW also scales each weight's steps.",
        ),
        "schedule": st.selectbox(
            "Schedule",
            ["constant", "step", "cosine"],
            ["constant", "step", "cosine"].index(base.schedule),
            key=_key("schedule"),
            help="How the learning rate falls over the epochs.",
        ),
    }
    if base.strategy == "scratch":
        values["watch_gradients"] = st.toggle(
            "Watch the gradients", base.watch_gradients, key=_key("watch_gradients"),
            help="Measures every layer's gradient about forty times, and draws it below the loss. A little slower.",
        )  # fmt: skip
    return {**values, **_warmup(base, values["epochs"]), **_body_learning(base, values["epochs"])}


def _warmup(base: TrainSpec, epochs: int) -> dict[str, Any]:
    """Fewer epochs than there are in all; a single one has no room for it."""
    high = min(max(10, base.warmup_epochs), epochs - 1)
    if not high:
        return {"warmup_epochs": 0}
    chosen = st.slider(
        "Warm-up epochs", 0, high, min(base.warmup_epochs, high), key=_key(f"warmup_epochs-{high}"),
        help="The rate rises over these.",
    )  # fmt: skip
    return {"warmup_epochs": chosen}


def _body_learning(base: TrainSpec, epochs: int) -> dict[str, Any]:
    """What concerns the layers below the head, where they learn at all."""
    values: dict[str, Any] = {}
    if base.strategy == "probe-then-tune":
        high = max(2, epochs - 1)
        values["probe_epochs"] = st.slider(
            "Epochs for the classifier alone", 1, high, min(base.probe_epochs, high), key=_key("probe_epochs"),
            help="Then every layer is unlocked.",
        )  # fmt: skip
    if base.strategy not in {"frozen", "scratch"}:
        values["body_lr_factor"] = st.select_slider(
            "Body's rate, as a share of the classifier's", sorted({0.01, 0.03, 0.1, 0.3, 1.0, base.body_lr_factor}),
            base.body_lr_factor, key=_key("body_lr_factor"), help="Pretrained layers need smaller steps.",
        )  # fmt: skip
        values["stage_decay"] = st.select_slider(
            "Rate of each stage, as a share of the one above", sorted({0.3, 0.5, 0.7, 0.9, 1.0, base.stage_decay}),
            base.stage_decay, format_func=lambda share: f"{share:g} x", key=_key("stage_decay"),
            help="Early stages are the most general.",
        )  # fmt: skip
    return values


def _image_size(base: TrainSpec) -> int | None:
    """The side that images are trained at; None where it is the network's own."""
    network = registry.get(base.backbone)
    native = network.preprocessing.crop
    if network.fixed_size:
        st.caption(f"This network was built for images of {native} pixels.")
        return None
    given = base.image_size or native
    sizes = sorted({size for size in _SIZES if size >= network.min_size} | {native, given})
    chosen = st.select_slider(
        "Image size", sizes, given, key=_key("image_size"),
        help=f"Pixels a side. {native} is what the pretrained weights know; smaller is faster.",
    )  # fmt: skip
    return None if chosen == native else int(chosen)


def data_settings(base: TrainSpec) -> dict[str, Any]:
    """What the images are turned into before they are learned from."""
    chosen = _image_size(base)
    values: dict[str, Any] = {
        "image_size": chosen,
        "batch_size": st.select_slider(
            "Batch size", sorted({2, 4, 8, 16, 32, 64, 128, base.batch_size}), base.batch_size, key=_key("batch_size"),
            help="Images per step.",
        ),
        "augmentation": st.select_slider(
            "Augmentation", ["none", "light", "standard", "strong"], base.augmentation, key=_key("augmentation"),
            help="How far training views may differ from the photographs.",
        ),
        "flip": st.toggle(
            "Mirror images", base.flip, key=_key("flip"),
            help="Off where left and right matter, as in digits and signs.",
        ),
    }  # fmt: skip
    if base.strategy in {"frozen", "last-k", "probe-then-tune"}:
        values["views"] = st.slider(
            "Cached views an image", 1, max(8, base.views), base.views, key=_key("views"),
            help="How often frozen stages see each image: once as it is, then augmented; 1 means no augmentation. "
            "More is slower, and a little better.",
        )  # fmt: skip
    values["train_size"] = None
    augmented = values["augmentation"] != "none"  # without, the view is the evaluation view whatever its size
    tuned = base.strategy in {"full", "probe-then-tune"} and augmented
    given = base.train_size if chosen == base.image_size else None
    if tuned and (smaller := given or smaller_views(base.backbone, chosen)):
        on = st.toggle(
            f"Train on views of {smaller} pixels", base.train_size is not None, key=_key("train_size"),
            help="A random crop shows things larger than the whole image does. Smaller training views even that out, "
            "and take about half the time.",
        )  # fmt: skip
        values["train_size"] = smaller if on else None
    values["seed"] = st.number_input(
        "Seed",
        0,
        SEEDS[-1],
        base.seed,
        key=_key("seed"),
        help="The same seed gives the same run on the same machine.",
    )
    return values


def regularisation(base: TrainSpec) -> dict[str, Any]:
    """What keeps it from learning the training images by heart."""
    with st.container(border=True):
        left, middle, right = st.columns(3)
        return {
            "weight_decay": left.select_slider(
                "Weight decay", sorted({0.0, 1e-4, 1e-3, 1e-2, 0.1, base.weight_decay}), base.weight_decay,
                format_func=lambda v: f"{v:g}", key=_key("weight_decay"),
                help="Shrinks every weight a little in each step; with SGD this is an L2 penalty.",
            ),
            "l1": left.select_slider(
                "L1", sorted({0.0, 1e-6, 1e-5, 1e-4, 1e-3, base.l1}), base.l1, format_func="{:g}".format,
                key=_key("l1"),
                help="Pulls every weight towards zero with the same force, so that small ones all but vanish.",
            ),
            "label_smoothing": middle.select_slider(
                "Label smoothing", sorted({0.0, 0.05, 0.1, 0.2, base.label_smoothing}), base.label_smoothing,
                key=_key("label_smoothing"), help="Keeps the model from being too sure.",
            ),
            "patience": middle.slider(
                "Stop early after", 0, max(20, base.patience), base.patience, key=_key("patience"),
                help="Epochs without a better validation loss; 0 never stops.",
            ),
            "hidden_units": right.select_slider(
                "Hidden units in the head", sorted({0, 64, 128, 256, 512, base.hidden_units}), base.hidden_units,
                key=_key("hidden_units"), help="0 is a linear classifier.",
            ),
            "dropout": right.select_slider(
                "Dropout", sorted({0.0, 0.1, 0.2, 0.3, 0.5, base.dropout}), base.dropout, key=_key("dropout"),
                help="Share of hidden units that are switched off in each step; needs hidden units.",
            ),
            "class_weights": right.toggle(
                "Class weights", base.class_weights, key=_key("class_weights"), help="Rare classes count more."
            ),
            **_smoothing(base, left, middle),
        }  # fmt: skip


def _smoothing(base: TrainSpec, left: DeltaGenerator, middle: DeltaGenerator) -> dict[str, Any]:
    """Averaged weights, and mixed images where pixels are what is trained on."""
    averages = left.toggle(
        "Average the weights", base.averaging > 0, key=_key("averaging"),
        help="Keeps a running average of the weights, which is less noisy than the weights of any one step.",
    )  # fmt: skip
    values: dict[str, Any] = {"averaging": (base.averaging or _AVERAGING) if averages else 0.0}
    if base.strategy in {"full", "probe-then-tune", "scratch"}:
        values["mixing"] = middle.select_slider(
            "Mixed batches", sorted({0.0, 0.25, 0.5, 1.0, base.mixing}), base.mixing, format_func="{:.0%}".format,
            key=_key("mixing"), help="Share of batches in which images, and their labels, are mixed in pairs "
            "(mixup and CutMix). It takes more epochs, and helps most from scratch.",
        )  # fmt: skip
    return values
