"""Runs the two sides in turn, each in a fresh process, and prints what each took and the ratio."""

import json
import os
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from tlcore import WAITING

ROOT = Path(__file__).resolve().parents[1]


@dataclass(frozen=True)
class Setup:
    """What is measured on: a folder with train/ and val/, a network with weights at hand, a device."""

    folder: Path
    classes: int
    backbone: str
    device: str
    weights: Path | None

    def options(self, **more: Any) -> dict[str, Any]:
        """The options that both sides share."""
        shared = {
            "folder": str(self.folder),
            "classes": self.classes,
            "backbone": self.backbone,
            "device": self.device,
        }
        return {**shared, **more}


def run_side(setup: Setup, side: str, options: dict[str, Any]) -> dict[str, Any]:
    """One side, in a fresh process with a fresh home."""
    with TemporaryDirectory(prefix="bench-") as home:
        told = WAITING if side == "rival" else {}  # how its threads wait is not ours to choose
        kept = {name: value for name, value in os.environ.items() if told.get(name) != value}
        environment = {**kept, "TLCORE_HOME": home}
        if setup.weights:
            environment["TLCORE_WEIGHTS"] = str(setup.weights)
        command = [sys.executable, "-m", "bench.sides", side, json.dumps(options)]
        done = subprocess.run(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=True)
    answer: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return answer


def report(name: str, rival: list[float], ours: list[float], wanted: float | None, note: str = "") -> float:
    """Print one ratio of medians, with the spread of both sides."""
    ratio = statistics.median(rival) / statistics.median(ours)
    verdict = "" if wanted is None else f" (wanted {wanted:g}x, {'met' if ratio >= wanted else 'MISSED'})"
    print(
        f"{name}: {ratio:.1f}x{verdict}  rival {_spread(rival)} s, ours {_spread(ours)} s{'; ' + note if note else ''}",
        flush=True,
    )
    return ratio


def _spread(values: list[float]) -> str:
    return f"{min(values):.2f} / {statistics.median(values):.2f} / {max(values):.2f}"
