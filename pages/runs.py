"""Runs: a list to filter, curves to lay over one another, settings to compare."""

from datetime import UTC, datetime
from functools import partial
from hashlib import sha256
from typing import Any

import streamlit as st

from pages._parts import nav
from pages._parts.confirm import ask_to_delete
from pages._parts.heading import heading
from pages._parts.session import owner, services
from pages._parts.tables import share_columns, with_percents, without_empty
from pages._parts.training.run_compare import balanced, differences, overlaid, reached
from pages._parts.training.run_words import state_word
from pages._parts.words import counted, some
from tlcore.data.names import clean_name
from tlcore.jobs.running.runs import Run
from tlcore.zoo import registry


def page() -> None:
    """Filter on top, the list, then what the chosen ones have in common and not."""
    heading("Runs", "All that you trained: curves over one another, and what their settings changed.")
    runs = services().runs.all(owner())
    _unreadable(services().runs.unreadable(owner()))
    if not runs:
        st.info("Every run that you train is listed here.", icon=":material/info:")
        st.page_link(nav.page("train"), label="Train one", icon=":material/model_training:")
        return
    chosen = _list(_filtered(runs))
    if not chosen:
        st.caption("Tick runs in the list to compare, open or delete them.")
        return
    _actions(chosen)
    overlaid(sorted(chosen, key=lambda run: run.created_at))  # so that a twin has the colour that it has beside its run
    if len(chosen) > 1:
        reached(chosen)
        differences(chosen)


def _filtered(runs: tuple[Run, ...]) -> list[Run]:
    state, backbone, data = st.columns(3)
    states = state.multiselect("State", sorted({state_word(run) for run in runs}), placeholder="any")
    backbones = backbone.multiselect(
        "Network",
        sorted({run.spec.backbone for run in runs}),
        format_func=lambda n: registry.get(n).title,
        placeholder="any",
    )
    sets = data.multiselect(
        "Image set", sorted({run.collection_name for run in runs if run.collection_name}), placeholder="any"
    )
    return [
        run
        for run in runs
        if (not states or state_word(run) in states)
        and (not backbones or run.spec.backbone in backbones)
        and (not sets or run.collection_name in sets)
    ]


def _list(runs: list[Run]) -> list[Run]:
    shown = sha256(" ".join(run.id for run in runs).encode()).hexdigest()[:16]
    config = {
        **share_columns("accuracy", "balanced"),
        "begun": st.column_config.DatetimeColumn("begun", format="distance"),
        "seconds": st.column_config.NumberColumn("seconds", format="%.1f"),
        "id": None,
    }
    picked = st.dataframe(
        with_percents(without_empty(map(_row, runs), "balanced"), "accuracy", "balanced"),
        alt="Your runs",
        hide_index=True,
        column_config=config,
        on_select="rerun",
        selection_mode="multi-row",
        key=f"runs-list-{shown}",  # ticks are row numbers: in another list they would be other runs
        placeholder="",
    )
    rows: list[int] = picked["selection"]["rows"]
    return [runs[i] for i in rows if i < len(runs)]


def _row(run: Run) -> dict[str, Any]:
    result = None if run.is_active else run.result  # of a run that goes on, the result is that of its first part
    return {
        "run": run.name,
        "image set": run.collection_name,
        "state": state_word(run),
        "accuracy": result.accuracy if result else None,
        "balanced": balanced(result) if result else None,
        "epochs": result.epochs_done if result else None,
        "seconds": run.device_seconds or None,
        "begun": datetime.fromtimestamp(run.created_at, UTC),
        "id": run.id,
    }


def _actions(chosen: list[Run]) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        if len(chosen) == 1:
            query = {"run": chosen[0].id}
            st.page_link(nav.page("train"), label="Open", icon=":material/open_in_full:", query_params=query)
            if chosen[0].state == "done":
                st.page_link(nav.page("result"), label="Result", icon=":material/fact_check:", query_params=query)
                st.page_link(nav.page("try"), label="Try", icon=":material/center_focus_strong:", query_params=query)
        over = [run for run in chosen if not run.is_active]
        if over and st.button(f"Delete {counted(len(over), 'run')}", icon=":material/delete:"):
            names = some([run.name for run in over])
            ask_to_delete(
                f"{counted(len(over), 'run')} with what they learned: {names}.",
                partial(_delete, [run.id for run in over]),
            )
    if len(chosen) == 1:
        name = st.text_input("Name", chosen[0].name, max_chars=80, key=f"run-name-{chosen[0].id}")
        if clean_name(name, chosen[0].name) != chosen[0].name:  # what would be stored, or this would never end
            services().runs.rename(owner(), chosen[0].id, name)
            st.rerun()


def _delete(run_ids: list[str]) -> None:
    for run_id in run_ids:
        services().runs.delete(owner(), run_id)


def _unreadable(names: dict[str, str]) -> None:
    """What another version of the lab kept; it takes room, so its owner hears of it."""
    if not names:
        return
    told = some(names.values())
    with st.container(horizontal=True, vertical_alignment="center"):
        st.warning(
            f"{counted(len(names), 'run')} kept by another version of the lab can't be read by this one: {told}.",
            icon=":material/history:",
        )
        help_ = "Frees the room that they take. A lab of the version that kept them could still open them."
        if st.button("Delete", key="delete-unreadable", icon=":material/delete:", help=help_):
            what = f"{counted(len(names), 'run')} that this version can't read: {told}."
            ask_to_delete(what, partial(_delete, list(names)))


page()
