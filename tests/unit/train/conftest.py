"""Training in small: a spec, a run and its pieces on the generated images at 32 pixels."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.conftest import BACKBONE, Backbone, ImageSet
from tlcore.data.dataset import Dataset
from tlcore.data.ingest.report import Part
from tlcore.data.pixels import arrays
from tlcore.data.pixels.shards import Rows
from tlcore.events import Event
from tlcore.train.device import Device
from tlcore.train.judging.evaluation import Predictions, predict_batches, predictions_of
from tlcore.train.learning import inputs
from tlcore.train.learning.loop import Loop
from tlcore.train.learning.model import LearningModel, build
from tlcore.train.recipe.plan import Phase, Plan, make_plan
from tlcore.train.recipe.spec import TrainSpec
from tlcore.train.run import RunContext, train

CPU = Device("cpu", bf16=False, title="CPU")


def spec_of(**values: Any) -> TrainSpec:
    """A quick spec: 32 pixels, no augmentation, two epochs of batches of 16, in single precision."""
    defaults = {
        "backbone": BACKBONE,
        "image_size": 32,
        "epochs": 2,
        "batch_size": 16,
        "augmentation": "none",
        "precision": "float32",
    }
    return TrainSpec.of({**defaults, **values})


@dataclass
class Lab:
    """The images and folders of one test, and the pieces of a run on them."""

    images: ImageSet
    cache: Path
    folder: Path
    device: Device = CPU
    should_stop: Callable[[], bool] = field(default=lambda: False)

    def context(self, folder: str = "run", *, checkpoints: bool = True) -> RunContext:
        """The context of a run in that folder."""
        return RunContext(
            "run-1",
            self.device,
            self.images.blobs,
            self.cache,
            self.folder / folder,
            threads=1,
            checkpoints=checkpoints,
            should_stop=self.should_stop,
        )

    def events(self, spec: TrainSpec, folder: str = "run") -> Iterator[Event]:
        """Train."""
        return train(spec, self.images.dataset, self.context(folder))

    def train(self, spec: TrainSpec, folder: str = "run", *, checkpoints: bool = True) -> list[Event]:
        """Train to the end."""
        return list(train(spec, self.images.dataset, self.context(folder, checkpoints=checkpoints)))

    def pieces(self, spec: TrainSpec) -> "Pieces":
        """What `train` puts together, to look at in parts."""
        plan = make_plan(spec)
        model, weights_id = build(spec, len(self.images.dataset.classes), plan, self.device)
        parts: tuple[Part, ...] = ("train", "val", "test")
        windows = {
            part: arrays.windows(
                [e.blob for e in self.images.dataset.of(part)], plan.preprocessing, self.images.blobs, self.cache
            )
            for part in parts
        }
        return Pieces(self, spec, plan, model, weights_id, windows)


@dataclass
class Pieces:
    """A model, its plan and its inputs."""

    lab: Lab
    spec: TrainSpec
    plan: Plan
    model: LearningModel
    weights_id: str
    windows: dict[Part, Rows]

    @property
    def extraction(self) -> inputs.Extraction:
        """The work of running the images through frozen stages."""
        lab, prep = self.lab, self.plan.preprocessing
        return inputs.Extraction(
            self.model, lab.images.dataset, self.windows, self.spec, prep, self.weights_id, lab.cache, lab.should_stop
        )

    def pixels(self) -> inputs.PixelInputs:
        """Inputs that are computed from pixels at every step."""
        return inputs.PixelInputs(self.windows, self.plan.preprocessing, self.spec, self.model)

    def cached(self, phase: Phase) -> inputs.BoundaryInputs:
        """Inputs that were cached where the frozen stages end."""
        list(inputs.extract(self.extraction, phase.first))
        return inputs.boundary_inputs(self.extraction, phase.first)

    def loop(self) -> Loop:
        """The loop at its beginning."""
        return Loop(self.spec, self.plan, self.lab.images.dataset, self.model, self.lab.should_stop)

    def labels(self, part: Part) -> torch.Tensor:
        """The labels of a part."""
        return inputs.labels_of(self.lab.images.dataset.of(part), self.model)

    def predicted(self, fed: inputs.Inputs, phase: Phase) -> Predictions:
        """What the model says of the validation images as it stands."""
        labels = self.labels("val")
        return predictions_of(predict_batches(self.model, fed, "val", len(labels), phase), labels)


@pytest.fixture(scope="session")
def _decoded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache that all tests share, as runs do."""
    return tmp_path_factory.mktemp("shared-cache")


@pytest.fixture
def lab(shapes: ImageSet, throwaway_backbone: Backbone, _decoded: Path, tmp_path: Path) -> Lab:
    """The generated images, the throwaway backbone, a shared cache and a folder of its own."""
    torch.set_num_threads(1)
    return Lab(shapes, _decoded, tmp_path)


@pytest.fixture
def fresh_lab(lab: Lab, tmp_path: Path) -> Lab:
    """A lab whose cache is empty."""
    lab.cache = tmp_path / "cache"
    return lab


@pytest.fixture
def few(lab: Lab) -> Lab:
    """A lab with every fourth image, for what must train all layers."""
    whole = lab.images.dataset
    lab.images = ImageSet(Dataset(classes=whole.classes, examples=whole.examples[::4]), lab.images.blobs)
    return lab
