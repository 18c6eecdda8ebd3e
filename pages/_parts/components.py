"""The custom components, each registered once from its files; data goes in as values, never as markup."""

from base64 import b64encode
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import streamlit as st

_FILES = Path(__file__).parent / "js"
Mount = Callable[..., Any]


def _no_op() -> None:
    """State keys exist on a component's result only when a callback is given for them."""


@cache
def _component(name: str, root: str, *scripts: str) -> Mount:
    """Register a component; its style sheet is named after the class of its root element."""
    code = "\n".join((_FILES / script).read_text() for script in scripts)
    styles = (_FILES / f"{root}.css").read_text()
    return st.components.v2.component(
        f"transfer_lab_{name}", html=f'<div class="{root}"></div>\n ', css=styles, js=code
    )


def live_run(run_id: str, *, known: Mapping[str, int], key: str) -> None:
    """One run's progress, curves and mistakes, pushed as they happen.

    `known` names all the runs of which the page shows something, which share one connection, and the newest event of
    each that the page knows. The page is run again when the state of one of them changes after that.
    """
    mount = _component("live", "live", "chart.js", "stream.js", "heat.js", "live.js")
    mount(key=key, data=_followed(run_id, known), on_changed_change=_no_op)


def writing(run_id: str, *, known: int, key: str) -> None:
    """A network that learns a text: bits per character, the gradient, and what it writes, pushed as they happen."""
    mount = _component("writing", "live", "chart.js", "stream.js", "writing.js")
    mount(key=key, data=_followed(run_id, {run_id: known}), on_changed_change=_no_op)


def _followed(run_id: str, known: Mapping[str, int]) -> dict[str, Any]:
    return {"url": _stream_url(sorted(known)), "run": run_id, "known": dict(known)}


def compare_runs(runs: list[dict[str, Any]], *, key: str, errors: bool = False) -> None:
    """The curves of several runs over one another; each `{"name", "epochs": [event, ...]}`.

    They are of validation accuracy and loss, or with `errors` of `train_error` and `val_error`.
    """
    _compare()(key=key, data={"runs": runs, "errors": errors})


def race(runs: dict[str, str], *, key: str) -> None:
    """Runs, named by their ids, side by side as they happen: how far each is, and which one is ahead."""
    rows = [{"id": run_id, "name": name} for run_id, name in runs.items()]
    _compare()(key=key, data={"runs": rows, "url": _stream_url(sorted(runs))})


def _compare() -> Mount:
    return _component("compare", "live", "chart.js", "stream.js", "compare.js")


def _stream_url(run_ids: Sequence[str]) -> str:
    return "/api/live?" + "&".join(f"run={run_id}" for run_id in run_ids)


def gallery(
    images: list[dict[str, Any]], *, key: str, picked: list[int] | None = None, side: int = 96, single: bool = False
) -> list[int]:
    """A grid of images, each `{"id", "blob", "title", "caption"?}`; returns the ids that are picked."""
    data = {"images": images, "picked": picked or [], "side": side, "single": single}
    result = _component("gallery", "gallery", "gallery.js")(key=key, data=data, on_picked_change=_no_op)
    return list(result.picked or [])


def bars(rows: list[dict[str, Any]], *, key: str, high: float | None = None, lead: bool = False) -> None:
    """Horizontal bars, each `{"label", "value", "text"?, "dim"?}`; `lead` sets the first one off."""
    _component("bars", "bars", "bars.js")(key=key, data={"rows": rows, "high": high, "lead": lead})


def stage_strip(stages: list[dict[str, Any]], note: str, *, key: str) -> None:
    """The network's stages, each `{"name", "parameters", "learns", "rate"}`, and how far gradients flow."""
    _component("strip", "strip", "strip.js")(key=key, data={"stages": stages, "note": note})


def confusion_matrix(labels: list[str], counts: list[list[int]], *, key: str) -> tuple[int, int] | None:
    """A confusion matrix; returns the (true, predicted) cell that was chosen."""
    chosen = st.session_state.get(key, {}).get("cell")
    data = {"labels": labels, "counts": counts, "cell": chosen}
    result = _component("matrix", "matrix", "matrix.js")(key=key, data=data, on_cell_change=_no_op)
    return (int(result.cell[0]), int(result.cell[1])) if result.cell else None


