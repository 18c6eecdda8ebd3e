"""Somebody who has been here before: sets and finished runs, written into a store before its server starts."""

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from tests.conftest import BACKBONE, ImageSet, finished_with
from tlcore.data.ingest.report import IngestedImage, IngestReport
from tlcore.jobs.belongings.library import Library
from tlcore.jobs.belongings.storage import Storage
from tlcore.jobs.running.queue import Queue
from tlcore.jobs.running.runs import Runs
from tlcore.jobs.store.database import Database
from tlcore.serve.cookie import COOKIE
from tlcore.settings import Settings
from tlcore.train.device import Device
from tlcore.train.recipe.spec import TrainSpec
from tlcore.train.run import RunContext, train

if TYPE_CHECKING:
    from tests.e2e.conftest import Person

OWNER = "furnished-" * 3 + "ab"
SPEC = TrainSpec(backbone=BACKBONE, epochs=1, image_size=32, views=1, augmentation="none", precision="float32")
ACCURACIES = (0.5, 0.7, 0.6)


@dataclass(frozen=True)
class Furnished:
    """What the person of that cookie has: the ids of three image sets, and of three runs of the first one."""

    url: str
    sets: tuple[str, ...]
    runs: tuple[str, ...]

    def visited_by(self, person: "Person") -> "Person":
        """Give a browser the cookie of this person."""
        person.context.add_cookies([{"name": COOKIE, "value": OWNER, "url": self.url}])
        return person


def furnish(home: Path, url: str, shapes: ImageSet) -> Furnished:
    """Make the sets, and the runs, of which the second one is said to be the best.

    No server may run on that home yet, or its worker would take the runs first.
    """
    settings = Settings(home=home)
    database = Database(settings)
    library, runs, queue = Library(database), Runs(database, settings), Queue(database, settings)
    shutil.copytree(shapes.blobs.root, Storage(database, settings).blobs.root, dirs_exist_ok=True)
    sets = tuple(library.create(OWNER, name).id for name in ("Patterns", "More patterns", "Nothing yet"))
    for collection in sets[:2]:
        library.add(OWNER, collection, _report(shapes), lambda: None)
    made: list[str] = []
    for accuracy in ACCURACIES:
        run = runs.submit(
            OWNER, SPEC, shapes.dataset, name=f"Run {len(made) + 1}", collection=sets[0], collection_name="Patterns"
        )
        claim = queue.claim("furnishing")
        assert claim is not None
        _learned(settings, run.id, shapes, made)
        queue.finish(run.id, claim.run.attempt, "done", result=finished_with(accuracy=accuracy))
        made.append(run.id)
    return Furnished(url, sets, tuple(made))


def _learned(settings: Settings, run: str, shapes: ImageSet, made: list[str]) -> None:
    """The first run learns; the others have the same model."""
    folder = settings.runs / run
    if made:
        shutil.copytree(settings.runs / made[0], folder)
        return
    device = Device("cpu", bf16=False, title="CPU")
    list(
        train(SPEC, shapes.dataset, RunContext(run, device, shapes.blobs, settings.cache, folder, 1, checkpoints=False))
    )


def _report(shapes: ImageSet) -> IngestReport:
    classes = shapes.dataset.classes
    images = tuple(
        IngestedImage(blob=e.blob, label=classes[e.label], name=e.name, width=64, height=64, bytes=1000)
        for e in shapes.dataset.examples
    )
    return IngestReport(images=images, skipped=(), warnings=())
