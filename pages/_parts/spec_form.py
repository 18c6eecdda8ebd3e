"""Backbone, strategy and settings: the pickers that make a `TrainSpec`, and the stage strip that follows them."""

from typing import Any

import streamlit as st

from pages._parts import cached, components, nav
from pages._parts.card import card_button
from pages._parts.knobs import OPTIMIZERS, data_settings, forget_settings, learning, regularisation
from pages._parts.words import counted, plain
from tlcore.errors import BadInputError, BadSpecError, OfflineError, TlcoreError
from tlcore.jobs.library import Collection
from tlcore.train.advice import PRESETS, recommended
from tlcore.train.plan import make_plan, stage_rows
from tlcore.train.spec import STRATEGIES, STRATEGY_TITLES, Strategy, TrainSpec
from tlcore.zoo import registry

_OFFLINE = ":material/cloud_off:"


def spec_form(collection: Collection | None) -> tuple[TrainSpec | None, str | None]:
    """Draw the pickers; returns the spec, or None and the reason in words."""
    ready = cached.weights_at_hand()
    backbone = _backbone(ready)
    with st.container(horizontal=True, vertical_alignment="center"):
        _look_inside(backbone)
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
    if registry.get(spec.backbone).family == "Own":
        st.session_state["_own_network"] = spec.backbone
    st.session_state["_copied"] = spec.model_dump()
    forget_settings()


def _backbone(ready: dict[str, str]) -> str:
    """The network's name; one of the person's own comes by a link, and stays on offer in this session."""
    if own := st.query_params.pop("stack", None):
        _take_own(own)
    # What is built in comes first, then what is ready, then the network that the lessons are about.
    names = sorted(
        registry.names(), key=lambda name: (ready.get(name) != "embedded", name not in ready, name != "resnet18")
    )
    names += [st.session_state["_own_network"]] if "_own_network" in st.session_state else []
    return str(
        st.selectbox(
            "Backbone",
            names,
            format_func=lambda name: backbone_label(name, ready),
            key="backbone",
            bind="query-params",
            persist_state="session",
            help="The network whose layers are reused. Small ones train faster, large ones often see more. The number "
            "of parameters is the published one, with the classifier for ImageNet's thousand classes or CIFAR's ten.",
        )
    )


def _look_inside(backbone: str) -> None:
    own = registry.get(backbone).family == "Own"
    st.page_link(
        nav.page("build" if own else "explore"), label="Look inside", icon=":material/account_tree:",
        query_params={"stack" if own else "net": backbone},
    )  # fmt: skip


def _take_own(name: str) -> None:
    try:
        registry.get(name)
    except BadInputError as error:
        st.warning(plain(str(error)), icon=":material/block:")
        return
    st.session_state.update({"_own_network": name, "backbone": name, "strategy": "scratch"})


def backbone_label(name: str, ready: dict[str, str]) -> str:
    """A network as the picker says it, and as a link to the picker must name it."""
    row = registry.get(name)
    if row.family == "Own":
        return f"{row.title} · {row.parameters:,} parameters · from scratch"
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
    if backbone not in ready and registry.get(backbone).family != "Own":
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
        st.error(plain(str(error)), icon=_OFFLINE)
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
            rates = learning(base)
        with right:
            data = data_settings(base)
        regular = regularisation(base)
    spec = TrainSpec.of({**base.model_dump(), **rates, **data, **regular})
    st.caption(_summary(spec))
    return spec


def _presets() -> list[str]:
    return ["Recommended", *PRESETS, *(["As copied"] if "_copied" in st.session_state else [])]


def _base(given: dict[str, Any], collection: Collection | None) -> TrainSpec:
    preset = st.session_state.get("preset", "Recommended")
    flip = {} if collection is None else {"flip": collection.flip}
    images = None if collection is None else sum(collection.enabled_counts.values())
    if preset == "As copied" and "_copied" in st.session_state:
        copied = dict(st.session_state["_copied"])
        if copied["backbone"] != given["backbone"]:
            for size in ("image_size", "train_size", "start_size"):  # they belong to the network that was copied
                copied.pop(size, None)
        return recommended({**copied, **given})
    return recommended({**flip, **PRESETS.get(preset, {}), **given}, images)


def _reset_when_base_changes(base: TrainSpec) -> None:
    """Knobs start at what suits the strategy; choosing another one, or a preset, sets them anew."""
    now = base.to_json()
    if st.session_state.get("_base") != now:
        if "_base" in st.session_state:
            forget_settings()
        st.session_state["_base"] = now


def _summary(spec: TrainSpec) -> str:
    size = spec.image_size or registry.get(spec.backbone).preprocessing.crop
    epochs = counted(spec.epochs, "epoch")
    return f"{epochs}, {OPTIMIZERS[spec.optimizer]} at {spec.lr:g}, batches of {spec.batch_size}, {size} pixels"


def _strip(spec: TrainSpec, collection: Collection | None) -> None:
    classes = len(collection.enabled_counts) if collection else 2
    phases = make_plan(spec).phases
    rows = stage_rows(phases[-1], spec.backbone, max(classes, 2), spec.hidden_units)
    note = "" if len(phases) == 1 else f"For the first {phases[0].epochs} epochs only the head learns."
    stages = [{"name": r.name, "parameters": r.parameters, "learns": r.learns, "rate": f"{r.rate:.1e}"} for r in rows]
    components.stage_strip(stages, note, key="strip")