def network(
    steps: list[dict[str, Any]],
    *,
    key: str,
    net: str,
    opened: list[str],
    selected: int | None,
    folded: bool = False,
) -> tuple[list[str], int | None]:
    """A network's steps as a diagram; returns which groups are open and which step was chosen.

    `folded` draws a convolution, its normalisation and its activation as one box at first, as papers do.
    """
    data = {"key": net, "steps": steps, "open": opened, "selected": selected, "folded": folded}
    mount = _component("network", "network", "chart.js", "tree.js", "fold.js", "network.js")
    result = mount(key=key, data=data, on_open_change=_no_op, on_step_change=_no_op)
    return (opened if result.open is None else list(result.open)), (selected if result.step is None else result.step)


def layers(
    steps: list[dict[str, Any]], totals: dict[str, int], *, key: str, net: str, opened: list[str]
) -> tuple[int, str] | None:
    """A network's layer table; returns the number whose working is wanted, as its step and column."""
    chosen = st.session_state.get(key, {}).get("chosen")
    data = {"key": net, "steps": steps, "totals": totals, "open": opened, "chosen": chosen}
    mount = _component("layers", "layers", "chart.js", "tree.js", "layers.js")
    result = mount(key=key, data=data, on_chosen_change=_no_op)
    return (int(result.chosen[0]), str(result.chosen[1])) if result.chosen else None


def spot(data: dict[str, Any], *, key: str) -> None:
    """A picture on which one points: `picture`, `alt`, `at`, `box` and `step` in shares of its sides."""
    _component("spot", "spot", "chart.js", "spot.js")(key=key, data=data, on_at_change=_no_op)


def windows(window: dict[str, Any], *, key: str) -> None:
    """Which pixels each window reads: `side`, `kernel`, `stride`, `padding`, `dilation`, `output`, `transposed`."""
    _component("windows", "windows", "chart.js", "windows.js")(key=key, data=window)


def mini(*, ink: str, labels: list[int], key: str) -> None:
    """The whole lab in miniature, trained in the browser: `ink` is base64 of 64 values 0 to 16 a digit."""
    _component("mini", "mini", "chart.js", "mini.js")(key=key, data={"ink": ink, "labels": labels})


def convolve(data: dict[str, Any], *, key: str, on_change: Callable[[], None]) -> None:
    """One small layer, sum by sum, computed in the browser from the numbers in `data`.

    `layer` holds its settings and the image's `side`, `image` and `weights` the values laid out flat. `pin` and
    `pixels_changed` and `weights_changed` are what the link keeps, taken up anew when `turn`, `pixels_of` or
    `weights_of` are others than before. `on_change` finds `pin` and `changes` in the session's state of that key.
    """
    mount = _component("convolve", "convolve", "chart.js", "convolve_sums.js", "convolve_panel.js", "convolve.js")
    mount(key=key, data=data, on_pin_change=on_change, on_changes_change=on_change)


def tiles(
    pixels: bytes, size: tuple[int, int], *, titles: list[str], order: list[int], picked: int, label: str, key: str,
    on_change: Callable[[], None],
) -> None:  # fmt: skip
    """Pictures of rows and columns of three bytes a pixel, in an order; `on_change` finds `picked` in the state."""
    data = {
        "pixels": b64encode(pixels).decode(), "rows": size[0], "columns": size[1], "titles": titles, "order": order,
        "picked": picked, "label": label,
    }  # fmt: skip
    _component("tiles", "tiles", "chart.js", "tiles.js")(key=key, data=data, on_picked_change=on_change)


def fit(data: dict[str, Any], *, key: str) -> None:
    """A recorded training, played: points as pairs of lists in `train`, `val` and `truth`, and its `runs`.

    Each run has `name` (`plain` or `held`), `title`, `steps`, the errors `train` and `val`, the `curves` over the grid
    of `truth`, and, if it `stopped` early, the frame that was `kept`.
    """
    _component("fit", "fit", "chart.js", "fit.js")(key=key, data=data)


def wipe(pictures: tuple[bytes, bytes], titles: tuple[str, str], *, key: str) -> None:
    """Two PNG pictures of one size over each other, with a line between them that one moves."""
    shown = [f"data:image/png;base64,{b64encode(picture).decode()}" for picture in pictures]
    _component("wipe", "wipe", "chart.js", "wipe.js")(key=key, data={"pictures": shown, "titles": titles})


def unfolded(data: dict[str, Any], *, key: str) -> None:
    """A recurrent network unfolded: `title`, `inputs`, places that `matter`, `said`, `wanted`, `loss` and `norms`.

    `norms` are the gradient's at the states, by how many steps before the end; None where one is no finite number.
    """
    _component("unfolded", "unfolded", "chart.js", "unfolded.js")(key=key, data=data)
