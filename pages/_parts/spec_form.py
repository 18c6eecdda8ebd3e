"""Backbone, strategy and settings: the pickers that make a `TrainSpec`, and the stage strip that follows them."""

from typing import Any

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from pages._parts import cached, components
from pages._parts.card import card_button
from pages._parts.words import counted
from tlcore.errors import BadSpecError, OfflineError, TlcoreError
from tlcore.jobs.library import Collection
from tlcore.train.advice import PRESETS, recommended, smaller_views
from tlcore.train.plan import make_plan, stage_rows
from tlcore.train.spec import STRATEGIES, STRATEGY_TITLES, Strategy, TrainSpec
from tlcore.zoo import registry

_RATES = [1e-5, 3e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 1e-1, 3e-1]
_SIZES = [64, 96, 128, 160, 192, 224, 256, 299, 384]
_OFFLINE = ":material/cloud_off:"
_AVERAGING = 0.99  # about the last hundred steps
_OPTIMIZERS = {"sgd": "SGD", "adamw": "AdamW"}


def spec_form(collection: Collection | None) -> tuple[TrainSpec | None, str | None]:
    """Draw the pickers; returns the spec, or None and the reason in words."""
    ready = cached.weights_at_hand()
    backbone = _backbone(ready)
    if ready.get(backbone) == "embedded":
        card_button(backbone)
    strategy = _strategy(backbone, ready)
    given: dict[str, Any] = {"backbone": backbone, "strategy": strategy}
    if strategy == "last-k":
        stages = len(registry.get(backbone).stages)
        given["stages"] = st.slider(
            "Stages that learn",
            1,
            stages,
            1,
            key="stages",
            bind="query-params",
            help="Counted from the head downwards.",
        )
    try:
        spec = _advanced(given, collection)
    except BadSpecError as error:
        return None, str(error)
    _strip(spec, collection)
    if spec.pretrained and backbone not in ready:
        return None, f"The pretrained weights of {registry.get(backbone).title} are not on this machine."
    return spec, None


def load_spec(spec: TrainSpec) -> None:
    """Set every picker to a spec; must run before they are drawn."""
    st.session_state.update(backbone=spec.backbone, strategy=spec.strategy, stages=spec.stages, preset="As copied")
    st.session_state["_copied"] = spec.model_dump()
    _forget_settings()


def _backbone(ready: dict[str, str]) -> str:
    # What is built in comes first, then what is ready, then the network that the lessons are about.
    names = sorted(
        registry.names(), key=lambda name: (ready.get(name) != "embedded", name not in ready, name != "resnet18")
    )
    return str(
        st.selectbox(
            "Backbone",
            names,
            format_func=lambda name: backbone_label(name, ready),
            key="backbone",
            bind="query-params",
            persist_state="session",
            help="The network whose layers are reused. Small ones train faster, large ones often see more. The number "
            "of parameters is the published one, with the classifier for ImageNet's thousand classes.",
        )
    )


def backbone_label(name: str, ready: dict[str, str]) -> str:
    """A network as the picker says it, and as a link to the picker must name it."""
    row = registry.get(name)
    at_hand = {"embedded": "ready, built in", "folder": "ready", "cache": "ready"}.get(
        ready.get(name, ""), "no weights here"
    )
    return f"{row.title} · {row.parameters / 1e6:.1f} M parameters · {at_hand}"


def _strategy(backbone: str, ready: dict[str, str]) -> Strategy:
    options = list(STRATEGIES)
    default = "frozen" if backbone in ready else "scratch"
    if "strategy" not in st.session_state and "strategy" not in st.query_params:
        st.session_state["strategy"] = default
    chosen = st.radio(
        "Strategy",
        options,
        format_func=lambda name: STRATEGY_TITLES[name],
        key="strategy",
        bind="query-params",
        persist_state="session",
        horizontal=True,
        help="How much of the pretrained network is kept, and how much learns.",
    )
    strategy = next(name for name in STRATEGIES if name == chosen)
    st.caption(STRATEGIES[strategy] + ".")
    if backbone not in ready:
        _explain_missing(backbone)
    return strategy


