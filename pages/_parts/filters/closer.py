"""What the filters page looks at more closely, one thing at a time, below the pictures."""

from collections.abc import Callable
from functools import partial
from typing import Any

import streamlit as st

from pages._parts import components
from pages._parts.filters.lab import OWN, Lab, kernel_editor, narrow
from pages._parts.filters.measured import changed_input, sobel_or_prewitt
from pages._parts.filters.steps import canny_steps, compass_rose
from pages._parts.link_state import linked, linked_number
from pages._parts.segments import segments
from tlcore.data.pixels.encode import data_url
from tlcore.filters import show
from tlcore.filters.bank import Kernel, bank
from tlcore.filters.engine import Maps
from tlcore.plots import filters as plots

_ORDERS = ("a mean", "a slope per pixel", "a second derivative per pixel")


def look_closer(lab: Lab) -> None:
    """Let a person choose what to look at; only that is computed."""
    ways: dict[str, Callable[[Lab], None]] = {
        "Kernels": _kernels,
        "Histograms": _histograms,
        "Along a row": _row,
        "Compass rose": compass_rose,
        "Shift, turn, brighten": changed_input,
        "Canny's steps": canny_steps,
        "Sobel or Prewitt": sobel_or_prewitt,
    }
    choice = partial(segments, "Look closer", list(ways), label_visibility="collapsed")
    ways[str(linked("closer", next(iter(ways)), ways, choice))](lab)


def _kernels(lab: Lab) -> None:
    for column, chosen in zip(st.columns(2, gap="large"), lab.chosen, strict=True):
        with column:
            st.markdown(f"**{chosen.title}**")
            parts = _parts(chosen.name)
            if parts:
                _fixed(chosen.name, parts)
            else:
                kernel_editor(chosen)
                _source(chosen.name)


def _parts(name: str) -> list[str]:
    """The kernels that an operator is made of; none for a kernel."""
    kind, _, operator = name.partition("-")
    if kind == "gradient":
        return [f"{operator}_x", f"{operator}_y"]
    return {"canny": ["sobel_x", "sobel_y"], "compass": [f"{operator}_n", f"{operator}_ne"]}.get(kind, [])


def _fixed(name: str, parts: list[str]) -> None:
    words = {
        "gradient": "At every pixel the length of the two responses, taken as an arrow. Choose one to change it.",
        "compass": "This mask turned to eight directions; at every pixel the largest response. See “Compass rose”.",
        "canny": f"A Gaussian of sigma {show.CANNY[0]}, these two kernels, and three more steps. See “Canny's steps”.",
    }[name.partition("-")[0]]
    st.caption(words)
    for column, part in zip(st.columns(len(parts)), parts, strict=True):
        kernel = bank()[part]
        column.caption(kernel.title)
        values = kernel.values.round(4)
        column.dataframe(values, alt="The kernel's numbers", hide_index=True, column_config=narrow(values))
    _caption(bank()[parts[-1]])


def _source(name: str) -> None:
    if name == OWN:
        st.caption("Shown as it is: the plain sum of pixels times numbers.")
        return
    st.latex(bank()[name].formula)
    _caption(bank()[name])


def _caption(kernel: Kernel) -> None:
    """Where it comes from, how it is scaled, and how it is computed."""
    words = [f"{kernel.source[0].upper()}{kernel.source[1:]}."]
    if kernel.scale != 1:
        meaning = "" if kernel.family == "Texture" else f", as {_ORDERS[kernel.order]}"
        words.append(f"Shown times {kernel.scale:.3g}{meaning}.")
    if kernel.factors:
        words.append("It is a column times a row, and is computed as two quick passes.")
    st.caption(" ".join(words))


def _histograms(lab: Lab) -> None:
    for column, chosen, response in zip(st.columns(2, gap="large"), lab.chosen, lab.responses, strict=True):
        with column:
            st.markdown(f"**{chosen.title}**")
            if response is None:
                st.caption(chosen.error)
                continue
            least = lab.settings["threshold"]
            figure = plots.histogram(*show.histogram(response), least)
            st.plotly_chart(figure, key=f"histogram-{chosen.side}", alt=f"How often {chosen.title} gives each response")
            words = f"Mean {float(response.mean()):.4f}, standard deviation {float(response.std(correction=0)):.4f}."
            if least:
                words += f" {float((response.abs() >= least).float().mean()):.1%} reach the threshold of {least:g}."
            st.caption(words)


def _row(lab: Lab) -> None:
    high, wide = lab.image.shape[1:]
    column, row = _pointed(lab.image)
    left, right = st.columns([1, 1.6], gap="large")
    with left:
        components.spot(
            {
                "picture": data_url(show.photo(lab.image)),
                "alt": f"The image, with row {row} marked",
                "at": ((column + 0.5) / wide, (row + 0.5) / high),
                "box": (0, row / high, 1, 1 / high),
                "step": (1 / wide, 1 / high),
            },
            key="row-spot",
        )
        st.caption(f"Click a place, or use the arrow keys: row {row} of {high}, column {column} of {wide}.")
    with right:
        noisy, still = show.profile(lab.image, row), show.profile(lab.clean, row)
        st.plotly_chart(
            plots.profile(noisy, column), key="profile", alt="Intensity, first and second derivative along the row"
        )
    st.markdown(
        f"At column {column}: intensity **{noisy.intensity[column]:.3f}**, first derivative "
        f"**{noisy.first[column]:+.3f}**, second derivative **{noisy.second[column]:+.3f}** per pixel."
    )
    st.caption(_noise_words(lab.settings, noisy, still))


def _pointed(image: Maps) -> tuple[int, int]:
    """The column and row that were pointed at, in this visit or in the link; at first the middle row's steepest."""
    high, wide = image.shape[1:]
    at = st.session_state.get("row-spot", {}).get("at")
    linked = [linked_number(name) for name in ("column", "row")]
    if at:
        column, row = int(at[0] * wide), int(at[1] * high)
        st.query_params.update({"column": str(column), "row": str(row)})
    elif linked[0] is not None and linked[1] is not None:
        column, row = linked[0], linked[1]
    else:
        row = high // 2
        column = int(abs(show.profile(image, row).first).argmax())
    return min(wide - 1, column), min(high - 1, row)


def _noise_words(settings: dict[str, Any], noisy: show.Profile, still: show.Profile) -> str:
    words = "An edge is a slope: the first derivative peaks on it, and the second one crosses zero there."
    if not settings["noise"] or settings["blur"]:
        return f"{words} Add noise, without blur, and see which of the two suffers more."
    noise, first, second = (
        float((getattr(noisy, name) - getattr(still, name)).std()) for name in ("intensity", "first", "second")
    )
    return (
        f"{words} In this row the noise has a standard deviation of {noise:.3f}; in the first derivative it has "
        f"{first:.3f}, {first / noise:.2f} times as much, and in the second {second:.3f}, {second / noise:.2f} times."
    )
