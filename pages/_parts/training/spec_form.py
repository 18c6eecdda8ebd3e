"""Backbone, strategy and settings: the pickers that make a `TrainSpec`, and the stage strip that follows them."""

from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from pages._parts import cached, components, nav
from pages._parts.js.data import Stage
from pages._parts.link_state import choose, linked
from pages._parts.training.card import card_button
from pages._parts.training.knobs import (
    OPTIMIZERS,
    Knobs,
    body_learning,
    data_settings,
    forget_settings,
    learning,
    regularisation,
    stages,
)
from pages._parts.words import LOW_AND_HIGH, counted, plain
from tlcore.errors import BadInputError, BadSpecError, OfflineError, TlcoreError
from tlcore.explain import interactive
from tlcore.jobs.belongings.library import Collection
from tlcore.train.recipe.advice import PRESETS, recommended
from tlcore.train.recipe.effects import EFFECTS, Case, in_vain
from tlcore.train.recipe.plan import make_plan, stage_rows
from tlcore.train.recipe.spec import STRATEGIES, STRATEGY_TITLES, Strategy, TrainSpec
from tlcore.zoo import registry

_OFFLINE = ":material/cloud_off:"
_SPEC = "_form_spec"


@dataclass(frozen=True)
class Chosen:
    """The network to reuse, and how much of it learns."""

    backbone: str
    strategy: Strategy


def pickers() -> Chosen:
    """Draw the two choices that matter most."""
    ready = cached.weights_at_hand()
    network, about = st.columns([2.4, 1], vertical_alignment="bottom")
    with network:
        backbone = _backbone(ready)
    with about:
        _look_inside(backbone)
        if backbone in cached.built_in():
            card_button(backbone)
    return Chosen(backbone, _strategy(backbone, ready))


def settings(chosen: Chosen, collection: Collection | None) -> tuple[TrainSpec | None, str | None]:
    """Draw all other settings, folded away; returns the spec, or None and the reason in words."""
    try:
        spec = _advanced({"backbone": chosen.backbone, "strategy": chosen.strategy}, collection)
    except BadSpecError as error:
        return None, str(error)
    st.session_state[_SPEC] = spec
    _strip(spec, collection)
    if spec.pretrained and chosen.backbone not in cached.weights_at_hand():
        return None, f"The pretrained weights of {registry.get(chosen.backbone).title} are not on this machine."
    return spec, None


def expected() -> TrainSpec:
    """What would be trained: as the form was left, or else as it begins."""
    left: TrainSpec | None = st.session_state.get(_SPEC)
    if left is not None:
        return left
    ready = cached.weights_at_hand()
    backbone = _offered(ready)[0]
    return recommended({"backbone": backbone, "strategy": "frozen" if backbone in ready else "scratch"})


def load_spec(spec: TrainSpec) -> None:
    """Set every picker to a spec; must run before they are drawn."""
    choose({"backbone": spec.backbone, "strategy": spec.strategy, "stages": spec.stages})
    st.session_state["preset"] = "As copied"
    _take_timm(spec.backbone)
    if registry.get(spec.backbone).family == "Own":
        st.session_state["_own_network"] = spec.backbone
    st.session_state["_copied"] = spec.model_dump()
    forget_settings()


def _backbone(ready: dict[str, str]) -> str:
    """The network's name; one of the person's own comes by a link, and stays on offer in this session."""
    if own := st.query_params.pop("stack", None):
        _take_own(own)
    _take_timm(st.query_params.get("backbone", ""))
    names = _offered(ready)
    names += [name for name in st.session_state.get("_timm_networks", []) if name not in names]
    names += [st.session_state["_own_network"]] if "_own_network" in st.session_state else []
    titles = {name: _label(name, ready) for name in names}
    choice = partial(
        st.selectbox, "Network to reuse (backbone)", names, format_func=titles.__getitem__, persist_state="session",
        help="The network whose layers are reused. Small ones train faster, large ones often see more. The number "
        "of parameters is the published one, with the classifier for ImageNet's thousand classes or CIFAR's ten. Any "
        "of timm's comes here from Explore.",
    )  # fmt: skip
    return str(linked("backbone", names[0], names, choice, titles=titles, stays=True))


def _offered(ready: dict[str, str]) -> list[str]:
    """What is built in comes first, then what is ready, then the network that the lessons are about."""
    built_in = cached.built_in()
    others = [name for name in {**dict.fromkeys(registry.names()), **ready} if name not in built_in]
    return [*built_in, *sorted(others, key=lambda name: (name not in ready, name != "resnet18"))]


def _look_inside(backbone: str) -> None:
    own = registry.get(backbone).family == "Own"
    st.page_link(
        nav.page("build" if own else "explore"), label="Look inside", icon=":material/account_tree:",
        query_params={"stack" if own else "net": backbone},
    )  # fmt: skip


def _take_timm(name: str) -> None:
    """Offer a network of timm that a link names, from now on in this session; say why one can't be trained."""
    entry = registry.of_timm(name)
    if entry is None:
        return
    if entry.uncut:
        try:
            registry.get(name)
        except BadInputError as error:
            st.warning(plain(str(error)), icon=":material/block:")
        return
    taken: list[str] = st.session_state.setdefault("_timm_networks", [])
    if registry.timm_name(entry) not in taken:
        taken.append(registry.timm_name(entry))