def _explain_missing(backbone: str) -> None:
    from tlcore.zoo.weights import where_to_put

    with st.expander(
        "Its pretrained weights are not here: from scratch works, or bring them", icon=":material/download:"
    ):
        st.markdown(where_to_put(backbone))
        published = bool(registry.get(backbone).weights_file)
        if published and st.button("Download them now", key="fetch", icon=":material/cloud_download:"):
            _fetch(backbone)


def _fetch(backbone: str) -> None:
    from tlcore.zoo import weights

    bar = st.progress(0.0, "Connecting …")

    def show(done: int, total: int) -> None:
        bar.progress(done / max(total, done), f"{done / 1e6:.0f} of {total / 1e6:.0f} MB")

    try:
        weights.fetch(backbone, show)
    except OfflineError:  # whose sentence would say again what stands above
        bar.empty()
        st.error("They could not be downloaded from here. The other ways above need no connection.", icon=_OFFLINE)
        return
    except TlcoreError as error:
        bar.empty()
        st.error(str(error), icon=_OFFLINE)
        return
    st.cache_data.clear()
    st.rerun()


def _advanced(given: dict[str, Any], collection: Collection | None) -> TrainSpec:
    """The settings that suit the strategy, and the folded-away knobs that change them."""
    base = _base(given, collection)
    _reset_when_base_changes(base)
    with st.expander("Settings", icon=":material/tune:"):
        left, right = st.columns(2)
        with left:
            st.selectbox(
                "Preset",
                _presets(),
                key="preset",
                persist_state="session",
                help="A set of settings that people know by name.",
            )
            learning = _learning(base)
        with right:
            data = _data_settings(base)
        regular = _regularisation(base)
    spec = TrainSpec.of({**base.model_dump(), **learning, **data, **regular})
    st.caption(_summary(spec))
    return spec


def _presets() -> list[str]:
    return ["Recommended", *PRESETS, *(["As copied"] if "_copied" in st.session_state else [])]


def _base(given: dict[str, Any], collection: Collection | None) -> TrainSpec:
    preset = st.session_state.get("preset", "Recommended")
    flip = {} if collection is None else {"flip": collection.flip}
    if preset == "As copied" and "_copied" in st.session_state:
        copied = dict(st.session_state["_copied"])
        if copied["backbone"] != given["backbone"]:
            for size in ("image_size", "train_size", "start_size"):  # they belong to the network that was copied
                copied.pop(size, None)
        return recommended({**copied, **given})
    return recommended({**flip, **PRESETS.get(preset, {}), **given})


def _reset_when_base_changes(base: TrainSpec) -> None:
    """Knobs start at what suits the strategy; choosing another one, or a preset, sets them anew."""
    now = base.to_json()
    if st.session_state.get("_base") != now:
        if "_base" in st.session_state:
            _forget_settings()
        st.session_state["_base"] = now


def _forget_settings() -> None:
    """Give every knob another name: under the old one the browser would keep showing, and sending, the old value."""
    st.session_state["_form"] = st.session_state.get("_form", 0) + 1


def _key(setting: str) -> str:
    return f"s-{setting}-{st.session_state.get('_form', 0)}"


def _summary(spec: TrainSpec) -> str:
    size = spec.image_size or registry.get(spec.backbone).preprocessing.crop
    epochs = counted(spec.epochs, "epoch")
    return f"{epochs}, {_OPTIMIZERS[spec.optimizer]} at {spec.lr:g}, batches of {spec.batch_size}, {size} pixels"


