"""The top of a page: its name, what it is for, and figures in a line, so that the thing itself stands in view."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

import streamlit as st

from pages._parts.link_state import linked
from pages._parts.segments import segments


@dataclass(frozen=True)
class Figure:
    """A number with its name and a note, and what is said of it to whoever asks."""

    name: str
    value: str
    help: str | None = None
    note: str = ""


@dataclass(frozen=True)
class Topic:
    """One of several things that a page shows: what that is for, in one line, and what draws it."""

    purpose: str
    draw: Callable[[], None]
    title: str = ""


def heading(title: str, purpose: str) -> None:
    """The page's title, with one line of what it is for beside it, or below it on a phone."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="medium", key="heading"):
        st.title(title, anchor=False, width="content")
        st.caption(purpose, width="content")


def topics(title: str, key: str, offered: Mapping[str, Topic]) -> None:
    """The page's title beside the choice of a topic, which lives in the link under `key`; then the topic itself."""
    with st.container(gap="xxsmall", key="heading"):
        with st.container(horizontal=True, vertical_alignment="center", gap="medium"):
            st.title(title, anchor=False, width="content")
            titles = {name: topic.title or name for name, topic in offered.items()}
            choice = partial(
                segments, "Topic", list(offered), format_func=titles.__getitem__, label_visibility="collapsed"
            )
            chosen = offered[str(linked(key, next(iter(offered)), offered, choice, titles=titles))]
        st.caption(chosen.purpose)
    chosen.draw()


def figures(shown: Iterable[Figure]) -> None:
    """Figures one after the other in a line, which breaks where it is narrow."""
    with st.container(horizontal=True, vertical_alignment="center"):
        for one in shown:
            figure(one)


def figure(one: Figure) -> None:
    """A single figure, for a line in which other things stand, too."""
    note = f" :small[{one.note}]" if one.note else ""
    st.markdown(f":small[{one.name}] **{one.value}**{note}", width="content", help=one.help)


def look_for(sentence: str) -> None:
    """What to look for in the thing that stands beside it."""
    st.markdown(f":material/visibility: **What to look for.** {sentence}")
