"""What commands share: events as lines of JSON or as a progress bar, and a bar for work that only counts."""

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tqdm import tqdm

from tlcore import events
from tlcore.events import Event, Notice
from tlcore.gradients.events import FlowSeen, Lap
from tlcore.train.events import Answer, Epoch, Step
from tlcore.wording import Progress


def shown(stream: Iterator[Event], as_json: bool) -> Iterator[Event]:
    """Pass events on, printing lines of JSON or a progress bar on the way."""
    from tlcore.train.learning import threads

    bar = tqdm(disable=as_json or None, unit="", leave=False, file=sys.stderr)
    with bar:
        for event in stream:
            if as_json:
                print(json.dumps(event.to_json(), ensure_ascii=False), flush=True)
            else:
                _advance(bar, event)
            threads.adjust()
            yield event


@contextmanager
def counting(what: str, *, in_bytes: bool = False, hidden: bool = False) -> Iterator[Progress]:
    """A progress bar for as long as the context lasts, moved by what it yields: `progress(done, total)`."""
    unit = "B" if in_bytes else ""
    with tqdm(desc=what, unit=unit, unit_scale=in_bytes, file=sys.stderr, disable=hidden or None, leave=False) as bar:

        def progress(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        yield progress


def _advance(bar: "tqdm[Any]", event: Event) -> None:
    match event:
        case events.Progress():
            bar.total, bar.n = event.total, event.done
            bar.set_description(event.phase)
        case Step():
            bar.total, bar.n = event.steps, event.step
            bar.set_description(f"epoch {event.epoch}  loss {event.loss:.3f}")
        case Lap():
            bar.total, bar.n = event.epochs, event.epoch
            bar.set_description(f"{event.network}  training error {event.train_error:.3f}")
        case Answer():
            low, high = event.interval
            bar.write(
                f"after {event.looked} of {event.images} images  accuracy {event.accuracy:.3f}  "
                f"(95 % interval {low:.3f} to {high:.3f})",
                file=sys.stdout,
            )
        case Epoch(lr=0.0):  # of a classifier that was solved for, of which the end says all
            pass
        case Epoch():
            bar.write(
                f"epoch {event.epoch:3d}/{event.epochs}  loss {event.train_loss:.3f}  "
                f"validation loss {event.val_loss:.3f}  accuracy {event.val_accuracy:.3f}",
                file=sys.stdout,
            )
        case FlowSeen():
            ratio = "" if event.ratio is None else f", the first layer's {event.ratio:.2g} of the last's"
            bar.write(f"after {event.after:.2f} epochs  gradients {event.verdict}{ratio}", file=sys.stdout)
        case Notice():
            bar.write(event.message, file=sys.stdout)
    bar.refresh()
