"""Decoded windows: each equals what decoding that image alone gives."""

from pathlib import Path

import numpy as np
import pytest

from tests.conftest import ImageSet, draw, store_images
from tlcore.data.pixels import arrays, shards
from tlcore.data.pixels.blobs import BlobStore
from tlcore.data.pixels.decode import training_window
from tlcore.errors import NotFoundError
from tlcore.zoo.network import Preprocessing

PREP = Preprocessing(resize=36, crop=32)


@pytest.fixture
def blobs(shapes: ImageSet) -> list[str]:
    """Eight images of the generated set."""
    return [example.blob for example in shapes.dataset.examples[:8]]


def test_each_window_equals_decoding_that_image_alone(shapes: ImageSet, blobs: list[str], tmp_path: Path) -> None:
    windows = arrays.windows(blobs, PREP, shapes.blobs, tmp_path).all()
    assert windows.shape == (8, 36, 36, 3)
    assert windows.dtype == np.uint8
    for window, blob in zip(windows, blobs, strict=True):
        np.testing.assert_array_equal(window, training_window(shapes.blobs.image(blob), PREP))


def test_images_of_any_shape_give_square_windows(tmp_path: Path) -> None:
    store = BlobStore(tmp_path / "blobs")
    rng = np.random.default_rng(0)
    odd = [("rings", f"{w}x{h}", draw("rings", rng, w, h)) for w, h in ((33, 90), (90, 33), (9, 8), (36, 36))]
    blobs = [image.blob for image in store_images(odd, store)]
    windows = arrays.windows(blobs, PREP, store, tmp_path / "cache").all()
    assert windows.shape == (4, 36, 36, 3)
    assert len({window.tobytes() for window in windows}) == 4


def test_only_new_images_are_decoded(
    shapes: ImageSet, blobs: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    arrays.windows(blobs[:5], PREP, shapes.blobs, tmp_path)
    decoded: list[str] = []
    own = BlobStore.image
    monkeypatch.setattr(BlobStore, "image", lambda self, blob: decoded.append(blob) or own(self, blob))
    told: list[tuple[int, int]] = []
    arrays.windows(blobs, PREP, shapes.blobs, tmp_path, lambda done, total: told.append((done, total)))
    assert sorted(decoded) == sorted(blobs[5:])
    assert told == [(1, 3), (2, 3), (3, 3)]


@pytest.mark.parametrize(
    "other",
    [
        Preprocessing(resize=40, crop=32),
        Preprocessing(resize=36, crop=31),
        Preprocessing(resize=36, crop=32, interpolation="bicubic"),
    ],
)
def test_another_preprocessing_is_decoded_anew(
    shapes: ImageSet, blobs: list[str], tmp_path: Path, other: Preprocessing
) -> None:
    arrays.windows(blobs, PREP, shapes.blobs, tmp_path)
    windows = arrays.windows(blobs[:1], other, shapes.blobs, tmp_path).all()
    np.testing.assert_array_equal(windows[0], training_window(shapes.blobs.image(blobs[0]), other))
    assert len(list(tmp_path.rglob("*.npy"))) == 2


def test_normalisation_alone_shares_the_pixels(shapes: ImageSet, blobs: list[str], tmp_path: Path) -> None:
    arrays.windows(blobs, PREP, shapes.blobs, tmp_path)
    half = Preprocessing(resize=36, crop=32, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
    arrays.windows(blobs, half, shapes.blobs, tmp_path)
    assert len(list(tmp_path.rglob("*.npy"))) == 1


def test_an_image_that_is_gone_leaves_no_half_shard(shapes: ImageSet, blobs: list[str], tmp_path: Path) -> None:
    with pytest.raises(NotFoundError):
        arrays.windows([*blobs, "0" * 64], PREP, shapes.blobs, tmp_path)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []


def test_no_images_are_no_rows(shapes: ImageSet, tmp_path: Path) -> None:
    assert len(arrays.windows([], PREP, shapes.blobs, tmp_path)) == 0


def test_what_vanishes_while_the_rest_is_decoded_is_decoded_again(
    shapes: ImageSet, blobs: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody else deletes an image that shares a shard with four of these."""
    arrays.windows(blobs[:4], PREP, shapes.blobs, tmp_path)
    own, calls = arrays._decode, []

    def decode(missing: tuple[str, ...], *rest: object) -> None:
        calls.append(missing)
        own(missing, *rest)  # type: ignore[arg-type]
        if len(calls) == 1:
            shards.forget(tmp_path, blobs[:1])

    monkeypatch.setattr(arrays, "_decode", decode)
    rows = arrays.windows(blobs, PREP, shapes.blobs, tmp_path).all()
    assert calls == [tuple(blobs[4:]), tuple(blobs[:4])]
    np.testing.assert_array_equal(rows[0], training_window(shapes.blobs.image(blobs[0]), PREP))
