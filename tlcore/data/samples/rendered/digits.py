"""Handwritten digits: the 8x8 scans that scikit-learn carries, enlarged to look like scans on paper."""

import csv
import gzip
from collections import Counter
from collections.abc import Iterator

from PIL import Image

from tlcore.settings import PROJECT_ROOT

CLASSES = tuple(str(digit) for digit in range(10))
PER_CLASS = 50
SIDE = 64
_FILE = PROJECT_ROOT / "assets" / "samples" / "digits.csv.gz"
_INK_LEVELS = 16


def scans() -> Iterator[tuple[int, list[int]]]:
    """Every scan of the file: the digit, and its 64 ink values 0 to 16 in rows."""
    with gzip.open(_FILE, "rt") as file:
        for row in csv.reader(file):
            values = [int(float(value)) for value in row]
            yield values[-1], values[:-1]


def generate() -> Iterator[tuple[str, str, Image.Image]]:
    """The first fifty scans of each digit, dark ink on light paper, 64 x 64 pixels."""
    seen: Counter[int] = Counter()
    for digit, ink in scans():
        seen[digit] += 1
        if seen[digit] <= PER_CLASS:
            grey = Image.new("L", (8, 8))
            grey.putdata([255 - round(value * 235 / _INK_LEVELS) for value in ink])
            image = grey.resize((SIDE, SIDE), Image.Resampling.BICUBIC).convert("RGB")
            yield str(digit), f"{digit}-{seen[digit]:02d}", image


def examples() -> list[Image.Image]:
    """The first scan of every digit."""
    first: dict[str, Image.Image] = {}
    for label, _, image in generate():
        first.setdefault(label, image)
        if len(first) == len(CLASSES):
            break
    return [first[label] for label in CLASSES]
