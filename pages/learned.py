"""Hand-made and learned: a network's first filters beside those that people wrote down, and without them."""

from functools import partial

import streamlit as st

from pages._parts import cached, components
from pages._parts.filters.nearest_kernel import nearest, on_image
from pages._parts.filters.replacing import replace_and_predict
from pages._parts.guards import guarded
from pages._parts.heading import heading
from pages._parts.images import choose_image
from pages._parts.link_state import linked
from pages._parts.segments import segments
from pages._parts.session import owner, services
from pages._parts.training.run_words import run_label
from pages._parts.words import LOW_AND_HIGH, plain
from tlcore.explain import kernels, looking
from tlcore.explain.kernels import FirstLayer, Match
from tlcore.train.trained import TrainedModel
from tlcore.zoo import registry
from tlcore.zoo.weights import where_to_put

_TILES = "learned-tiles"
_EMBEDDED = "resnet18_64"
_BY_NUMBER, _BY_LIKENESS = "As in the network", "Most like a kernel first"  # the link's words
_ORDERS = {_BY_NUMBER: "By number", _BY_LIKENESS: "Most like a kernel first"}


def page() -> None:
    """The network and its filters, and beside them the chosen filter."""
    heading(
        "Hand-made and learned",
        "Nobody tells a network to look for edges: the filters that its first layer learned, beside those that people "
        "wrote down.",
    )
    left, right = st.columns([1, 2.2], gap="large")
    with left:
        model = _network()
        if model is None:
            return
        layer = kernels.first_layer(model)
        best = [kernels.nearest(grey, 1)[0] for grey in layer.grey]
        index = _filters(layer, best)
        image = choose_image("learned")
        st.caption(LOW_AND_HIGH)
    view = None if image is None else looking.look_with(model, image)
    with right:
        nearest(layer, index)
        if view is not None:
            on_image(layer, index, best[index], view)
    if view is not None:
        replace_and_predict(layer, index, view)


def _network() -> TrainedModel | None:
    """Choose among the networks with weights and one's own models; None, with a sentence, where there is none."""
    mine = {run.id: run for run in services().runs.all(owner()) if run.state == "done"}
    names = [*cached.weights_at_hand(), *mine]
    if not names:
        st.info(f"No network's weights are on this machine. {where_to_put(_EMBEDDED)}", icon=":material/info:")
        return None
    wanted = st.query_params.get("net", "")
    if wanted and wanted not in names:
        st.warning(f"The weights of '{plain(wanted)}' are not on this machine.", icon=":material/search_off:")
    choice = partial(
        st.selectbox, "Network", names, label_visibility="collapsed",
        format_func=lambda n: run_label(mine[n]) if n in mine else registry.get(n).title,
    )  # fmt: skip
    first = _EMBEDDED if _EMBEDDED in names else names[0]
    name = str(linked("net", first, names, choice, always=True, forgets=("filter",)))
    return cached.model_of(mine[name]) if name in mine else cached.pretrained(name)


def _filters(layer: FirstLayer, best: list[Match]) -> int:
    """All filters, one of which is chosen; the choice is in the link."""
    count, ranked = len(layer.weight), kernels.by_likeness(layer, best)
    way = partial(
        segments, "Order", list(_ORDERS), format_func=_ORDERS.__getitem__, label_visibility="collapsed",
    )  # fmt: skip
    by_likeness = linked("learned-order", _BY_NUMBER, _ORDERS, way) == _BY_LIKENESS
    order = ranked if by_likeness else list(range(count))
    picked = _linked(count, ranked[0])
    st.query_params["filter"] = str(picked)
    size, chance = layer.size, kernels.chance(layer.size)
    titles = [f"Filter {i}: {abs(m.correlation):.2f} with {m.kernel.title}" for i, m in enumerate(best)]
    label = f"The {count} filters of the first convolution"
    components.tiles(
        kernels.shades(layer.weight).tobytes(), size, titles=titles, order=order, picked=picked, label=label,
        key=_TILES, on_change=_pick,
    )  # fmt: skip
    alike = sum(abs(match.correlation) > chance for match in best)
    st.caption(
        f"{label}, {size[0]}x{size[1]} in three colours; grey is zero. On grey pictures **{alike} of {count}** are "
        f"nearer to a hand-made kernel than 95 of 100 filters of random numbers, which reach {chance:.2f}."
    )
    return picked


def _linked(count: int, usual: int) -> int:
    given = st.query_params.get("filter", "")
    return int(given) if given in map(str, range(count)) else usual


@guarded
def _pick() -> None:
    st.query_params["filter"] = str(st.session_state[_TILES].get("picked"))


page()
