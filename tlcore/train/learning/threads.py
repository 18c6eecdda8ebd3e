"""How many threads a step is worth: those that wait for one another cost more than small work brings.

Nor are they worth it on cores that others use: threads that share a layer wait for the one that was held up, at every
layer anew, so that two of them beside two busy loops do a quarter of what one does alone there.
"""

from dataclasses import dataclass, field
from time import monotonic, process_time

import psutil
import torch
from torch import Tensor, nn

from tlcore.settings import get_settings
from tlcore.train.learning.model import LearningModel

_SHARE = 40_000_000  # multiply-adds of a layer for each thread, about half a millisecond; less is lost in waiting


_WINDOW = 0.5  # seconds in which it is counted what others use; at most twice as many, while somebody looks
_SHORTEST = 0.05  # the system counts in hundredths


@dataclass(frozen=True)
class _Used:
    """Processor seconds until a moment: those of all processes, and of this one."""

    at: float
    by_all: float
    by_this: float


def _used() -> _Used:
    times = psutil.cpu_times()
    idle = times.idle + getattr(times, "iowait", 0.0)
    guests = getattr(times, "guest", 0.0) + getattr(times, "guest_nice", 0.0)  # counted among the others, too
    return _Used(monotonic(), sum(times) - guests - idle, process_time())


@dataclass
class Surroundings:
    """What other processes use of the cores, as far as this one has looked at it."""

    _older: _Used = field(default_factory=_used)
    _newer: _Used = field(default_factory=_used)

    def look(self) -> float:
        """How many cores others used of late, 0 where nobody looked before: whoever waits for work looks meanwhile."""
        now = _used()
        if now.at - self._newer.at > _WINDOW:
            self._older, self._newer = self._newer, now
        seconds, by_this = now.at - self._older.at, now.by_this - self._older.by_this
        return max(0.0, now.by_all - self._older.by_all - by_this) / seconds if seconds > _SHORTEST else 0.0


surroundings = Surroundings()
_wanted = 1


def free(most: int) -> int:
    """The threads, from 1 to `most`, for which there are cores that others leave; all, where their number was set.

    On a machine that others use now and then, equal runs may so differ in how sums are rounded.
    """
    if most < 2 or get_settings().threads:
        return most
    return max(1, min(most, round((psutil.cpu_count() or most) - surroundings.look())))


def take(most: int) -> None:
    """Set this process's threads for work that is worth `most`, now and whenever they are adjusted."""
    global _wanted  # noqa: PLW0603 - torch's own number of threads is the process's, too
    _wanted = most
    adjust()


def adjust() -> None:
    """Set the threads of the work at hand anew, by what others use now."""
    torch.set_num_threads(free(_wanted))


def worth(layer_work: float, most: int) -> int:
    """The threads, from 1 to `most`, for layers of on average `layer_work` multiply-adds a step."""
    return max(1, min(most, int(layer_work / _SHARE)))


def use(model: LearningModel, entry: int, stop: int | None, batch: int, most: int) -> None:
    """Set the threads for batches that run stages `entry` to `stop` (None: to the end, the head included)."""
    on_cpu = model.device.name == "cpu"
    take(worth(batch * layer_work(model, entry, stop), most) if on_cpu else most)


def layer_work(model: LearningModel, entry: int, stop: int | None) -> float:
    """The mean multiply-adds of a convolution or dense layer in these stages, for one image of the full size."""
    parts = [*model.staged.stages[entry:stop], *([model.staged.head] if stop is None else [])]
    layers = [layer for part in parts for layer in part.modules() if isinstance(layer, nn.Conv2d | nn.Linear)]
    if entry == len(model.staged.stages):  # the head reads one vector an image
        return _mean([layer.weight.numel() for layer in layers])
    sums: list[int] = []

    def count(layer: nn.Module, _inputs: tuple[Tensor, ...], output: Tensor) -> None:
        sums.append(output[0].numel() * layer.weight[0].numel())  # type: ignore[index]

    hooks = [layer.register_forward_hook(count) for layer in layers]
    try:
        _run_once(model, stop)
    finally:
        for hook in hooks:
            hook.remove()
    return _mean(sums)


def _run_once(model: LearningModel, stop: int | None) -> None:
    crop = model.plan.preprocessing.crop
    model.eval_mode()
    with torch.no_grad(), model.autocast():
        features = model.staged.features(model.to_device(torch.zeros(1, 3, crop, crop)), 0, stop)
        if stop is None:
            model.staged.head(features)


def _mean(values: list[int]) -> float:
    return sum(values) / max(1, len(values))
