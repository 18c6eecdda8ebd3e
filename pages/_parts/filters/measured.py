"""What is claimed of filters, measured: what a changed image does to them, and which gradient is sharper."""

from functools import partial

import streamlit as st

from pages._parts.filters.lab import SMALL, Chosen, Lab
from pages._parts.heading import Figure, figures
from pages._parts.link_state import grid, linked
from pages._parts.segments import segments
from tlcore.explain import interactive
from tlcore.filters import moving, sharpness, show
from tlcore.filters.show import View
from tlcore.plots import filters as plots

_ROUNDING = 1e-4
"""Shares of a response below this are what single precision leaves."""
_EQUALLY = 0.005
"""Widths that differ by less than this share are called equal."""


def changed_input(lab: Lab) -> None:
    """One of the two filters on the image shifted, turned and brightened."""
    named = zip(("First filter", "Second filter"), lab.chosen, strict=True)
    usable = {name: one for name, one in named if one.filter is not None}
    if not usable:
        st.caption("Neither of the two kernels can be read.")
        return
    left, first, second, third = st.columns([1.4, 1, 1, 1], gap="large")
    with left:
        which = partial(segments, "Of the two filters", list(usable), help="The one that is applied here.")
        name = linked("moved", next(iter(usable)), usable, which)
    pixels = partial(first.slider, "Shift", 1, 64, help="Pixels to the right, and half as many down.")
    degrees = partial(second.slider, "Turn", 15, 180, step=15, help="Degrees, counter-clockwise.")
    added = partial(third.slider, "Brighten", 0.05, 0.5, step=0.05, help="Added to every pixel.")
    by, angle = int(linked("shift", 24, range(1, 65), pixels)), int(linked("turn", 90, range(15, 181, 15), degrees))
    plus = float(linked("brighten", 0.2, grid(0.05, 0.5, 0.05), added))
    one = usable[str(name)]
    small = show.shrunk(lab.image, SMALL)

    assert one.filter is not None
    shifted, turned, brighter = interactive.moved(
        small, one.filter, lab.settings["border"], by=by, degrees=angle, plus=plus
    )
    _change(f"Shifted by {by} and {by // 2} pixels", shifted, _shift_words(shifted, one), lab.settings["view"])
    _change(f"Turned by {angle}°", turned, _turn_words(turned, angle), lab.settings["view"])
    _change(f"Brighter by {plus:g}", brighter, _bright_words(brighter), lab.settings["view"])
    st.caption(
        "The difference is that between the response to the changed image and the response changed in the same way, as "
        f"a share of the response. “Inside” is farther than {moving.MARGIN} pixels from every border and seam. The "
        f"image is at most {SMALL} pixels long here."
    )


def _change(title: str, moved: moving.Moved, words: str, view: View) -> None:
    full = show.full_colour(moved.expected)
    st.markdown(f"**{title}**")
    shown = {
        "input": show.picture(moved.image, "clipped"),
        "response": show.picture(moved.response, view, full=full),
        "difference": show.picture(moved.difference, view, full=full),
    }
    pictures, numbers = st.columns([2.4, 1], gap="large", vertical_alignment="center")
    with pictures, st.grid(3, wrap=False, min_column_width=80, gap="small"):
        for caption, picture in shown.items():
            st.image(picture, width="stretch", caption=caption, alt=f"{title}: the {caption}")
    with numbers:
        figures([Figure("Difference inside", _percent(moved.error))])
        st.caption(f"{words} At the borders: {_percent(moved.error_at_border)}.")


def _percent(share: float) -> str:
    if share == 0:
        return "0 %"
    return f"{share:.1%}" if share >= _ROUNDING else f"0 % (rounding: {share:.0e})"


def _shift_words(moved: moving.Moved, chosen: Chosen) -> str:
    if moved.error < _ROUNDING:
        return "It goes along with the shift: it is equivariant."
    if chosen.name == "canny":
        return "Not quite: the last step follows chains of pixels, which also begin at borders and seams."
    return "It does not go along with the shift."


def _turn_words(moved: moving.Moved, angle: int) -> str:
    if moved.error < _ROUNDING:
        return "It goes along with the turn."
    if angle % 90:
        return "Between quarter turns the pixels are interpolated, which is a part of this."
    return "It has a direction of its own, which does not turn."


