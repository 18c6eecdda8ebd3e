"""The custom components, each registered once from its files; data goes in as values, never as markup."""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import PurePath
from typing import Any

import streamlit as st

from pages._parts.js import scripts
from pages._parts.js.data import (
    Bar,
    BarsData,
    CompareData,
    ConvolveData,
    Curve,
    FitData,
    FollowData,
    GalleryData,
    LayersData,
    LiveData,
    MatrixData,
    MiniData,
    NetworkData,
    NetworkStep,
    Picture,
    ProgressData,
    SpotData,
    Stage,
    StripData,
    TilesData,
    Totals,
    UnfoldedData,
    WindowsData,
    WipeData,
)
from tlcore.data.pixels.encode import data_url

ENTRIES = {
    "live": "live/live.js", "progress": "live/progress.js", "writing": "live/writing.js", "compare": "live/compare.js",
    "network": "network/network.js", "layers": "network/layers.js", "strip": "network/strip.js",
    "bars": "answers/bars.js", "matrix": "answers/matrix.js",
    "gallery": "pictures/gallery.js", "spot": "pictures/spot.js", "tiles": "pictures/tiles.js",
    "wipe": "pictures/wipe.js", "windows": "windows/windows.js", "convolve": "convolve/convolve.js",
    "unfolded": "unfolded/unfolded.js", "fit": "fit/fit.js", "mini": "mini/mini.js",
}  # fmt: skip
"""The script of each component, which names all others that it needs."""
STYLES = {"progress": "live/live.css", "writing": "live/live.css", "compare": "live/live.css"}
"""The style sheet of those that have none of their own; the root element's class is the sheet's name."""
Mount = Callable[..., Any]


@dataclass(frozen=True, kw_only=True)
class Doing:
    """What a job on its way is said to do.

    `doing` is its state in a word while it works. `words` say what happens in each phase, with `{done}` and `{total}`
    in them, and under no name what does before the first one. `rows` names the events that bring something to draw,
    and `place` says where it waits. Of a race, so many `racers` take part.
    """

    run: str
    doing: str
    words: dict[str, str]
    rows: tuple[str, ...]
    place: str = ""
    racers: int = 1


def _no_op() -> None:
    """State keys exist on a component's result only when a callback is given for them."""


@cache
def registered(name: str) -> Mount:
    """A component by its name, with its scripts made one, registered at its first use."""
    sheet = style_of(name)
    return st.components.v2.component(
        f"transfer_lab_{name}",
        html=f'<div class="{sheet.stem}"></div>\n ',
        css=scripts.styled(scripts.FOLDER / sheet),
        js=scripts.joined(scripts.FOLDER / ENTRIES[name]),
    )


def style_of(name: str) -> PurePath:
    """A component's style sheet, beside its script unless another one's serves it."""
    return PurePath(STYLES.get(name) or PurePath(ENTRIES[name]).with_suffix(".css"))


def live_run(
    run_id: str, *, known: Mapping[str, int], key: str, beside: str | None = None, pretrained: bool = True,
    place: str = "",
) -> None:  # fmt: skip
    """One run's progress, curves and mistakes, pushed as they happen; `beside` it another run's accuracy in a word.

    `pretrained` says which of the two began with pretrained weights: this one, or the one beside it. `known` names all
    the runs of which the page shows something, which share one connection, and the newest event of each that the page
    knows. The page is run again when the state of one of them changes after that. `place` says where it waits.
    """
    data: LiveData = {**_followed(run_id, known), "beside": beside, "pretrained": pretrained, "place": place}
    registered("live")(key=key, data=data, on_changed_change=_no_op)


def progress(job: Doing, *, known: int, watched: Sequence[str], key: str) -> None:
    """How far a job is, pushed as it happens.

    The page, or the fragment of it, is run again when the state of the job changes after the newest event that it
    knows, and a second after one that brings something to draw. All the jobs that are `watched` share a connection.
    """
    data: ProgressData = {
        "url": _stream_url(sorted(watched)), "run": job.run, "known": {job.run: known}, "doing": job.doing,
        "words": job.words, "rows": list(job.rows), "place": job.place, "racers": job.racers,
    }  # fmt: skip
    registered("progress")(key=key, data=data, on_changed_change=_no_op)


def writing(run_id: str, *, known: int, key: str) -> None:
    """A network that learns a text: bits per character, the gradient, and what it writes, pushed as they happen."""
    registered("writing")(key=key, data=_followed(run_id, {run_id: known}), on_changed_change=_no_op)


def _followed(run_id: str, known: Mapping[str, int]) -> FollowData:
    return {"url": _stream_url(sorted(known)), "run": run_id, "known": dict(known)}


def compare_runs(runs: list[Curve], *, key: str, errors: bool = False) -> None:
    """The curves of several runs over one another.

    They are of validation accuracy and loss, or with `errors` of `train_error` and `val_error`.
    """
    _compare({"runs": runs, "errors": errors, "url": None}, key)


