"""Where a network of timm can be cut into stages: by its `feature_info`, as far as its modules run in a row.

A module runs in a row if each of its parts is called once, on the very tensor that the part before it gave, and gives
what the module gives. Then the parts one after another are the module, whatever its forward looks like. What is not
made so, for a class token is put before patches or branches are joined, can't be cut there.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from tlcore.zoo.network import Stage

if TYPE_CHECKING:
    from torch import Tensor, nn

_LAST = "last"
_UNSAID = "timm says nothing of its stages"
_NO_CLASSIFIER = "it does not end in one layer that classifies"
_NO_ROW = "its stages and its classifier are not one row of modules, each of which reads what the one before it gives"


@dataclass(frozen=True)
class Cut:
    """The stages of a network, and the path of its classifier, a convolution where it is `pooled` before.

    `why_not` says why there are none.
    """

    stages: tuple[Stage, ...] = ()
    head: str = ""
    pooled: bool = False
    why_not: str = ""


@dataclass(frozen=True)
class _Call:
    """One call of a module: its path, and the tensors that it was given and gave; None where these are not one each."""

    path: str
    given: "Tensor | None"
    made: "Tensor | None"


def cut(network: "nn.Module", image: "Tensor") -> Cut:
    """Cut a network of timm, run once on an image; on the meta device that takes no memory."""
    from torch import nn

    calls = _calls(network, image)
    head = str(network.pretrained_cfg.get("classifier") or "")  # type: ignore[union-attr, operator]
    boundaries = [str(info["module"]) for info in getattr(network, "feature_info", None) or ()]
    classifier = dict(network.named_modules()).get(head) if head else None
    if not boundaries:
        return Cut(why_not=_UNSAID)
    if not isinstance(classifier, nn.Linear | nn.Conv2d):
        return Cut(why_not=_NO_CLASSIFIER)
    parts = _expanded(calls, [*boundaries, head])
    if head not in parts or any(not _is_idle(network, part) for part in parts[parts.index(head) + 1 :]):
        return Cut(why_not=_NO_ROW)
    parts = parts[: parts.index(head)]
    ends = [i for i, part in enumerate(parts) if any(path == part or _lies_in(path, part) for path in boundaries)]
    if not ends:
        return Cut(why_not=_NO_ROW)
    stages = tuple(_stages(network, parts, ends))
    if isinstance(classifier, nn.Linear):
        return Cut(stages, head)
    last = Stage(stages[-1].name, (*stages[-1].parts, "@gap", "@flatten"))
    return Cut((*stages[:-1], last), head, pooled=True)


def _calls(network: "nn.Module", image: "Tensor") -> list[_Call]:
    """Every call of a module, in the order in which they end."""
    from torch import no_grad

    calls: list[_Call] = []
    handles = [
        module.register_forward_hook(
            lambda _module, given, made, path=path: calls.append(_Call(path, _only(given), _only((made,))))
        )
        for path, module in network.named_modules()
    ]
    try:
        with no_grad():
            network.eval()(image)
    finally:
        for handle in handles:
            handle.remove()
    return calls


def _only(values: tuple[Any, ...]) -> "Tensor | None":
    from torch import Tensor

    return values[0] if len(values) == 1 and isinstance(values[0], Tensor) else None


def _expanded(calls: list[_Call], wanted: list[str]) -> list[str]:
    """The parts of the network in a row, each taken apart as long as something wanted lies within it."""
    parts, place = [""], 0
    while place < len(parts):
        path = parts[place]
        inner = _row(calls, path) if any(_lies_in(other, path) for other in wanted) else []
        parts[place : place + 1] = inner or [path]
        place += not inner
    return parts


def _lies_in(path: str, other: str) -> bool:
    return path != other and (not other or path.startswith(f"{other}."))


def _row(calls: list[_Call], path: str) -> list[str]:
    """The parts of a module that runs in a row; empty for one that does not."""
    [own, *again] = [call for call in calls if call.path == path]
    within = [call for call in calls if _lies_in(call.path, path)]
    called = {call.path for call in within}
    tops = [call for call in within if not any(_lies_in(call.path, other) for other in called)]
    passed = own.given
    for call in tops:
        if call.given is not passed or call.made is None:
            return []
        passed = call.made
    once = len({call.path for call in tops}) == len(tops)
    return [call.path for call in tops] if once and not again and passed is own.made is not None else []


def _stages(network: "nn.Module", parts: list[str], ends: list[int]) -> Iterator[Stage]:
    """A stem, the stages of `feature_info`, and what is left before the classifier where that learns much."""
    apart = _is_heavy(network, parts[ends[0]]) and any(_is_heavy(network, part) for part in parts[: ends[0]])
    begin, number = ends[0] + (not apart), 1
    yield Stage("stem", tuple(parts[:begin]))
    for end in ends:
        last = end == ends[-1] and not any(_is_heavy(network, part) for part in parts[end + 1 :])
        stop = len(parts) if last else end + 1
        if stop > begin:
            yield Stage(f"stage{number}", tuple(parts[begin:stop]))
            begin, number = stop, number + 1
    if begin < len(parts):
        yield Stage(_LAST, tuple(parts[begin:]))


def _is_idle(network: "nn.Module", path: str) -> bool:
    from torch import nn

    return isinstance(network.get_submodule(path), nn.Identity | nn.Flatten)


def _is_heavy(network: "nn.Module", path: str) -> bool:
    from torch import nn

    return any(isinstance(module, nn.Conv2d | nn.Linear) for module in network.get_submodule(path).modules())
