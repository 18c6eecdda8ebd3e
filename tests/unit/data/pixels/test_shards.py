"""Derived rows: found again by the image's hash, whichever data set asks."""

import os
from pathlib import Path

import numpy as np
import pytest

from tlcore.data.pixels import shards
from tlcore.data.pixels.shards import ShardStore, clear, evict, forget

BLOBS = tuple(f"{letter * 64}" for letter in "abcdef")
ROW_BYTES = 5 * 4
HEADER = 128  # of a .npy file, version 1.0


def row(blob: str) -> np.ndarray:
    """The row of an image: its letter's number, five times."""
    return np.full(5, ord(blob[0]), dtype=np.float32)


def fill(store: ShardStore, *blobs: str) -> None:
    """Write one shard of these images."""
    shard = store.create(blobs, (5,), "float32")
    for position, blob in enumerate(blobs):
        shard.array[position] = row(blob)
    shard.commit()


@pytest.fixture
def store(tmp_path: Path) -> ShardStore:
    """An empty store."""
    return ShardStore(tmp_path / "features", "resnet18-1234/stage4")


def files(folder: Path) -> list[str]:
    """The names of all files below a folder, hidden ones too."""
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def test_rows_come_back_in_the_order_in_which_they_are_asked_for(store: ShardStore) -> None:
    fill(store, *BLOBS[:3])
    rows = store.rows([BLOBS[2], BLOBS[0], BLOBS[2]])
    assert len(rows) == 3
    np.testing.assert_array_equal(rows.all(), np.stack([row(BLOBS[2]), row(BLOBS[0]), row(BLOBS[2])]))
    np.testing.assert_array_equal(rows.take([1]), row(BLOBS[0])[None])
    assert rows.all().dtype == np.float32


def test_rows_are_gathered_from_several_shards(store: ShardStore) -> None:
    fill(store, BLOBS[0], BLOBS[3])
    fill(store, BLOBS[1])
    fill(store, BLOBS[2], BLOBS[4])
    wanted = BLOBS[4::-1]
    np.testing.assert_array_equal(store.rows(wanted).all(), np.stack([row(blob) for blob in wanted]))


def test_what_is_taken_is_a_copy(store: ShardStore) -> None:
    fill(store, BLOBS[0])
    taken = store.rows([BLOBS[0]]).all()
    taken[:] = -1
    np.testing.assert_array_equal(store.rows([BLOBS[0]]).all()[0], row(BLOBS[0]))


def test_missing_images_are_told_once_and_in_order(store: ShardStore) -> None:
    assert store.missing([BLOBS[1], BLOBS[0], BLOBS[1]]) == (BLOBS[1], BLOBS[0])
    fill(store, BLOBS[1])
    assert store.missing([BLOBS[2], BLOBS[1], BLOBS[0], BLOBS[2]]) == (BLOBS[2], BLOBS[0])
    assert store.missing([]) == ()


def test_a_row_that_is_not_there_is_an_error(store: ShardStore) -> None:
    fill(store, BLOBS[0])
    with pytest.raises(KeyError):
        store.rows(BLOBS[:2])


def test_no_rows_of_an_empty_store(store: ShardStore) -> None:
    assert len(store.rows([])) == 0


def test_another_set_costs_only_its_own_images(store: ShardStore) -> None:
    fill(store, *BLOBS[:4])
    second_set = BLOBS[2:]
    fill(store, *store.missing(second_set))
    assert len(list(store.folder.glob("*.npy"))) == 2
    np.testing.assert_array_equal(store.rows(second_set).all(), np.stack([row(blob) for blob in second_set]))


def test_keys_are_separate(tmp_path: Path) -> None:
    one, other = ShardStore(tmp_path, "one"), ShardStore(tmp_path, "other")
    fill(one, *BLOBS)
    assert other.missing(BLOBS) == BLOBS


def test_a_shard_is_seen_only_when_it_is_complete(store: ShardStore) -> None:
    shard = store.create(BLOBS[:2], (5,), "float32")
    shard.array[0] = 1
    assert store.missing(BLOBS[:2]) == BLOBS[:2]
    shard.discard()
    assert files(store.folder) == []


def test_discarding_a_finished_shard_keeps_it(store: ShardStore) -> None:
    shard = store.create(BLOBS[:1], (5,), "float32")
    shard.commit()
    shard.discard()
    assert store.missing(BLOBS[:1]) == ()


def test_forgetting_an_image_leaves_no_row_of_it(tmp_path: Path) -> None:
    pixels, features = ShardStore(tmp_path / "pixels", "a"), ShardStore(tmp_path / "features", "b")
    for store in (pixels, features):
        fill(store, *BLOBS[:2])
        fill(store, *BLOBS[2:])
    forget(tmp_path, [BLOBS[0]])
    for store in (pixels, features):
        assert store.missing(BLOBS) == BLOBS[:2]
        assert len(files(store.folder)) == 2


