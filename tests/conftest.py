"""Fixtures that every test may use: an isolated home, generated images, and a small backbone trained on the spot."""

import colorsys
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from filelock import FileLock
from hypothesis import settings as hypothesis_settings
from PIL import Image

from tests.timing import (  # noqa: F401 - hooks
    pytest_runtest_makereport,
    pytest_runtest_protocol,
    pytest_runtest_setup,
    pytest_sessionfinish,
    pytest_terminal_summary,
)
from tlcore.data.dataset import Dataset, LabelledImage, freeze
from tlcore.data.ingest import reading, sandbox
from tlcore.data.ingest.report import IngestJob, IngestReport
from tlcore.data.pixels.blobs import BlobStore
from tlcore.data.pixels.decode import stored_bytes
from tlcore.settings import Settings, get_settings
from tlcore.train.events import Finished
from tlcore.wording import Progress
from tlcore.zoo import weights

MEMORY = Path("/dev/shm")
ROOM_BYTES = 4e9  # what is kept there at once is far less
# One thread a process: spinning OpenMP threads on shared cores cost more than they give networks this small.
if "PYTEST_VERSION" in os.environ:  # what measures takes a few things from here too
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    # Tests write thousands of small files, and half of their time would be waiting for a disk to forget them again.
    if "TMPDIR" not in os.environ and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ROOM_BYTES:
        os.environ["TMPDIR"], tempfile.tempdir = str(MEMORY), None
# The machines that run this are shared and slow now and then, and a failure must come back on every run.
hypothesis_settings.register_profile("lab", deadline=None, derandomize=True, database=None, max_examples=60)
hypothesis_settings.load_profile("lab")

BACKBONE = "shufflenet_v2_x0_5"
BACKBONE_CLASSES = ("checks", "columns", "discs", "diagonals", "rings", "rows")
SHAPE_CLASSES = ("checks", "discs", "rings", "rows")
_KEPT_VARIABLES = {"TLCORE_TEST_DATA"}


def finished_with(**values: Any) -> Finished:
    """The result of a training: these values, and some for the rest."""
    usual = {
        "accuracy": 0.5, "correct": 10, "seen": 20, "val_loss": 0.7, "best_epoch": 1, "epochs_done": 1,
        "stopped": False, "seconds": 1.0, "seconds_by_phase": {}, "train_images": 40, "val_images": 20, "device": "cpu",
    }  # fmt: skip
    return Finished(**{**usual, **values})


