"""What the last upload gave, how its folders were read, and the choice to read them another way."""

from dataclasses import dataclass, replace

import streamlit as st

from pages._parts.guards import guarded
from pages._parts.segments import segments
from pages._parts.session import owner, services
from pages._parts.words import counted, plain
from tlcore.data.folders.labelling import Ways, ways
from tlcore.data.folders.said import listed
from tlcore.data.ingest.report import WAYS, IngestReport, Reading, Way
from tlcore.errors import TlcoreError

_NOTE, _TURN = "_intake_note", "_intake_turn"
_WHICH: dict[Way, str] = {"first": "The outer ones", "last": "The inner ones"}


@dataclass(frozen=True)
class _Note:
    """What an upload into a set gave: a report, or why there is none. `first` is how it was read before any choice."""

    collection: str
    outcome: IngestReport | str
    turn: int
    first: Reading


def keep(collection_id: str, outcome: IngestReport | str) -> None:
    """Keep what an upload gave for the next run of the page."""
    st.session_state[_TURN] = turn = st.session_state.get(_TURN, 0) + 1
    first = Reading() if isinstance(outcome, str) else outcome.reading
    st.session_state[_NOTE] = _Note(collection_id, outcome, turn, first)


def show(collection_id: str | None) -> None:
    """Say what the last upload into this set gave: once, or until it is closed where there is something to decide."""
    note: _Note | None = st.session_state.get(_NOTE)
    if note is None:
        return
    if isinstance(note.outcome, str):
        st.error(plain(note.outcome), icon=":material/error:")
    elif note.collection == collection_id:
        others = ways(note.outcome)
        _tell(note.outcome)
        _choices(note, others)
        _warn(note.outcome)
        if others.classes or others.parts or others.case or note.outcome.lost:
            st.button("Close this report", icon=":material/close:", key=f"close-report-{note.turn}", on_click=_close)
            return
    _close()


def _close() -> None:
    st.session_state.pop(_NOTE, None)


def _tell(report: IngestReport) -> None:
    if report.lost:
        st.error(plain(report.lost), icon=":material/error:")
    counts = ", ".join(f"{count} {plain(label)}" for label, count in list(report.classes.items())[:8])
    rest = len(report.classes) - 8
    more = f" and {counted(rest, 'more class', 'more classes')}" if rest > 0 else ""
    st.success(f"Added {counted(len(report.images), 'image')}: {counts}{more}.", icon=":material/check:")
    if report.read_as:
        st.info(plain(report.read_as), icon=":material/account_tree:")
    if report.named_as:
        st.info(plain(f"{report.named_as} Rename classes that look wrong."), icon=":material/translate:")


def _choices(note: _Note, others: Ways) -> None:
    """Other ways to read the folders, where they make a difference; a choice moves the images at once."""
    if others.classes:
        segments(
            "Which folders are the classes?",
            WAYS,
            format_func=lambda way: f"{_WHICH[way]}: {plain(_some(others.classes[way]))}",
            default=note.first.classes_from,
            key=_key(note, "classes_from"),
            on_change=_read_again,
        )
    if others.parts:
        st.toggle(
            f"Keep {plain(listed(others.parts))} as the split",
            note.first.keep_parts,
            key=_key(note, "keep_parts"),
            on_change=_read_again,
            help="Off puts their images together, and training splits them anew.",
        )
    if others.case:
        st.toggle(
            "Capital and small letters are different classes",
            note.first.case_matters,
            key=_key(note, "case_matters"),
            on_change=_read_again,
        )


def _some(names: tuple[str, ...]) -> str:
    return ", ".join(names[:3]) + (" …" if len(names) > 3 else "")


def _warn(report: IngestReport) -> None:
    if report.warnings:
        st.warning("  \n".join(map(plain, report.warnings)), icon=":material/warning:")
    for note in report.notes:
        st.caption(plain(note))
    if report.skipped:
        with st.expander(f"Left out: {counted(len(report.skipped), 'file')}"):
            st.dataframe(
                [{"file": item.file, "why": item.reason} for item in report.skipped],
                alt="Files that were left out, and why",
                hide_index=True,
            )


def _key(note: _Note, setting: str) -> str:
    return f"reading-{setting}-{note.turn}"


@guarded
def _read_again() -> None:
    """Read the folders as they are chosen to be now; a choice that can't be had is taken back."""
    note: _Note = st.session_state[_NOTE]
    if isinstance(note.outcome, str):
        return
    settings = ("classes_from", "keep_parts", "case_matters")
    now = note.outcome.reading
    chosen = {name: st.session_state.get(_key(note, name), getattr(now, name)) for name in settings}
    try:
        again = services().intake.read_again(owner(), note.collection, note.outcome, now.model_copy(update=chosen))
    except TlcoreError:
        for name in chosen.keys() & {name for name in settings if _key(note, name) in st.session_state}:
            st.session_state[_key(note, name)] = getattr(now, name)
        raise
    st.session_state[_NOTE] = replace(note, outcome=again)
