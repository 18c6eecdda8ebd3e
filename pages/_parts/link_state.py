"""Choices that live in the link: what the link says is chosen, what is chosen the link says, and no click is lost.

A widget whose default follows a link that its own answer changes is another widget at the next run, and drops every
second choice. So the value lives in the session, under the widget's key, which is also its name in the link. The link
is read when a person comes by it: on arriving at the page, on going back in the browser's history, and when another
link leads to the page that is shown already.
"""

import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import isclose
from typing import Any

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

_PAGE, _TOLD = "_link_page", "_link_told"
Linked = Callable[[str, Iterable[Any], Callable[..., Any]], Any]


@dataclass(frozen=True)
class _Told:
    """The value that a widget had last, and what the link was told then and before.

    A browser that was asked twice in a row answers the second time with the link from before the first.
    """

    value: Any
    words: tuple[str, ...]
    before: tuple[str, ...]


def arrive(path: str) -> None:
    """Note which page is shown; on another one than before, its link counts."""
    if st.session_state.get(_PAGE) != path:
        st.session_state[_PAGE] = path
        st.session_state[_TOLD] = {}


def linked(
    key: str,
    usual: Any,
    options: Iterable[Any],
    draw: Callable[..., Any],
    *,
    titles: Mapping[Any, str] | None = None,
    nearest: bool = False,
    always: bool = False,
    stays: bool = False,
    forgets: Collection[str] = (),
) -> Any:
    """The value of a widget of one value, which stands in the link under its key.

    `draw` is called with the key alone, and must set no value of its own. What is not among the options counts as the
    usual value, or with `nearest` as the nearest number among them. The usual value needs no words in the link, unless
    these `always` stand there. A value that `stays` is found again after a visit to another page. `titles` are other
    words by which a link may name an option. Another choice `forgets` what belonged to the one before it.
    """
    possible = options if isinstance(options, range) else list(options)

    def read(words: tuple[str, ...]) -> Any:
        if not words:
            return None
        option = next((one for one in possible if _named(one, words[-1], titles or {})), None)
        return _closest(possible, _number(words[-1]), exactly=not nearest) if option is None else option

    def mended(value: Any) -> Any:
        if value is None or value in possible:
            return value
        option = _closest(possible, value, exactly=not nearest)
        return usual if option is None else option

    held, last = st.session_state.get(key), _told().get(key)
    value = _value(key, usual, draw, read, mended, stays=stays)
    if value is None and usual is not None:  # a widget that comes back may first answer that nothing is chosen
        value = last.value if last is not None else usual
        st.session_state.pop(key, None)
    if value is None:  # nothing is chosen, and the link stays as it is
        return None
    if last is not None and held == value != last.value is not None:  # chosen by a click, not by a link
        forget(*forgets)
    _tell(key, value, () if value == usual and not always else (_word(value),))
    return value


def linked_many(
    key: str,
    usual: Iterable[Any],
    options: Iterable[Any],
    draw: Callable[..., Any],
    *,
    most: int | None = None,
    always: bool = False,
) -> list[Any]:
    """The values of a widget of several values, each of which stands in the link under its key; at `most` so many."""
    possible, first = list(options), list(usual)

    def read(words: tuple[str, ...]) -> Any:
        known = [next((one for one in possible if _named(one, word, {})), None) for word in words]
        return list(dict.fromkeys(one for one in known if one is not None))[:most] or None

    value = list(_value(key, first, draw, read, lambda values: [one for one in values if one in possible]))
    _tell(key, value, () if value == first and not always else tuple(map(_word, value)))
    return value


def linked_text(key: str, draw: Callable[..., Any], most: int) -> str:
    """The value of a field of text; a link's longer text is cut at `most` characters."""
    value = str(_value(key, "", draw, lambda words: words[-1][:most] if words else None, str))
    _tell(key, value, (value,) if value else ())
    return value


