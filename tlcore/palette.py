"""The colours of everything that Python draws: blue is positive, orange negative, everywhere."""

from dataclasses import dataclass

COLOURS = ("#2a5fd0", "#d9730d", "#1b8a6b", "#8a4fbf", "#b8862b", "#c2416c", "#4b7d9c", "#6b7280")
"""What is compared, by its place: those of the light theme, which can be read on the dark one."""
BLUE, ORANGE, SLATE = COLOURS[0], COLOURS[1], COLOURS[7]
BRIGHT = ("#7ea6ff", "#ff9c47", "#46c29b", "#c08cf0", "#e0b558", "#f07fa4", "#83b6d6", "#a3abb8")
"""The same on a dark ground: those of the dark theme."""
BRIGHT_BLUE, BRIGHT_ORANGE, BRIGHT_GREEN, BRIGHT_VIOLET = BRIGHT[:4]
# Each stands out from a light and from a dark page; the second ten lie between the first ones.
TWENTY = (
    *COLOURS, "#7d8b1f", "#b0413e",
    "#6a5be0", "#d1589a", "#3f9440", "#9a6238", "#0a93a6", "#b24fc0", "#e2583a", "#7f7bb0", "#a8838f", "#2f8ad0",
)  # fmt: skip
"""For more than eight that are told apart."""
GREY, WHITE = "#8a8f98", "#ffffff"
ZERO = "#161b26"
"""Zero in a picture of values, on which blue and orange are bright."""
DIVERGING = [[0, ORANGE], [0.5, "rgba(128, 128, 128, 0.1)"], [1, BLUE]]
"""Zero is all but transparent, so that it is neutral on light and on dark."""
OPAQUE_DIVERGING = [[0, ORANGE], [0.5, "#eef0f3"], [1, BLUE]]
"""For cells in which numbers stand: zero is opaque on dark, too."""
NOTHING_LEARNED = [[0, "#dfe2e6"], [1, "#5b616b"]]
"""Grey, so that nobody takes for learned what is not."""


@dataclass(frozen=True)
class Theme:
    """A page's ground, the words on it, and its links."""

    paper: str
    ink: str
    link: str


LIGHT = Theme("#fbfbfd", "#0a101c", BLUE)
DARK = Theme("#10141c", "#e8ebf2", "#8fb2ff")


def rgb(colour: str) -> tuple[int, int, int]:
    """Red, green and blue, from 0 to 255, of `#rrggbb`."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red, green, blue
