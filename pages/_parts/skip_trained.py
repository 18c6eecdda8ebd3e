"""Which trained networks are looked at: those of the races, and of finished runs."""

from collections.abc import Callable, Iterable

import streamlit as st

from pages._parts import skip_lesions, skip_surface
from pages._parts.run_jobs import Stored, Subject
from pages._parts.session import owner, services
from pages._parts.skip_race import KIND, title_of
from tlcore.gradients.degradation import stored
from tlcore.jobs.asked import LesionSpec, SurfaceSpec
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
    draw_carried: Callable[[dict[str, Stored]], None],
    kind: str,
) -> None:
    subjects = {subject.id: subject for subject in [*_raced(), *_trained(suits)]}
    if not subjects:
        st.info(
            "These are two networks of the race that came with Transfer Lab. Race under Degradation, or train a "
            "ResNet, to measure networks of your own.",
            icon=":material/flag:",
        )
        draw_carried(_carried(kind))
        return
    linked = list(dict.fromkeys(one for one in st.query_params.get_all("of") if one in subjects))[:_MOST]
    chosen = st.multiselect(
        "Trained networks", list(subjects), linked or _first(subjects), format_func=lambda one: subjects[one].name,
        max_selections=_MOST, key="of", help="One, or two beside each other: of races, and of your finished runs.",
    )  # fmt: skip
    st.query_params["of"] = chosen
    draw(*(subjects[one] for one in chosen), meanwhile=_carried(kind))


def _carried(kind: str) -> dict[str, Stored]:
    """What was measured on networks of the race that the project carries."""
    specs: dict[str, type[Spec]] = {"lesions": LesionSpec, "surface": SurfaceSpec}
    return {
        title_of(network): Stored(
            network, specs[kind].of({"run": "0" * 16, **found.get(f"{kind}_spec", {})}), found[kind]
        )
        for network, found in stored().probed.items()
    }


def _first(subjects: Iterable[str]) -> list[str]:
    """The plain and the residual network of the newest race; else the newest run's."""
    raced = [one for one in subjects if one.rpartition("/")[2] in _FIRST][: len(_FIRST)]
    return raced or list(subjects)[:1]


def _raced() -> Iterable[Subject]:
    for run in services().runs.of_kind(owner(), KIND):
        if run.state == "done":
            for lap in (run.result or {}).get("laps", ()):
                name = lap["network"]
                yield Subject(f"{run.id}/{name}", f"{title_of(name)}, raced on {run.collection_name}")


def _trained(suits: Callable[[str], bool]) -> Iterable[Subject]:
    for run in services().runs.all(owner()):
        if run.state == "done" and suits(registry.get(run.spec.backbone).family):
            yield Subject(run.id, run.name)
