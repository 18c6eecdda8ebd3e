"""One image through a network: its maps, its first filters, its answer, and where a position looks."""

import re
from collections.abc import Callable
from functools import partial

import streamlit as st

from pages._parts import cached, components, nav
from pages._parts.images import choose_image
from pages._parts.js.data import Bar, Box, SpotData
from pages._parts.link_state import linked
from pages._parts.networks.explorer import shape_words
from pages._parts.networks.one_value import one_value
from tlcore.data.pixels.decode import CanonicalImage
from tlcore.data.pixels.encode import data_url, png
from tlcore.explain import interactive, looking
from tlcore.explain.looking import Look
from tlcore.measure.table import Row, Table, map_rows
from tlcore.zoo import registry


def on_image(put: Callable[[CanonicalImage], Look], table: Table) -> None:
    """Choose an image and a layer; everything else follows. `put` puts an image through the network."""
    photo, layer = st.columns([1, 1.6], gap="large")
    with photo:
        image = choose_image("look")
        if image is None:
            return
        view = put(image)
        pointed = st.container()
        _answers(view)
        _kernels(view)
    with layer:
        row = _layer(table)
        if row is None:
            return
        if view.is_random:
            _random()
        _maps(view, row)
    with pointed:
        place = _looks_at(view, row)
    with layer:
        one_value(view, row, place)


def look(name: str, image: CanonicalImage) -> Look:
    """A network with an image: with its pretrained weights where they are at hand, else with random ones."""
    if name in cached.weights_at_hand():
        return looking.look_with(cached.pretrained(name), image)
    return looking.look(cached.random_network(name), name, image)


def _random() -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        random_badge()
        if learned := cached.network_to_show():
            title, query = registry.get(learned).title, {"net": learned, "view": "On an image"}
            st.page_link(nav.page("explore"), label=f"Look into {title}, which has learned", query_params=query)


def random_badge() -> None:
    """Say of maps that the network which made them has learned nothing."""
    st.badge(
        "random weights: nothing learned", icon=":material/casino:", color="gray",
        help="Its weights are not on this machine, so they are drawn at random: the maps show its structure alone.",
    )  # fmt: skip


def _answers(view: Look) -> None:
    likeliest = interactive.answers(view)
    if not likeliest:
        return
    rows: list[Bar] = [{"label": label, "value": p, "text": f"{p:.1%}"} for label, p in likeliest]
    components.bars(rows, key="look-answers", high=1.0, lead=True)
    st.caption(f"It knows {len(view.classes):,} classes, and takes everything for one of them.")


def _kernels(view: Look) -> None:
    picture = looking.first_kernels(view.network)
    if picture is not None:
        st.image(
            picture,
            caption="The filters of its first convolution",
            alt="Filters, each a small picture",
            width="stretch",
        )


def _layer(table: Table) -> Row | None:
    rows = {row.index: row for row in map_rows(table)}
    if not rows:
        st.caption("None of its layers gives maps.")
        return None
    choice = partial(
        st.selectbox, "Layer", list(rows), label_visibility="collapsed",
        format_func=lambda i: f"{rows[i].name} · {rows[i].type} · {shape_words(rows[i].output_shape)}",
    )  # fmt: skip
    return rows[linked("step", next(iter(rows)), rows, choice, always=True, forgets=("map",))]


def _maps(view: Look, row: Row) -> None:
    assert row.output_shape
    own = st.toggle(
        "Scale each map by its own values", key="look-own",
        help="Else all have one scale, so that they can be compared. The largest half percent is in full colour.",
    )  # fmt: skip
    picture = interactive.sprite(view, row.index, shared=not own)
    shown = min(64, row.output_shape[0])
    words = f"{shown} of {row.output_shape[0]} maps: blue is positive, orange negative, dark zero"
    st.image(picture, caption=words, alt=f"What {row.name} makes of the image, {words}", width="stretch")


def _looks_at(view: Look, row: Row) -> tuple[int, int]:
    """The photo with the field of a position on it, on which one points to another; returns the position."""
    assert row.output_shape
    sides, (rows, columns) = view.photo.shape[:2], row.output_shape[-2:]
    place = _place(row, sides, _pointed_at())
    box = _box(row, place, sides)
    measured = st.toggle(
        "Which pixels move it, by gradient", key="look-gradient",
        help="Bright where a pixel moves what the layer says of the chosen position.",
    )  # fmt: skip
    picture = interactive.gradient_heat(view, row.index, *place) if measured else png(view.photo)
    shown: SpotData = {
        "picture": data_url(picture),
        "alt": "The image as the network sees it, with the receptive field of the chosen position",
        "at": (box[0] + box[2] / 2, box[1] + box[3] / 2)
        if box
        else ((place[1] + 0.5) / columns, (place[0] + 0.5) / rows),
        "box": box,
        "step": (row.jump[1] / sides[1], row.jump[0] / sides[0])
        if row.jump and all(row.jump)
        else (1 / columns, 1 / rows),
    }
    components.spot(shown, key="look-spot")
    where = f"Position {place[0]}, {place[1]} of {rows}×{columns}"
    st.caption(f"{where}; choose another on the photo. {_reach(row, boxed=box is not None)}")
    return place


def _reach(row: Row, *, boxed: bool) -> str:
    """How much of the image a position reads, in words."""
    if row.receptive_field is None:
        return "How much of the image it reads can't be said in one window, for it looks where it is told."
    if not boxed:
        return "It depends on the whole image."
    return f"The box is all that it sees, its receptive field of {_field(row)} pixels; the middle usually counts most."


def _pointed_at() -> tuple[float, float]:
    """Where on the photo one points, in shares of its sides, by the link at first."""
    pointed = st.session_state.get("look-spot", {}).get("at")
    if pointed:
        st.query_params["at"] = ",".join(f"{share:.3f}" for share in pointed)
    given = re.fullmatch(r"([01]\.\d{1,3}),([01]\.\d{1,3})", st.query_params.get("at", ""), re.ASCII)
    return (min(0.999, float(given[1])), min(0.999, float(given[2]))) if given else (0.5, 0.5)


def _place(row: Row, sides: tuple[int, int], at: tuple[float, float]) -> tuple[int, int]:
    """The map's position whose receptive field is centred nearest to the chosen pixel."""
    assert row.output_shape
    counts = row.output_shape[-2:]
    if row.start is None or row.jump is None:
        return int(at[1] * counts[0]), int(at[0] * counts[1])
    place = [
        min(count - 1, max(0, round((share * side - start) / jump))) if jump else int(share * count)
        for share, side, start, jump, count in zip((at[1], at[0]), sides, row.start, row.jump, counts, strict=True)
    ]
    return place[0], place[1]


def _box(row: Row, place: tuple[int, int], sides: tuple[int, int]) -> Box | None:
    """The receptive field as shares of the photo's sides: left, top, width, height; None for the whole image."""
    if not isinstance(row.receptive_field, tuple) or row.start is None or row.jump is None:
        return None
    top, left = (
        start + index * jump - (size - 1) / 2
        for start, index, jump, size in zip(row.start, place, row.jump, row.receptive_field, strict=True)
    )
    high, wide = sides
    return left / wide, top / high, row.receptive_field[1] / wide, row.receptive_field[0] / high


def _field(row: Row) -> str:
    assert isinstance(row.receptive_field, tuple)
    high, wide = row.receptive_field
    return f"{high:g}×{wide:g}"
