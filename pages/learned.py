"""Hand-made and learned: a network's first filters beside those that people wrote down, and without them."""

from typing import Any

import streamlit as st

from pages._parts import cached, choosing, components
from pages._parts.images import choose_image
from pages._parts.replacing import replace_and_predict
from pages._parts.segments import segments
from pages._parts.session import owner, services
from tlcore.explain import kernels, looking
from tlcore.explain.kernels import FirstLayer, Match
from tlcore.filters import show
from tlcore.plots import kernels as plots
from tlcore.zoo import registry
from tlcore.zoo.weights import where_to_put

_TILES = "learned-tiles"
_EMBEDDED = "resnet18_64"
_SHOWN_SIDE = 320
_ORDERS = ("As in the network", "Most like a kernel first")


def page() -> None:
    """The network and its filters on the left, the chosen filter on the right."""
    st.title("Hand-made and learned", anchor=False)
    st.caption(
        "Nobody tells a network to look for edges. Here are the filters that its first layer learned from photographs, "
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
        image = choose_image("learned", first="coffee")
    view = None if image is None else looking.look_with(model, image)
    with right:
        _nearest(layer, index)
        if view is not None:
            _on_image(layer, index, best[index], view)
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
        st.warning(f"The weights of '{linked}' are not on this machine.", icon=":material/search_off:")
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
        f"nearer to a hand-made kernel than noise is: random numbers reach {chance:.2f} on average."
    )
    return picked


def _linked(count: int, usual: int) -> int:
    given = st.query_params.get("filter", "")
    return int(given) if given in map(str, range(count)) else usual


def _pick() -> None:
    st.query_params["filter"] = str(st.session_state[_TILES].get("picked"))


def _nearest(layer: FirstLayer, index: int) -> None:
    matches = kernels.nearest(layer.grey[index])
    first, grey, length = matches[0], layer.grey_shares[index], layer.lengths[index]
    if not length:
        st.subheader(f"Filter {index} is zero", anchor=False)
        st.caption("Training left nothing of it: it responds to no picture.")
        return
    st.subheader(f"Filter {index} and its nearest kernel: {_title(first)}", anchor=False)
    sign = 1 if first.correlation >= 0 else -1
    channels = zip(("red", "green", "blue"), layer.on_pixels[index], strict=True)
    cells = [*channels, ("grey", layer.grey[index]), ("kernel", sign * first.values)]
    st.plotly_chart(plots.side_by_side(cells), key="learned-kernels", alt=f"Filter {index} beside {_title(first)}")
    bars, words = st.columns([1.2, 1], gap="large")
    with bars:
        rows = [
            {"label": m.kernel.title, "value": abs(m.correlation), "text": f"{m.correlation:+.2f}"} for m in matches
        ]
        components.bars(rows, key="learned-nearest", high=1.0, lead=True)
    words.caption(
        "Grey is the sum of the three colours, and what a grey picture meets. The correlation is the cosine between it "
        "and the kernel: how far their responses to white noise agree; a minus means turned in sign. Kernels are "
        f"compared at their own size and stretched to {layer.size[0]}x{layer.size[1]}. **{grey:.0%}** of this filter's "
        f"squared weights see grey; {1 - grey:.0%} see differences between colours, which no kernel of the bank does. "
        f"As a vector it is {length:.2g} times as long as the median filter."
    )


def _title(match: Match) -> str:
    return match.kernel.title + (", stretched" if match.stretched else "")


def _on_image(layer: FirstLayer, index: int, match: Match, view: Any) -> None:
    """The learned filter and its nearest kernel on the same picture."""
    st.subheader("Both on the image", anchor=False)
    pixels = kernels.as_pixels(view)
    learned = kernels.respond(pixels, layer.on_pixels[index])
    sign = 1 if match.correlation >= 0 else -1
    made = kernels.respond(pixels.mean(0, keepdim=True), sign * match.values[None])
    agreed = kernels.agreement(learned, made, max(layer.size) // 2)
    seen, one, other = st.columns(3, gap="medium")
    title = f"{_title(match)}{', turned in sign' if sign < 0 else ''}, on grey"
    shown = (
        (seen, pixels, "clipped", "As the network sees it", "The image, cut and scaled for the network"),
        (one, learned, "signed", f"Filter {index}, on the colours", f"The response to filter {index}, as a picture"),
        (other, made, "signed", title, f"The response to {match.kernel.title}, as a picture"),
    )
    for column, picture, way, caption, alt in shown:
        column.image(_enlarged(picture, way), caption, width="stretch", alt=alt)
    said = "one of the two is the same everywhere" if agreed is None else f"they correlate by **{agreed:.2f}**"
    st.caption(
        f"Blue is positive, orange negative, each by its own largest. On this image, without its border, {said}. Here "
        "every pixel is taken; the network may take fewer, and adds normalisation and an activation."
    )


def _enlarged(pixels: Any, view: Any) -> bytes:
    """A picture of small maps whose pixels stay squares."""
    factor = max(1, _SHOWN_SIDE // max(pixels.shape[-2:]))
    return show.picture(pixels.repeat_interleave(factor, 1).repeat_interleave(factor, 2), view)


page()
