"""Large sets decoded into memory: every image once, in the data set's order, at the pixels that prediction uses."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import psutil
import pytest

from tests.conftest import draw_set
from tlcore.data.pixels.decode import canonical, training_window
from tlcore.data.pixels.pool import read_pool
from tlcore.errors import LimitExceededError, NotEnoughImagesError
from tlcore.zoo.network import Preprocessing

PREP = Preprocessing(resize=40, crop=32)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Two classes, in a training and a validation part."""
    for part, seed, each in (("train", 1, 5), ("val", 2, 3)):
        for label, name, image in draw_set(("checks", "rings"), each, seed):
            target = tmp_path / part / label / name
            target.parent.mkdir(parents=True, exist_ok=True)
            image.save(target)
    return tmp_path


def test_windows_lie_in_the_data_sets_order(folder: Path) -> None:
    pool = read_pool(folder, PREP)
    assert pool.dataset.classes == ("checks", "rings")
    assert {part: len(windows) for part, windows in pool.windows.items()} == {"train": 10, "val": 6, "test": 0}
    for part in ("train", "val"):
        for example, window in zip(pool.dataset.of(part), pool.windows[part], strict=True):  # type: ignore[index,arg-type]
            assert np.array_equal(window, training_window(canonical((folder / example.name).read_bytes()), PREP))


def test_another_order_of_classes_moves_the_windows_along(folder: Path) -> None:
    pool = read_pool(folder, PREP)
    turned = pool.in_order(("rings", "checks"))
    assert turned.dataset.classes == ("rings", "checks")
    for part in ("train", "val"):
        for example, window in zip(turned.dataset.of(part), turned.windows[part], strict=True):  # type: ignore[index,arg-type]
            assert f"/{turned.dataset.classes[example.label]}/" in example.name
            assert np.array_equal(window, training_window(canonical((folder / example.name).read_bytes()), PREP))
    assert turned.in_order(pool.dataset.classes).dataset == pool.dataset


def test_what_is_understood_of_folders_is_said(folder: Path) -> None:
    (folder / "train" / "owls").mkdir()
    (folder / "train" / "owls" / "1.png").write_bytes(b"no image")
    pool = read_pool(folder, PREP)
    assert pool.read_as.startswith("The folders in 'train' and 'val' are taken for classes ('checks', 'owls' and")
    assert pool.lost.startswith("The class 'owls' is missing")


def test_a_set_without_parts_is_split_as_uploads_are(folder: Path) -> None:
    pool = read_pool(folder / "train", PREP)
    assert (pool.dataset.count("train"), pool.dataset.count("val")) == (8, 2)


def test_copies_share_their_pixels(folder: Path) -> None:
    copy = folder / "train" / "checks" / "copy.png"
    copy.write_bytes((folder / "train" / "checks" / "checks-00.png").read_bytes())
    pool = read_pool(folder, PREP)
    rows = [i for i, e in enumerate(pool.dataset.of("train")) if e.name.endswith(("copy.png", "checks-00.png"))]
    assert len(rows) == 2
    assert np.array_equal(*pool.windows["train"][rows])


def test_what_cannot_be_read_is_listed(folder: Path) -> None:
    (folder / "train" / "rings" / "broken.png").write_bytes(b"no image")
    (folder / "stray.png").write_bytes((folder / "train" / "rings" / "rings-00.png").read_bytes())
    pool = read_pool(folder, PREP)
    assert {item.file: item.reason for item in pool.skipped} == {
        "train/rings/broken.png": "not a JPEG, PNG, WebP, BMP or GIF image",
        "stray.png": "in no class folder",
    }
    assert len(pool.windows["train"]) == 10


def test_a_set_that_memory_cannot_hold_is_a_sentence(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(psutil, "virtual_memory", lambda: SimpleNamespace(available=1000))
    with pytest.raises(LimitExceededError, match=r"16 images of 40 pixels need 0\.0 GB of memory"):
        read_pool(folder, PREP)


def test_progress_ends_with_every_file(folder: Path) -> None:
    told: list[tuple[int, int]] = []
    read_pool(folder, PREP, progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (16, 16)


def test_one_class_is_a_sentence(folder: Path) -> None:
    with pytest.raises(NotEnoughImagesError):
        read_pool(folder / "train" / "rings", PREP)
