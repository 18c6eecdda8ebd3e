"""Choosing networks: the curated ones first, and those of timm by what one types, for a list of all is too long."""

from functools import partial

import streamlit as st

from pages._parts.link_state import forget, linked, linked_many, linked_text
from pages._parts.session import owner, services
from pages._parts.words import plain
from tlcore.zoo import architectures, registry
from tlcore.zoo.facts import published
from tlcore.zoo.timm import index

ALL, TIMM, MINE = "All", "timm", "My models"
_FIRST, _SHOWN, _LONGEST = "resnet18", 60, 80
_FIND = "Find in timm"


def family(forgets: tuple[str, ...]) -> str:
    """Which networks to choose among: one's own models where the link names a run, or where there are some."""
    families = list(dict.fromkeys(architectures.get(name).family for name in architectures.names()))
    named = "run" in st.query_params
    trained = any(run.state == "done" for run in services().runs.all(owner()))
    options = [ALL, *families, TIMM, *([MINE] if trained or named else [])]
    by_link = MINE if named else TIMM if _timm_name(st.query_params.get("net", "")) else ""
    if by_link or st.session_state.get("family") not in options:
        st.session_state["family"] = by_link or ALL
    titles = {ALL: "All families", TIMM: f"timm ({len(index.entries()):,})"}
    return str(
        st.selectbox(
            "Family", options, key="family", on_change=forget, args=("net", "run", "find", *forgets),
            label_visibility="collapsed", format_func=lambda one: titles.get(one, one),
        )
    )  # fmt: skip


def network(among: str, forgets: tuple[str, ...]) -> str:
    """One network of a family, or of timm."""
    if among == TIMM:
        return _of_timm(forgets)
    _say_unknown(st.query_params.get("net", _FIRST))
    shown = [n for n in architectures.names() if among in {ALL, architectures.get(n).family}]
    return _chosen(shown, _FIRST if _FIRST in shown else shown[0], forgets)


def several(first: tuple[str, ...], most: int) -> list[str]:
    """Several networks, of timm too: what one types puts those that it finds at the head of the list."""
    many, words = st.columns([2.6, 1], vertical_alignment="bottom")
    with words:
        typed = _typed()
    found = _found(typed) if typed else []
    taken = dict.fromkeys([*st.query_params.get_all("net"), *st.session_state.get("net", [])])
    for name in taken:
        _say_unknown(name)
    known = [name for name in map(_timm_name, taken) if name]
    names = list(dict.fromkeys([*found[:_SHOWN], *architectures.names(), *known]))
    choice = partial(
        st.multiselect, "Networks", names, max_selections=most, format_func=lambda n: architectures.get(n).title,
        label_visibility="collapsed", placeholder=f"Choose up to {most} networks",
    )  # fmt: skip
    with many:
        chosen: list[str] = linked_many("net", first, names, choice, most=most, always=True)
    if typed:
        _say_found(typed, found)
    return chosen


def _of_timm(forgets: tuple[str, ...]) -> str:
    """A field of text, and what it finds; the network that was chosen stays as long as it is among these."""
    words, which = st.columns([1, 1.6], vertical_alignment="bottom")
    with words:
        typed = _typed()
    found = _found(typed)
    current = _timm_name(str(st.session_state.get("net") or st.query_params.get("net", "")))
    kept = [current] if current and (current in found or not found) else []
    shown = list(dict.fromkeys([*kept, *found[:_SHOWN]])) or [registry.timm_names()[0]]
    with which:
        chosen = _chosen(shown, shown[0], forgets)
    _say_found(typed, found)
    return chosen


def _say_found(typed: str, found: list[str]) -> None:
    """How many networks there are, where there are none or more than a list holds."""
    if not found:
        near = registry.nearest(typed, ())
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        st.caption(f":material/search_off: No network of timm has '{plain(typed)}' in its name, family or year.{hint}")
    elif len(found) > _SHOWN:
        st.caption(f"{len(found):,} networks of timm; the first {_SHOWN} are listed. Type to find others.")


def _chosen(shown: list[str], first: str, forgets: tuple[str, ...]) -> str:
    choice = partial(st.selectbox, "Network", shown, label_visibility="collapsed", format_func=_label)
    return str(linked("net", first, shown, choice, always=True, forgets=forgets))


def _typed() -> str:
    """What is looked for; it stands in the link too."""
    field = partial(
        st.text_input, _FIND, label_visibility="collapsed", max_chars=_LONGEST, icon=":material/search:",
        placeholder="timm: name, family or year",
        help=f"All {len(index.entries()):,} networks of timm, by parts of their name, their family, or its year.",
    )  # fmt: skip
    return linked_text("find", field, _LONGEST).strip()


def _found(typed: str) -> list[str]:
    return [registry.timm_name(entry) for entry in index.search(typed)]


def _timm_name(given: str) -> str:
    """The name here of a network of timm; empty for any other."""
    entry = registry.of_timm(given)
    return registry.timm_name(entry) if entry else ""


def _say_unknown(name: str) -> None:
    if name not in architectures.names() and not _timm_name(name):
        near = registry.nearest(name, architectures.names())
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        st.warning(f"There is no network named '{plain(name)}'.{hint}", icon=":material/search_off:")


def _label(name: str) -> str:
    year = published(name).year
    return f"{architectures.get(name).title} · {year}" if year else architectures.get(name).title
