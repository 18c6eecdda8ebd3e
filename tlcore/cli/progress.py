"""What commands share: events as lines of JSON or as a progress bar, and a bar for work that only counts."""

import json
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm


def shown(stream: Iterator[Any], as_json: bool) -> Iterator[dict[str, Any]]:
    """Pass events on as JSON objects, printing lines of JSON or a progress bar on the way."""
    bar = tqdm(disable=as_json or None, unit="", leave=False, file=sys.stderr)
    with bar:
        for event in stream:
            line = event.to_json()
            if as_json:
                print(json.dumps(line, ensure_ascii=False), flush=True)
            else:
                _advance(bar, line)
            yield line


@contextmanager
def counting(what: str, *, in_bytes: bool = False, hidden: bool = False) -> Iterator[Callable[[int, int], None]]:
    """A progress bar for as long as the context lasts, moved by what it yields: `progress(done, total)`."""
    unit = "B" if in_bytes else ""
    with tqdm(desc=what, unit=unit, unit_scale=in_bytes, file=sys.stderr, disable=hidden or None, leave=False) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield progress


def _advance(bar: "tqdm[Any]", line: dict[str, Any]) -> None:
    if line["event"] == "progress":
        bar.total, bar.n = line["total"], line["done"]
        bar.set_description(line["phase"])
    elif line["event"] == "step":
        bar.total, bar.n = line["steps"], line["step"]
        bar.set_description(f"epoch {line['epoch']}  loss {line['loss']:.3f}")
    elif line["event"] == "lap":
        bar.total, bar.n = line["epochs"], line["epoch"]
        bar.set_description(f"{line['network']}  training error {line['train_error']:.3f}")
    elif line["event"] == "epoch":
        bar.write(
            f"epoch {line['epoch']:3d}/{line['epochs']}  loss {line['train_loss']:.3f}  "
            f"validation loss {line['val_loss']:.3f}  accuracy {line['val_accuracy']:.3f}",
            file=sys.stdout,
        )
    elif line["event"] == "notice":
        bar.write(line["message"], file=sys.stdout)
    bar.refresh()


def cores() -> int:
    """How many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
