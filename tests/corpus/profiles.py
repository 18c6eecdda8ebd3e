"""ICC profiles made by hand, so that what they mean is known without a colour management system (ICC.1:2001-04)."""

import struct
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SRGB = ((0.64, 0.33), (0.30, 0.60), (0.15, 0.06))
ADOBE_RGB = ((0.64, 0.33), (0.21, 0.71), (0.15, 0.06))
DISPLAY_P3 = ((0.680, 0.320), (0.265, 0.690), (0.150, 0.060))
D65, D50 = (0.3127, 0.3290), (0.3457, 0.3585)
_BRADFORD = np.array([[0.8951, 0.2664, -0.1614], [-0.7502, 1.7135, 0.0367], [0.0389, -0.0685, 1.0296]])
Matrix = NDArray[np.float64]


def rgb_profile(primaries: Sequence[tuple[float, float]], gamma: float = 2.2) -> bytes:
    """A monitor with these primaries, a white of D65 and one exponent."""
    columns = (adapted_to_d50() @ to_xyz(primaries)).T
    tags = {f"{name}XYZ": _xyz(column) for name, column in zip("rgb", columns, strict=True)}
    return _profile(b"mntr", b"RGB ", b"XYZ ", {**tags, **{f"{name}TRC": _curve(gamma) for name in "rgb"}})


def grey_profile(gamma: float) -> bytes:
    """Grey values with one exponent."""
    return _profile(b"mntr", b"GRAY", b"XYZ ", {"kTRC": _curve(gamma)})


def ink_profile(lightness: Sequence[int]) -> bytes:
    """A press whose 16 mixtures of full inks, black varying fastest, are greys of this CIE lightness."""
    straight = bytes(range(256))
    grid = b"".join(bytes((round(value * 2.55), 128, 128)) for value in lightness)
    unit = struct.pack(">9l", *(65536 if place % 4 == 0 else 0 for place in range(9)))
    table = b"mft1\0\0\0\0\4\3\2\0" + unit + straight * 4 + grid + straight * 3
    return _profile(b"prtr", b"CMYK", b"Lab ", {"A2B0": table})


def to_xyz(primaries: Sequence[tuple[float, float]], white: tuple[float, float] = D65) -> Matrix:
    """From linear RGB to XYZ, so that RGB of one is the white."""
    columns = np.array([_of(x, y) for x, y in primaries]).T
    return np.asarray(columns * np.linalg.solve(columns, _of(*white)))


def adapted_to_d50() -> Matrix:
    """From XYZ under D65 to XYZ under D50, by Bradford."""
    scale = (_BRADFORD @ _of(*D50)) / (_BRADFORD @ _of(*D65))
    return np.asarray(np.linalg.inv(_BRADFORD) @ (scale[:, None] * _BRADFORD))


def in_srgb(colour: Sequence[int], primaries: Sequence[tuple[float, float]], gamma: float = 2.2) -> list[int]:
    """What a colour of `rgb_profile` is in sRGB, by the matrices alone."""
    linear = np.linalg.solve(to_xyz(SRGB), to_xyz(primaries) @ (np.array(colour) / 255) ** gamma)
    return [round(value) for value in 255 * srgb_curve(linear.clip(0, 1))]


def srgb_curve(linear: Matrix) -> Matrix:
    """Linear light as sRGB writes it down (IEC 61966-2-1)."""
    return np.asarray(np.where(linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055))


def _of(x: float, y: float) -> Matrix:
    return np.array([x / y, 1, (1 - x - y) / y])


def _fixed(values: Sequence[float] | Matrix) -> bytes:
    return struct.pack(f">{len(values)}l", *(round(float(value) * 65536) for value in values))


def _xyz(values: Matrix) -> bytes:
    return b"XYZ \0\0\0\0" + _fixed(values)


def _curve(gamma: float) -> bytes:
    return b"curv\0\0\0\0" + struct.pack(">LH", 1, round(gamma * 256)) + b"\0\0"


def _profile(kind: bytes, space: bytes, connection: bytes, tags: dict[str, bytes]) -> bytes:
    """A header of 128 bytes, the table of tags, and what they hold."""
    tags = {"wtpt": _xyz(_of(*D50)), "cprt": b"text\0\0\0\0none\0\0\0\0", **tags}
    place = 128 + 4 + 12 * len(tags)
    table, body = struct.pack(">L", len(tags)), b""
    for name, tag in tags.items():
        content = tag + bytes(-len(tag) % 4)
        table += struct.pack(">4s2L", name.encode(), place + len(body), len(content))
        body += content
    size = place + len(body)
    start = struct.pack(">2L", size, 0) + b"\2\x10\0\0" + kind + space + connection + bytes(12) + b"acsp"
    return (start + bytes(28) + _fixed(_of(*D50))).ljust(128, b"\0") + table + body