def _take_own(name: str) -> None:
    try:
        registry.get(name)
    except BadInputError as error:
        st.warning(plain(str(error)), icon=":material/block:")
        return
    st.session_state["_own_network"] = name
    choose({"backbone": name, "strategy": "scratch"})


def _label(name: str, ready: dict[str, str]) -> str:
    """A network as the picker says it."""
    row = registry.get(name)
    if row.family == "Own":
        return f"{row.title} · {row.parameters:,} parameters · from scratch"
    at_hand = "ready" if name in ready else "no weights here"
    at_hand += ", built in" if name in cached.built_in() else ""
    return f"{row.title} · {row.parameters / 1e6:.1f} M parameters · {at_hand}"


def _strategy(backbone: str, ready: dict[str, str]) -> Strategy:
    choice = partial(
        st.radio, "What learns (strategy)", list(STRATEGIES), persist_state="session",
        format_func=lambda name: f"{STRATEGIES[name]} ({STRATEGY_TITLES[name].lower()})",
        help="How much of the pretrained network is kept, and how much learns. The last stages, near the answer, are "
        "the first to be taught anew, for what they find is the most specific.",
    )  # fmt: skip
    usual = "frozen" if backbone in ready else "scratch"
    strategy: Strategy = linked("strategy", usual, STRATEGIES, choice, titles=STRATEGY_TITLES, stays=True)
    if backbone not in ready and registry.get(backbone).family != "Own":
        _explain_missing(backbone)
    return strategy


def _explain_missing(backbone: str) -> None:
    from tlcore.zoo.weights import can_be_fetched, where_to_put

    with st.expander(
        "Its pretrained weights are not here: from scratch works, or bring them", icon=":material/download:"
    ):
        st.markdown(where_to_put(backbone))
        if can_be_fetched(backbone) and st.button("Download them now", key="fetch", icon=":material/cloud_download:"):
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
    knobs = Knobs(base)
    counted_stages = {"stages": stages(knobs)} if base.strategy == "last-k" else {}
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
            rates = learning(knobs)
        with right:
            data = {**data_settings(knobs), **body_learning(knobs, rates["epochs"])}
        regular = regularisation(knobs)
    spec = TrainSpec.of({**base.model_dump(), **counted_stages, **rates, **data, **regular})
    st.caption(_summary(spec) + _why_smaller(base, spec, collection))
    _tell_in_vain(spec, knobs)
    return spec


def _tell_in_vain(spec: TrainSpec, knobs: Knobs) -> None:
    """What makes no difference at the value that it has: its knob is not greyed, or it could never have another."""
    told: dict[str, str] = {}
    for name, sentence in in_vain(Case(spec), filter(knobs.has_effect, EFFECTS)):
        told.setdefault(sentence, TrainSpec.words.get(name, name.replace("_", " ")))
    for sentence, name in told.items():
        st.caption(f":material/info: The {name} {sentence}")


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
    return recommended({**flip, **PRESETS.get(preset, {}), **given}, images, interactive.side_for)


def _reset_when_base_changes(base: TrainSpec) -> None:
    """Knobs start at what suits the strategy; choosing another one, or a preset, sets them anew."""
    now = base.to_json()
    if st.session_state.get("_base") != now:
        if "_base" in st.session_state:
            forget_settings()
        st.session_state["_base"] = now


def _summary(spec: TrainSpec) -> str:
    size = spec.image_size or registry.get(spec.backbone).preprocessing.crop
    if spec.solves:
        views = counted(spec.views_an_image, "view")
        return f"The classifier is solved for at once (L-BFGS), {views} an image, {size} pixels"
    epochs = counted(spec.epochs, "epoch")
    return f"{epochs}, {OPTIMIZERS[spec.optimizer]} at {spec.lr:g}, batches of {spec.batch_size}, {size} pixels"


def _why_smaller(base: TrainSpec, spec: TrainSpec, collection: Collection | None) -> str:
    """That images are smaller than the network's own, where the lab has chosen so."""
    is_chosen = (
        base.strategy == "frozen"
        and st.session_state.get("preset") != "As copied"
        and spec.image_size == base.image_size
    )
    if collection is None or spec.image_size is None or not is_chosen:
        return ""
    images = counted(sum(collection.enabled_counts.values()), "image")
    native = registry.get(spec.backbone).preprocessing.crop
    return (
        f": the largest with which this machine looks at {images} in a few seconds. {native}, under Settings, takes "
        "longer, and sees a little more."
    )


def _strip(spec: TrainSpec, collection: Collection | None) -> None:
    classes = len(collection.enabled_counts) if collection else 2
    phases = make_plan(spec).phases
    rows = stage_rows(phases[-1], spec.backbone, max(classes, 2), spec.hidden_units)
    most = "at most " if spec.patience else ""
    note = "" if len(phases) == 1 else f"For {most}the first {counted(phases[0].epochs, 'epoch')} only the head learns."
    stages: list[Stage] = [
        {"name": r.name, "parameters": r.parameters, "learns": r.learns, "rate": "" if spec.solves else f"{r.rate:.1e}"}
        for r in rows
    ]
    components.stage_strip(stages, note, key="strip")
    if spec.pretrained:
        st.caption(LOW_AND_HIGH)
