"""How sure a share is that was counted on a few images."""

import math

_Z95 = 1.959963984540054


def wilson_interval(correct: int, seen: int, z: float = _Z95) -> tuple[float, float]:
    """The Wilson score interval of a proportion (Wilson 1927), 95 % by default; (0, 1) when nothing was seen."""
    if not seen:
        return 0.0, 1.0
    share = correct / seen
    centre = share + z**2 / (2 * seen)
    half = z * math.sqrt(share * (1 - share) / seen + z**2 / (4 * seen**2))
    scale = 1 + z**2 / seen
    return max(0.0, (centre - half) / scale), min(1.0, (centre + half) / scale)