def linked_range(
    key: str, usual: tuple[float, float], bounds: tuple[float, float], draw: Callable[..., Any]
) -> tuple[float, float]:
    """Both ends of a slider of two, low before high."""

    def read(words: tuple[str, ...]) -> Any:
        numbers = [number for word in words if (number := _number(word)) is not None]
        right = len(numbers) == len(words) == len(usual) and bounds[0] <= numbers[0] <= numbers[1] <= bounds[1]
        return tuple(numbers) if right else None

    low, high = _value(key, usual, draw, read, tuple)
    _tell(key, (low, high), () if (low, high) == usual else (_word(low), _word(high)))
    return float(low), float(high)


def choose(values: Mapping[str, Any]) -> None:
    """Set widgets from within a callback, those that are not drawn yet too."""
    for key, value in values.items():
        st.session_state[key] = value
        _told()[key] = _Told(value, (), tuple(st.query_params.get_all(key)))
        st.query_params.pop(key, None)


def forget(*keys: str) -> None:
    """Drop values, and what the link says of them; their widgets begin anew."""
    for key in keys:
        st.session_state.pop(key, None)
        _told().pop(key, None)
        st.query_params.pop(key, None)


def grid(low: float, high: float, step: float) -> list[float]:
    """The values of a slider, both ends included."""
    return [round(low + place * step, 10) for place in range(round((high - low) / step) + 1)]


def linked_number(name: str) -> int | None:
    """The whole number that the link gives under a name; None where it gives none, or something else."""
    given = st.query_params.get(name, "")
    return int(given) if re.fullmatch(r"\d{1,9}", given, re.ASCII) else None


def _value(
    key: str,
    usual: Any,
    draw: Callable[..., Any],
    read: Callable[[tuple[str, ...]], Any],
    mended: Callable[[Any], Any],
    *,
    stays: bool = False,
) -> Any:
    wanted = mended(_wanted(key, usual, read, stays=stays))
    # What is left of another page's widget of that name does not count. Else it is set only where it is another one:
    # what is set anew would overrule a click that the server has not heard of yet.
    if key not in _told() or key not in st.session_state or st.session_state[key] != wanted:
        st.session_state[key] = wanted
    return draw(key=key)


def _wanted(key: str, usual: Any, read: Callable[[tuple[str, ...]], Any], *, stays: bool) -> Any:
    words = tuple(st.query_params.get_all(key))
    named, last, held = read(words), _told().get(key), key in st.session_state
    if _is_history():
        return usual if named is None else named
    if last is None or not held:
        if named is not None:
            return named
        return st.session_state[key] if held and stays else usual
    by_link = st.session_state[key] == last.value and words not in {last.words, last.before}
    return named if by_link and named is not None else st.session_state[key]


def _tell(key: str, value: Any, words: tuple[str, ...]) -> None:
    """Let the link say it; what it says already is not said again."""
    given, last = tuple(st.query_params.get_all(key)), _told().get(key)
    if words != given:
        if words:
            st.query_params[key] = words[0] if len(words) == 1 else list(words)
        else:
            st.query_params.pop(key, None)
    _told()[key] = _Told(value, words, last.words if last and last.words != words else given)


def _told() -> dict[str, _Told]:
    kept: dict[str, _Told] = st.session_state.setdefault(_TOLD, {})
    return kept


def _is_history() -> bool:
    """Whether this run is that of the browser's back or forward button."""
    context = get_script_run_ctx()
    return context is not None and context.is_history_navigation


def _named(option: Any, word: str, titles: Mapping[Any, str]) -> bool:
    return word.lower() in {str(option).lower(), _word(option).lower()} or titles.get(option) == word


def _closest(options: Sequence[Any], number: Any, *, exactly: bool) -> Any:
    """The option that is nearest to a number, or equals it but for rounding; None where there is none."""
    if not options or not all(_is_number(one) for one in (number, options[0])):
        return None
    nearest = min(options, key=lambda one: abs(one - number))
    return nearest if not exactly or isclose(nearest, number, rel_tol=1e-9, abs_tol=1e-12) else None


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _number(word: str) -> float | None:
    return float(word) if re.fullmatch(r"-?\d{1,9}(\.\d{1,12})?(e-?\d{1,2})?", word, re.ASCII) else None


def _word(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return str(round(value, 10)) if isinstance(value, float) else str(value)