def _waves(angle: float) -> Callable[..., np.ndarray]:
    def wave(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        across = x * np.cos(angle) + y * np.sin(angle)
        return np.sin(2 * np.pi * rng.uniform(4, 7) * across + rng.uniform(0, 2 * np.pi))

    return wave


def _rings(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    centre = rng.uniform(0.3, 0.7, 2)
    return np.sin(2 * np.pi * rng.uniform(5, 8) * np.hypot(x - centre[0], y - centre[1]))


def _checks(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    waves = 2 * np.pi * rng.uniform(2, 4)
    return np.sign(np.sin(waves * x + rng.uniform(0, 6)) * np.sin(waves * y + rng.uniform(0, 6)))


def _disc(x: np.ndarray, y: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    centre = rng.uniform(0.4, 0.6, 2)
    return np.where(np.hypot(x - centre[0], y - centre[1]) < rng.uniform(0.2, 0.35), 1.0, -1.0)


_PATTERNS = {
    "checks": _checks,
    "columns": _waves(0),
    "diagonals": _waves(np.pi / 4),
    "discs": _disc,
    "rings": _rings,
    "rows": _waves(np.pi / 2),
}
_HUES = {name: position / len(_PATTERNS) for position, name in enumerate(sorted(_PATTERNS))}


def draw(name: str, rng: np.random.Generator, width: int = 64, height: int = 64) -> Image.Image:
    """One noisy image of a pattern; each pattern has a hue of its own, which varies a little."""
    y, x = np.mgrid[0:height, 0:width] / min(width, height)
    share = (_PATTERNS[name](x, y, rng)[..., None] + 1) / 2
    hue = (_HUES[name] + rng.normal(0, 0.02)) % 1
    ink = np.array(colorsys.hsv_to_rgb(hue, rng.uniform(0.7, 1), rng.uniform(0.7, 1)))
    values = rng.uniform(0, 0.4) * (1 - share) + ink * share + rng.normal(0, 0.05, (height, width, 3))
    return Image.fromarray((values.clip(0, 1) * 255).astype(np.uint8))


def draw_set(names: Iterable[str], each: int, seed: int) -> Iterator[tuple[str, str, Image.Image]]:
    """A set of images as (class, file name, image), the same at every call."""
    rng = np.random.default_rng(seed)
    for name in names:
        for number in range(each):
            yield name, f"{name}-{number:02d}.png", draw(name, rng)


def store_images(images: Iterable[tuple[str, str, Image.Image]], blobs: BlobStore) -> list[LabelledImage]:
    """Put images into a blob store as ingest does, without its process."""
    blobs.root.mkdir(parents=True, exist_ok=True)
    labelled = []
    for label, name, image in images:
        data = stored_bytes(image)
        blob = hashlib.sha256(data).hexdigest()
        staged = blobs.root / f"staged-{blob}"
        staged.write_bytes(data)
        blobs.adopt(staged, blob)
        labelled.append(LabelledImage(blob=blob, label=label, name=name))
    return labelled


@dataclass(frozen=True)
class ImageSet:
    """A frozen data set and the store that holds its images."""

    dataset: Dataset
    blobs: BlobStore


@dataclass(frozen=True)
class Backbone:
    """A small trained network whose weights lie in `folder` as NAME.safetensors."""

    name: str
    folder: Path
    classes: tuple[str, ...]
    accuracy: float

    @property
    def file(self) -> Path:
        """The weights file."""
        return self.folder / f"{self.name}.safetensors"


@pytest.fixture(scope="session", autouse=True)
def _session_environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test reads or writes this machine's own home, settings or downloaded weights."""
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith("TLCORE_") and name not in _KEPT_VARIABLES]:
            patch.delenv(name)
        patch.setenv("TLCORE_HOME", str(tmp_path_factory.mktemp("session-home")))
        patch.setenv("TLCORE_THREADS", "1")
        patch.setenv("TORCH_HOME", str(tmp_path_factory.mktemp("torch-home")))
        get_settings.cache_clear()
        yield
        get_settings.cache_clear()


@pytest.fixture(autouse=True)
def _isolated(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    """A home of its own for each test; pretrained weights only for a test that asks for them by a fixture."""
    monkeypatch.setenv("TLCORE_HOME", str(tmp_path / "home"))
    if "carried" not in request.fixturenames:
        carry(monkeypatch, tmp_path / "backbones")
    if "throwaway_backbone" in request.fixturenames:
        monkeypatch.setenv("TLCORE_WEIGHTS", str(request.getfixturevalue("throwaway_backbone").folder))
    else:
        monkeypatch.delenv("TLCORE_WEIGHTS", raising=False)
    get_settings.cache_clear()
    yield
    get_settings.cache_clear()


def carry(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """Take another folder for that of the networks which the project carries, and no package for one with weights."""
    monkeypatch.setattr(Settings, "embedded_backbones", property(lambda _self: folder))
    monkeypatch.setattr(weights, "package_folder", lambda _module: None)


@pytest.fixture
def carried() -> Path:
    """The folder of the networks that the project really carries."""
    return get_settings().embedded_backbones


@pytest.fixture
def embedded_backbone(throwaway_backbone: "Backbone", tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> "Backbone":
    """The throwaway backbone as if the project carried it, with a card of its own; nothing lies in TLCORE_WEIGHTS."""
    folder = tmp_path / "backbones"
    folder.mkdir()
    shutil.copy(throwaway_backbone.file, folder)
    (folder / f"{BACKBONE}.md").write_text("# Throwaway\n\nTrained on the spot on six kinds of patterns.\n")
    (folder / f"{BACKBONE}.json").write_text(json.dumps({"top1": throwaway_backbone.accuracy}))
    row = {"target": "digits", "images": 10, "seed": 0, "accuracy": 0.75}
    rows = [{**row, "method": method} for method in ("transfer", "scratch", "random")]
    (folder / f"{BACKBONE}.transfer.jsonl").write_text("\n".join(map(json.dumps, rows)))
    monkeypatch.delenv("TLCORE_WEIGHTS")
    get_settings.cache_clear()
    return replace(throwaway_backbone, folder=folder)


def read_here(job: IngestJob, staging: Path, _progress: Progress, settings: Settings) -> IngestReport:
    """The reader of uploads without its process, which takes half a second and is the same for every upload."""
    sandbox.write_answer(job, settings.limits)
    return reading._answer(staging / sandbox.REPORT, 0, settings)


@pytest.fixture
def reads_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Uploads are read in this process, for tests of what becomes of them."""
    monkeypatch.setattr(reading, "_run_reader", read_here)


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """New databases are copies of one that has all migrations; applying them takes as long as a small test."""
    from tlcore.jobs.store import database, migrate

    template, upgrade = tmp_path_factory.mktemp("migrated") / "lab.db", migrate.upgrade
    engine = database.open_engine(f"sqlite:///{template}")
    upgrade(engine)
    engine.dispose()

    def copied(engine: Any, revision: str = "head") -> None:
        is_new = engine.dialect.name == "sqlite" and not Path(engine.url.database).exists()
        shutil.copy(template, engine.url.database) if is_new else upgrade(engine, revision)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(migrate, "upgrade", copied)
        yield


@pytest.fixture(scope="session")
def photographs() -> Path:
    """The folder of photographs that TLCORE_TEST_DATA names."""
    folder = Path(os.environ.get("TLCORE_TEST_DATA", ""))
    if not os.environ.get("TLCORE_TEST_DATA") or not folder.is_dir():
        pytest.skip("TLCORE_TEST_DATA does not name a folder of photographs")
    return folder


@pytest.fixture(scope="session")
def image_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four classes of 24 generated PNG images, one folder per class."""
    root = tmp_path_factory.mktemp("shapes")
    for label, name, image in draw_set(SHAPE_CLASSES, each=24, seed=1):
        (root / label).mkdir(exist_ok=True)
        image.save(root / label / name)
    return root


@pytest.fixture(scope="session")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> ImageSet:
    """The images of `image_folder` as a data set: 16 + 5 + 3 or so of each class for train, val and test."""
    blobs = BlobStore(tmp_path_factory.mktemp("shape-blobs"))
    return ImageSet(freeze(store_images(draw_set(SHAPE_CLASSES, each=24, seed=1), blobs)), blobs)


@pytest.fixture(scope="session")
def throwaway_backbone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Backbone]:
    """A small network, trained here from scratch on six kinds of patterns; TLCORE_WEIGHTS names its folder.

    The first process trains it for all that run the tests together.
    """
    base = tmp_path_factory.getbasetemp()
    folder = (base.parent if "PYTEST_XDIST_WORKER" in os.environ else base) / "throwaway"
    found = folder.with_suffix(".json")
    with FileLock(folder.with_suffix(".lock")):
        if not found.exists():
            folder.mkdir(exist_ok=True)
            made = train_backbone(folder, tmp_path_factory.mktemp("backbone-run"))
            found.write_text(json.dumps([made.classes, made.accuracy]))
    classes, accuracy = json.loads(found.read_text())
    backbone = Backbone(BACKBONE, folder, tuple(classes), accuracy)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TLCORE_WEIGHTS", str(folder))
        get_settings.cache_clear()
        yield backbone


def train_backbone(folder: Path, work: Path) -> Backbone:
    """Train the small network in `work`, and put its weights into `folder`."""
    from safetensors.torch import save_file

    from tlcore.train import trained
    from tlcore.train.device import Device
    from tlcore.train.recipe.spec import TrainSpec
    from tlcore.train.run import RunContext, train

    spec = TrainSpec(
        backbone=BACKBONE,
        strategy="scratch",
        image_size=64,
        epochs=5,
        batch_size=8,
        optimizer="adamw",
        lr=5e-3,
        augmentation="none",
        warmup_epochs=1,
        precision="float32",
    )
    blobs = BlobStore(work / "blobs")
    dataset = freeze(store_images(draw_set(BACKBONE_CLASSES, each=32, seed=0), blobs))
    device = Device("cpu", bf16=False, title="CPU")
    context = RunContext("throwaway", device, blobs, work / "cache", work / "run", threads=1, checkpoints=False)
    *_, finished = train(spec, dataset, context)
    assert isinstance(finished, Finished)
    state = trained.load(work / "run").staged.network.state_dict()
    metadata = {"format": "pt", "classes": json.dumps(dataset.classes)}
    save_file(state, folder / f"{BACKBONE}.safetensors", metadata=metadata)
    return Backbone(BACKBONE, folder, dataset.classes, finished.accuracy)