def race(runs: dict[str, str], *, key: str) -> None:
    """Runs, named by their ids, side by side as they happen: how far each is, and which one is ahead."""
    rows: list[Curve] = [{"id": run_id, "name": name} for run_id, name in runs.items()]
    _compare({"runs": rows, "errors": False, "url": _stream_url(sorted(runs))}, key)


def _compare(data: CompareData, key: str) -> None:
    registered("compare")(key=key, data=data)


def _stream_url(run_ids: Sequence[str]) -> str:
    return "/api/live?" + "&".join(f"run={run_id}" for run_id in run_ids)


def gallery(
    images: list[Picture], *, key: str, picked: list[int] | None = None, side: int = 96, single: bool = False
) -> list[int]:
    """A grid of images; returns the ids that are picked."""
    data: GalleryData = {"images": images, "picked": picked or [], "side": side, "single": single}
    result = registered("gallery")(key=key, data=data, on_picked_change=_no_op)
    return list(result.picked or [])


def bars(rows: list[Bar], *, key: str, high: float | None = None, lead: bool = False) -> None:
    """Horizontal bars; `lead` sets the first one off."""
    data: BarsData = {"rows": rows, "high": high, "lead": lead}
    registered("bars")(key=key, data=data)


def stage_strip(stages: list[Stage], note: str, *, key: str) -> None:
    """The network's stages, and how far gradients flow."""
    data: StripData = {"stages": stages, "note": note}
    registered("strip")(key=key, data=data)


def confusion_matrix(
    labels: list[str], counts: list[list[int]], *, order: Sequence[int], key: str
) -> tuple[int, int] | None:
    """A confusion matrix with its classes in an order; returns the (true, predicted) cell that was chosen."""
    chosen = st.session_state.get(key, {}).get("cell")
    data: MatrixData = {"labels": labels, "counts": counts, "order": list(order), "cell": chosen}
    result = registered("matrix")(key=key, data=data, on_cell_change=_no_op)
    return (int(result.cell[0]), int(result.cell[1])) if result.cell else None


def network(
    steps: list[NetworkStep],
    *,
    key: str,
    net: str,
    opened: list[str],
    selected: int | None,
) -> tuple[list[str], int | None]:
    """A network's steps as a diagram, at first as papers draw it; returns which groups are open and the chosen step."""
    data: NetworkData = {"key": net, "steps": steps, "open": opened, "selected": selected}
    result = registered("network")(key=key, data=data, on_open_change=_no_op, on_step_change=_no_op)
    return (opened if result.open is None else list(result.open)), (selected if result.step is None else result.step)


def layers(
    steps: list[NetworkStep], totals: Totals, *, key: str, net: str, opened: list[str]
) -> tuple[int, str] | None:
    """A network's layer table; returns the number whose working is wanted, as its step and column."""
    chosen = st.session_state.get(key, {}).get("chosen")
    data: LayersData = {"key": net, "steps": steps, "totals": totals, "open": opened, "chosen": chosen}
    result = registered("layers")(key=key, data=data, on_chosen_change=_no_op)
    return (int(result.chosen[0]), str(result.chosen[1])) if result.chosen else None


def spot(data: SpotData, *, key: str) -> None:
    """A picture on which one points; the place is found as `at` in the session's state of that key."""
    registered("spot")(key=key, data=data, on_at_change=_no_op)


def windows(window: WindowsData, *, key: str) -> None:
    """Which pixels each window reads."""
    registered("windows")(key=key, data=window)


def mini(data: MiniData, *, key: str) -> None:
    """A classifier of digits that learns in the browser, and a pad."""
    registered("mini")(key=key, data=data)


def convolve(data: ConvolveData, *, key: str, on_change: Callable[[], None]) -> None:
    """One small layer, sum by sum, computed in the browser from the numbers in `data`.

    `on_change` finds `pin` and `changes` in the session's state of that key.
    """
    registered("convolve")(key=key, data=data, on_pin_change=on_change, on_changes_change=on_change)


def tiles(
    pixels: bytes, size: tuple[int, int], *, titles: list[str], order: list[int], picked: int, label: str, key: str,
    on_change: Callable[[], None],
) -> None:  # fmt: skip
    """Pictures of rows and columns of three bytes a pixel, in an order; `on_change` finds `picked` in the state."""
    data: TilesData = {
        "pixels": b64encode(pixels).decode(), "rows": size[0], "columns": size[1], "titles": titles, "order": order,
        "picked": picked, "label": label,
    }  # fmt: skip
    registered("tiles")(key=key, data=data, on_picked_change=on_change)


def fit(data: FitData, *, key: str) -> None:
    """A recorded training, played."""
    registered("fit")(key=key, data=data)


def wipe(pictures: tuple[bytes, bytes], titles: tuple[str, str], *, key: str) -> None:
    """Two PNG pictures of one size over each other, with a line between them that one moves."""
    below, above = pictures
    data: WipeData = {"pictures": (data_url(below), data_url(above)), "titles": titles}
    registered("wipe")(key=key, data=data)


def unfolded(data: UnfoldedData, *, key: str) -> None:
    """A recurrent network unfolded, and the gradient on its way back."""
    registered("unfolded")(key=key, data=data)
