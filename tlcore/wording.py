"""Small words that sentences on pages and on the command line are put together from, and how work says its count."""

from collections.abc import Callable, Sequence

Progress = Callable[[int, int], None]
"""How far work is that only counts: `progress(done, total)`, as often as it likes."""


def unheard(_done: int, _total: int) -> None:
    """Progress that nobody asked for."""


def counted(number: int, thing: str, things: str = "") -> str:
    """`1 image`, `2 images`; the plural is given where it is not an `s` more."""
    return f"{number:,} {plural(number, thing, things)}"


def plural(number: int, thing: str, things: str = "") -> str:
    """The words as they stand after or for this number: `image`, or `images`."""
    return thing if number == 1 else things or f"{thing}s"


def listed(names: Sequence[str], most: int = 5) -> str:
    """`a, b and c`; beyond so many it says how many more there are."""
    shown = [*names[:most], *([f"{len(names) - most:,} more"] if len(names) > most else [])]
    return " and ".join(filter(None, (", ".join(shown[:-1]), *shown[-1:])))


def about(seconds: float) -> str:
    """A time that is guessed, as people say it: `about 35 seconds`, `about 8 minutes`, `about 1½ hours`."""
    if seconds < 0.5:
        return "a moment"
    if seconds < 55:
        return f"about {counted(_rounded(seconds), 'second')}"
    minutes = seconds / 60
    if minutes < 1.5:
        return "about a minute"
    if minutes < 52.5:
        return f"about {counted(_rounded(minutes), 'minute')}"
    halves = max(2, int(minutes / 30 + 0.5))
    if halves == 2:
        return "about an hour"
    return f"about {halves // 2}{'½' if halves % 2 else ''} hours"


def took(seconds: float) -> str:
    """A time that was measured: `0.9 s`, `39 s`, `4 min 12 s`, `2 h 5 min`."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = int(seconds + 0.5)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    minutes = int(whole / 60 + 0.5)
    return f"{minutes // 60} h {minutes % 60} min"


def _rounded(count: float) -> int:
    """To whole numbers below ten, and to fives from there on: more is not known."""
    return max(1, int(count + 0.5)) if count < 9.5 else 5 * int(count / 5 + 0.5)