def _learning(base: TrainSpec) -> dict[str, Any]:
    values: dict[str, Any] = {
        "epochs": st.slider(
            "Epochs", 1, 100, base.epochs, key=_key("epochs"), help="How often every training image is seen."
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
            "Optimizer",
            ["sgd", "adamw"],
            ["sgd", "adamw"].index(base.optimizer),
            format_func=lambda name: _OPTIMIZERS[name],
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
    return {**values, **_warmup(base, values["epochs"]), **_body_learning(base, values["epochs"])}


def _warmup(base: TrainSpec, epochs: int) -> dict[str, Any]:
    """Fewer epochs than there are in all; a single one has no room for it."""
    high = min(10, epochs - 1)
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
            "Each stage below: rate times", sorted({0.3, 0.5, 0.7, 0.9, 1.0, base.stage_decay}), base.stage_decay,
            format_func=lambda share: f"{share:g} x", key=_key("stage_decay"),
            help="Early stages are the most general.",
        )  # fmt: skip
    return values


def _data_settings(base: TrainSpec) -> dict[str, Any]:
    native = registry.get(base.backbone).preprocessing.crop
    least = registry.get(base.backbone).min_size
    sizes = sorted({size for size in _SIZES if size >= least} | {native})
    chosen = st.select_slider(
        "Image size", sizes, base.image_size or native, key=_key("image_size"),
        help=f"Pixels a side. {native} is what the pretrained weights know; smaller is faster.",
    )  # fmt: skip
    values: dict[str, Any] = {
        "image_size": None if chosen == native else chosen,
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
            "Cached views an image", 1, 8, min(base.views, 8), key=_key("views"),
            help="Frozen stages see each image this often, augmented anew; more is slower, and a little better.",
        )  # fmt: skip
    values["train_size"] = None
    augmented = values["augmentation"] != "none"  # without, the view is the evaluation view whatever its size
    tuned = base.strategy in {"full", "probe-then-tune"} and augmented
    if tuned and (smaller := smaller_views(base.backbone, chosen)):
        on = st.toggle(
            f"Train on views of {smaller} pixels", base.train_size is not None, key=_key("train_size"),
            help="A random crop shows things larger than the whole image does. Smaller training views even that out, "
            "and take about half the time.",
        )  # fmt: skip
        values["train_size"] = smaller if on else None
    values["seed"] = st.number_input(
        "Seed", 0, 9999, base.seed, key=_key("seed"), help="The same seed gives the same run on the same machine."
    )
    return values


def _regularisation(base: TrainSpec) -> dict[str, Any]:
    with st.container(border=True):
        left, middle, right = st.columns(3)
        return {
            "weight_decay": left.select_slider(
                "L2 (weight decay)", sorted({0.0, 1e-4, 1e-3, 1e-2, 0.1, base.weight_decay}), base.weight_decay,
                format_func=lambda v: f"{v:g}", key=_key("weight_decay"), help="Pulls weights towards zero.",
            ),
            "l1": left.select_slider(
                "L1", sorted({0.0, 1e-6, 1e-5, 1e-4, 1e-3, base.l1}), base.l1, format_func="{:g}".format,
                key=_key("l1"), help="Pushes weights to exactly zero.",
            ),
            "label_smoothing": middle.select_slider(
                "Label smoothing", sorted({0.0, 0.05, 0.1, 0.2, base.label_smoothing}), base.label_smoothing,
                key=_key("label_smoothing"), help="Keeps the model from being too sure.",
            ),
            "patience": middle.slider(
                "Stop early after", 0, 20, min(base.patience, 20), key=_key("patience"),
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


def _strip(spec: TrainSpec, collection: Collection | None) -> None:
    classes = len(collection.enabled_counts) if collection else 2
    phases = make_plan(spec).phases
    rows = stage_rows(phases[-1], spec.backbone, max(classes, 2), spec.hidden_units)
    note = "" if len(phases) == 1 else f"For the first {phases[0].epochs} epochs only the head learns."
    stages = [{"name": r.name, "parameters": r.parameters, "learns": r.learns, "rate": f"{r.rate:.1e}"} for r in rows]
    components.stage_strip(stages, note, key="strip")
