"""One image through a network: its maps, its first filters, its answer, and where a position looks."""

from base64 import b64encode
from collections.abc import Callable
from typing import Any

import streamlit as st

from pages._parts import cached, components, nav
from pages._parts.explorer import shape_words
from pages._parts.images import choose_image
from pages._parts.kept import linked_number
from tlcore.measure.table import Row, Table
from tlcore.zoo import registry


def on_image(look: Callable[[Any], Any], table: Table) -> None:
    """Choose an image and a layer; everything else follows. `look` puts an image through the network."""
    photo, layer = st.columns([1, 1.6], gap="large")
    with photo:
        image = choose_image("look")
        if image is None:
            return
        view = look(image)
        if view.is_random:
            _random()
        _answers(view)
        _kernels(view)
    with layer:
        row = _layer(table)
        if row is None:
            return
        _maps(view, row)
        _looks_at(view, row)


def _random() -> None:
    st.caption(":material/casino: Its weights are random here: structure, but nothing learned.")
    if learned := cached.network_to_show():
        title, query = registry.get(learned).title, {"net": learned, "view": "On an image"}
        st.page_link(nav.page("explore"), label=f"Look into {title}, which has learned", query_params=query)


def _answers(view: Any) -> None:
    found = cached.answers(view)
    if not found:
        return
    rows = [{"label": label, "value": p, "text": f"{p:.1%}"} for label, p in found]
    components.bars(rows, key="look-answers", high=1.0, lead=True)
    st.caption(f"It knows {len(view.classes):,} classes, and takes everything for one of them.")


def _kernels(view: Any) -> None:
    picture = cached.first_kernels(view)
    if picture is not None:
        st.image(picture, caption="The filters of its first convolution", width="stretch")


def _layer(table: Table) -> Row | None:
    rows = {row.index: row for row in table.rows if row.output_shape and len(row.output_shape) == 3}
    if not rows:
        st.caption("None of its layers gives maps.")
        return None
    linked = linked_number("step")
    first = linked if linked in rows else next(iter(rows))
    index = st.selectbox(
        "Layer", list(rows), index=list(rows).index(first), key=f"look-layer-{table.macs}",
        format_func=lambda i: f"{rows[i].name} · {rows[i].type} · {shape_words(rows[i].output_shape)}",
    )  # fmt: skip
    st.query_params["step"] = str(index)
    return rows[index]


def _maps(view: Any, row: Row) -> None:
    assert row.output_shape
    own = st.toggle("Scale each map by its own largest value", key="look-own", help="Else all by the largest of them.")
    picture = cached.sprite(view, row.index, shared=not own)
    shown = min(64, row.output_shape[0])
    st.image(picture, caption=f"{shown} of {row.output_shape[0]} maps: blue positive, orange negative", width="stretch")


def _looks_at(view: Any, row: Row) -> None:
    st.markdown("**What a position looks at**")
    if not isinstance(row.receptive_field, tuple) or row.jump is None or row.start is None:
        st.caption("Every value of this layer depends on the whole image.")
        return
    assert row.output_shape
    high, wide = view.photo.shape[:2]
    rows, columns = row.output_shape[-2:]
    at = st.session_state.get("look-spot", {}).get("at") or (0.5, 0.5)
    # the map's position whose receptive field is centred nearest to the chosen pixel
    place = [
        min(count - 1, max(0, round((share * side - start) / jump)))
        for share, side, start, jump, count in zip(
            (at[1], at[0]), (high, wide), row.start, row.jump, (rows, columns), strict=True
        )
    ]
    top, left = (
        start + index * jump - (size - 1) / 2
        for start, index, jump, size in zip(row.start, place, row.jump, row.receptive_field, strict=True)
    )
    measured = st.toggle("Measured by gradient", key="look-gradient", help="Bright where a pixel moves this position.")
    picture = cached.gradient_heat(view, row.index, *place) if measured else cached.photo_png(view)
    components.spot(
        {
            "picture": f"data:image/png;base64,{b64encode(picture).decode()}",
            "alt": "The image as the network sees it, with the receptive field of the chosen position",
            "at": [(left + row.receptive_field[1] / 2) / wide, (top + row.receptive_field[0] / 2) / high],
            "box": [left / wide, top / high, row.receptive_field[1] / wide, row.receptive_field[0] / high],
            "step": [row.jump[1] / wide, row.jump[0] / high],
        },
        key="look-spot",
    )
    st.caption(
        f"Position {place[0]}, {place[1]} of {rows}×{columns}. The box is the receptive field of {_field(row)} pixels; "
        "the gradient is usually concentrated in its middle."
    )


def _field(row: Row) -> str:
    assert isinstance(row.receptive_field, tuple)
    high, wide = row.receptive_field
    return f"{high:g}×{wide:g}"
