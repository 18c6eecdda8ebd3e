"""Hand-made and learned: a network's first filters beside those that people wrote down, and without them."""

from typing import Any

import streamlit as st

from pages._parts import cached, choosing, components
from pages._parts.guards import guarded
from pages._parts.images import choose_image
from pages._parts.nearest_kernel import nearest, on_image
from pages._parts.replacing import replace_and_predict
from pages._parts.segments import segments
from pages._parts.session import owner, services
from pages._parts.words import plain
from tlcore.explain import kernels, looking
from tlcore.explain.kernels import FirstLayer, Match
from tlcore.zoo import registry
from tlcore.zoo.weights import where_to_put

_TILES = "learned-tiles"
_EMBEDDED = "resnet18_64"
_ORDERS = ("As in the network", "Most like a kernel first")


def page() -> None:
    """The network and its filters on the left, the chosen filter on the right."""
    st.title("Hand-made and learned", anchor=False)
    st.caption(
        "Nobody tells a network to look for edges. Here are the filters that its first layer learned from images, "
        "beside those that people wrote down."
    )
    model = _network()
    if model is None:
        return
    layer = kernels.first_layer(model)
    best = [kernels.nearest(grey, 1)[0] for grey in layer.grey]
    left, right = st.columns([1, 2.2], gap="large")
    with left:
        index = _filters(layer, best)
        image = choose_image("learned")
    view = None if image is None else looking.look_with(model, image)
    with right:
        nearest(layer, index)
        if view is not None:
            on_image(layer, index, best[index], view)
    if view is not None:
        replace_and_predict(layer, index, view)


def _network() -> Any:
    """Choose among the networks with weights and one's own models; None, with a sentence, where there is none."""
    mine = {run.id: run for run in services().runs.all(owner()) if run.state == "done"}
    names = [*cached.weights_at_hand(), *mine]
    if not names:
        st.info(f"No network's weights are on this machine. {where_to_put(_EMBEDDED)}", icon=":material/info:")
        return None
    linked = st.query_params.get("net", "")
    if linked and linked not in names:
        st.warning(f"The weights of '{plain(linked)}' are not on this machine.", icon=":material/search_off:")
    first = linked if linked in names else (_EMBEDDED if _EMBEDDED in names else names[0])
    name = str(
        st.selectbox(
            "Network", names, names.index(first), key="learned-net",
            format_func=lambda n: choosing.run_label(mine[n]) if n in mine else registry.get(n).title,
            help="Networks whose pretrained weights are on this machine, and those that you have trained.",
        )
    )  # fmt: skip
    if name != linked:
        st.query_params["net"] = name
    return cached.model_of(mine[name]) if name in mine else cached.pretrained(name)


def _filters(layer: FirstLayer, best: list[Match]) -> int:
    """All filters, one of which is chosen; the choice is in the link."""
    count, ranked = len(layer.weight), kernels.by_likeness(layer, best)
    way = segments(
        "Order", _ORDERS, default=_ORDERS[0], key="learned-order", bind="query-params",
        help="By number, or by how far the filter's grey part correlates with its nearest kernel.",
    )  # fmt: skip
    order = ranked if way == _ORDERS[1] else list(range(count))
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