def _bright_words(moved: moving.Moved) -> str:
    if moved.error < _ROUNDING:
        return "It ignores added brightness: its weights add up to zero."
    return f"It sees the brightness: its response changes by {moved.offset:+.3f} on average."


def sobel_or_prewitt(lab: Lab) -> None:  # noqa: ARG001 - this is measured on edges of its own
    """The two on many noisy edges that are known exactly."""
    st.markdown("“Sobel's edges are sharper than Prewitt's.” Measured on edges that are known exactly:")
    first, second, third = st.columns(3, gap="large")
    degrees = partial(first.slider, "Angle", 0, 45, step=5, help="0 is an upright edge, 45 a diagonal.")
    added = partial(second.slider, "Noise on the edge", 0.0, 0.3, step=0.02, help="The edge is 1.")
    soft = partial(third.slider, "Softness", 0.4, 2.0, step=0.1, help="The edge's sigma in pixels.")
    angle = int(linked("edge-angle", 0, range(0, 46, 5), degrees))
    noise = float(linked("edge-noise", 0.1, grid(0.0, 0.3, 0.02), added))
    blur = float(linked("edge-blur", 0.7, grid(0.4, 2.0, 0.1), soft))
    comparison = interactive.sharper(float(angle), noise, blur)
    st.markdown(_sharper_words(comparison))
    left, middle, right = st.columns([0.8, 1.6, 1.8], gap="medium")
    example = show.picture(sharpness.edge(float(angle), noise, blur), "clipped")
    left.image(example, width="stretch", caption="One of the edges", alt="A noisy edge")
    middle.plotly_chart(plots.across(comparison), key="across", alt="The responses over the distance from the edge")
    right.dataframe(
        [_sharper_row(one) for one in comparison.operators], alt="Both operators, measured", hide_index=True
    )
    st.caption(
        f"{comparison.seeds} edges of {sharpness.SIDE} by {sharpness.SIDE} pixels, each with its own noise and its own "
        "place between two pixels. Peak: the largest mean response, as slope per pixel. Width: of the response at half "
        "its peak, without noise. Noise: standard deviation of the response. Miss: how far from the edge the rows' "
        "peaks lie, root mean square, with a 95 % interval over the edges."
    )


def _sharper_row(one: sharpness.Sharpness) -> dict[str, str]:
    return {
        "operator": sharpness.COMPARED[one.operator],
        "raw peak": f"{one.raw_peak:.2f}",
        "peak": f"{one.peak:.3f}",
        "width (px)": f"{one.width:.2f}",
        "peak / noise": f"{one.ratio:.1f}" if one.noise else "no noise",
        "miss (px)": f"{one.miss:.3f} ± {one.miss_pm:.3f}",
    }


def _sharper_words(comparison: sharpness.Comparison) -> str:
    sobel, prewitt = comparison.of("sobel"), comparison.of("prewitt")
    wider = prewitt.width / sobel.width - 1
    answer = "**On this edge they are not:** the two responses are equally wide"
    if wider > _EQUALLY:
        answer = f"**On this edge they are:** Prewitt's response is {wider:.1%} wider"
    sentences = [
        f"{answer}, {prewitt.width:.2f} and {sobel.width:.2f} pixels.",
        f"Sobel's raw numbers are {sobel.raw_peak / prewitt.raw_peak:.2f} times as large, so its picture is brighter.",
    ]
    if prewitt.noise:
        sentences.append(f"At equal scale it lets {sobel.noise / prewitt.noise - 1:.1%} more noise through.")
    return " ".join([*sentences, _closer_words(comparison)])


def _closer_words(comparison: sharpness.Comparison) -> str:
    if abs(comparison.extra) <= comparison.extra_pm or abs(comparison.extra) < 5e-4:
        return "Where they find the edge does not differ measurably."
    which = "farther from" if comparison.extra > 0 else "closer to"
    return (
        f"Its peaks lie {abs(comparison.extra):.3f} ± {comparison.extra_pm:.3f} pixels {which} the edge than Prewitt's."
    )
