"""Which trained networks are looked at: those of the races, and of finished runs."""

from collections.abc import Callable, Iterable
from functools import cache, partial
from typing import Any

import streamlit as st

from pages._parts.gradients import skip_lesions, skip_surface
from pages._parts.gradients.skip_race import KIND, title_of
from pages._parts.link_state import linked_many
from pages._parts.session import owner, services
from pages._parts.training.run_jobs import Stored, Subject
from tlcore.gradients.residual.degradation import stored
from tlcore.jobs.kinds.registry import read_event
from tlcore.jobs.kinds.specs import LesionSpec, SurfaceSpec
from tlcore.specs import Spec
from tlcore.zoo import registry

_MOST = 2
_OF_BLOCKS = {"ResNet", "CIFAR ResNet", "ResNeXt", "Wide ResNet"}
_FIRST = ("cifar_plain20", "cifar_resnet20")


def lesions() -> None:
    """Lesions of one or two trained networks that are made of blocks."""
    _of_trained(lambda family: family in _OF_BLOCKS, skip_lesions.lesions, skip_lesions.carried, "lesions")


def surfaces() -> None:
    """The loss around one or two trained networks."""
    _of_trained(lambda _: True, skip_surface.surfaces, skip_surface.carried, "surface")


def _of_trained(
    suits: Callable[[str], bool],
    draw: Callable[..., None],
    draw_carried: Callable[[dict[str, Stored[Any, Any]]], None],
    kind: str,
) -> None:
    subjects = {subject.id: subject for subject in [*_raced(), *_trained(suits)]}
    if not subjects:
        st.caption(
            ":material/flag: These are two networks of the race that came with Transfer Lab. Race under Degradation, "
            "or train a ResNet, to measure networks of your own."
        )
        draw_carried(_carried(kind))
        return
    choice = partial(
        st.multiselect, "Trained networks", list(subjects), format_func=lambda one: subjects[one].name,
        max_selections=_MOST, label_visibility="collapsed", placeholder="One or two trained networks",
    )  # fmt: skip
    chosen = linked_many("of", _first(subjects), subjects, choice, most=_MOST, always=True)
    draw(*(subjects[one] for one in chosen), meanwhile=_carried(kind))


@cache
def _carried(kind: str) -> dict[str, Stored[Any, Any]]:
    """What was measured on networks of the race that the project carries."""
    specs: dict[str, type[Spec]] = {"lesions": LesionSpec, "surface": SurfaceSpec}
    return {
        title_of(network): Stored(
            network,
            specs[kind].of({"run": "0" * 16, **results.get(f"{kind}_spec", {})}),
            read_event(kind, results[kind]),
        )
        for network, results in stored().probed.items()
    }


def _first(subjects: Iterable[str]) -> list[str]:
    """The plain and the residual network of the newest race; else the newest run's."""
    raced = [one for one in subjects if one.rpartition("/")[2] in _FIRST][: len(_FIRST)]
    return raced or list(subjects)[:1]


def _raced() -> Iterable[Subject]:
    for run in services().runs.of_kind(owner(), KIND):
        if run.state == "done":
            for lap in run.result.laps if run.result else ():
                named = f"{title_of(lap.network)}, raced on {run.collection_name}"
                yield Subject(f"{run.id}/{lap.network}", named)


def _trained(suits: Callable[[str], bool]) -> Iterable[Subject]:
    for run in services().runs.all(owner()):
        if run.state == "done" and suits(registry.get(run.spec.backbone).family):
            yield Subject(run.id, run.name)