def test_forgetting_in_a_cache_that_is_not_there(tmp_path: Path) -> None:
    forget(tmp_path / "nowhere", BLOBS)
    assert evict(tmp_path / "nowhere", 0) == 0


def aged(store: ShardStore, blob: str, age: int) -> None:
    """Write a shard of one image and let it have been used so many seconds ago."""
    before = set(store.folder.glob("*.json")) if store.folder.is_dir() else set()
    fill(store, blob)
    (index,) = set(store.folder.glob("*.json")) - before
    then = index.stat().st_mtime - age
    os.utime(index, (then, then))


@pytest.mark.parametrize(("kept", "oldest_kept"), [(0, 4), (1, 3), (2, 2), (4, 0), (9, 0)])
def test_the_least_recently_used_are_evicted_until_the_rest_fits(
    store: ShardStore, tmp_path: Path, kept: int, oldest_kept: int
) -> None:
    for age, blob in zip((400, 300, 200, 100), BLOBS, strict=False):
        aged(store, blob, age)
    one = HEADER + ROW_BYTES
    freed = evict(tmp_path, budget_bytes=kept * one + one // 2)
    assert store.missing(BLOBS[:4]) == BLOBS[:oldest_kept]
    assert freed == oldest_kept * one
    assert len(files(tmp_path)) == 2 * (4 - oldest_kept)


def test_reading_makes_a_shard_recent(store: ShardStore, tmp_path: Path) -> None:
    aged(store, BLOBS[0], 400)
    aged(store, BLOBS[1], 300)
    store.rows([BLOBS[0]])
    evict(tmp_path, budget_bytes=HEADER + ROW_BYTES)
    assert store.missing(BLOBS[:2]) == (BLOBS[1],)


def test_clearing_leaves_nothing(store: ShardStore, tmp_path: Path) -> None:
    fill(store, *BLOBS)
    clear(tmp_path / "features")
    assert files(tmp_path) == []
    assert store.missing(BLOBS) == BLOBS


def test_asking_what_is_missing_makes_a_shard_recent(store: ShardStore, tmp_path: Path) -> None:
    """Whoever asks reads it later, after minutes of computing the rest."""
    aged(store, BLOBS[0], 400)
    aged(store, BLOBS[1], 300)
    assert store.missing([BLOBS[0], BLOBS[2]]) == (BLOBS[2],)
    evict(tmp_path, budget_bytes=HEADER + ROW_BYTES)
    assert store.missing(BLOBS[:2]) == (BLOBS[1],)


def deleted_after_listing(monkeypatch: pytest.MonkeyPatch, store: ShardStore, blob: str) -> None:
    """Let another process delete the shard of an image whenever the indexes have just been listed."""
    own = ShardStore._indexes

    def listed(self: ShardStore) -> list[Path]:
        found = own(self)
        forget(store.folder.parent, [blob])
        return found

    monkeypatch.setattr(ShardStore, "_indexes", listed)


def test_a_shard_that_vanishes_while_one_looks_is_missing(store: ShardStore, monkeypatch: pytest.MonkeyPatch) -> None:
    fill(store, BLOBS[0])
    fill(store, BLOBS[1])
    deleted_after_listing(monkeypatch, store, BLOBS[1])
    assert store.missing(BLOBS[:2]) == (BLOBS[1],)


def test_rows_of_a_shard_that_vanishes_are_an_error_of_their_own(
    store: ShardStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(store, BLOBS[0])
    fill(store, BLOBS[1])
    deleted_after_listing(monkeypatch, store, BLOBS[1])
    with pytest.raises(KeyError):
        store.rows(BLOBS[:2])


def test_forgetting_and_evicting_go_on_when_another_process_is_quicker(
    store: ShardStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for blob in BLOBS[:4]:
        fill(store, blob)
    own = Path.rglob

    def listed(self: Path, pattern: str) -> list[Path]:
        found = list(own(self, pattern))
        if pattern == "*.json":
            shards._delete(found[0])
        return found

    monkeypatch.setattr(Path, "rglob", listed)
    forget(tmp_path, BLOBS[:1])
    evict(tmp_path, 0)
    monkeypatch.setattr(Path, "rglob", own)
    assert files(tmp_path) == []


def test_what_a_killed_worker_left_is_removed_after_an_hour(store: ShardStore, tmp_path: Path) -> None:
    fill(store, BLOBS[0])
    left, writing = store.create(BLOBS[1:2], (5,), "float32"), store.create(BLOBS[2:3], (5,), "float32")
    unlisted, list_of_it = store.folder / "unlisted.npy", store.folder / "unlisted.part"
    for path in (unlisted, list_of_it):
        path.touch()
    long_ago = tmp_path.stat().st_mtime - 2 * 3600
    for path in (left._partial, unlisted, list_of_it, *store.folder.glob("[!.]*.npy")):
        os.utime(path, (long_ago, long_ago))
    evict(tmp_path, budget_bytes=10**9)
    writing.commit()
    assert store.missing(BLOBS[:3]) == (BLOBS[1],)
    assert len(files(tmp_path)) == 4
