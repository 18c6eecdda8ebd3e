"""Checkpoints survive damage: what is read is what was written, or the one before."""

import json
from pathlib import Path
from typing import Any

import pytest
import torch

from tlcore.train.learning import checkpoint


def state(epoch: int) -> dict[str, Any]:
    """A state of a run, with all kinds of values that one holds."""
    return {
        "epoch": epoch,
        "learned": {"fc.weight": torch.full((3, 4), float(epoch)), "bn.num_batches_tracked": torch.tensor(epoch)},
        "optimizer": {"state": {0: {"step": torch.tensor(1.0)}}, "param_groups": [{"lr": 0.1, "name": "head"}]},
        "best": {"epoch": 0, "correct": -1, "loss": float("inf"), "state": {}},
    }


def saved(folder: Path, *epochs: int) -> list[Path]:
    """Checkpoints of these epochs; their files, the newest first."""
    for epoch in epochs:
        checkpoint.save(folder, epoch, state(epoch))
    return sorted(folder.glob("checkpoint-*.pt"), reverse=True)


def latest(folder: Path) -> int | None:
    """The epoch of the state that is loaded."""
    loaded = checkpoint.load_latest(folder)
    return loaded["epoch"] if loaded else None


def test_a_state_comes_back_as_it_was(tmp_path: Path) -> None:
    checkpoint.save(tmp_path / "new" / "folder", 3, state(3))
    loaded = checkpoint.load_latest(tmp_path / "new" / "folder")
    assert loaded is not None
    expected = state(3)
    assert loaded.keys() == expected.keys()
    for name, tensor in expected["learned"].items():
        assert torch.equal(loaded["learned"][name], tensor)
        assert loaded["learned"][name].dtype == tensor.dtype
    assert loaded["optimizer"]["param_groups"] == expected["optimizer"]["param_groups"]
    assert loaded["best"] == expected["best"]


def test_no_checkpoint_is_none(tmp_path: Path) -> None:
    assert checkpoint.load_latest(tmp_path) is None
    assert checkpoint.load_latest(tmp_path / "nowhere") is None


def test_the_last_two_are_kept(tmp_path: Path) -> None:
    files = saved(tmp_path, 1, 2, 3, 4)
    assert [path.name for path in files] == ["checkpoint-00004.pt", "checkpoint-00003.pt"]
    assert latest(tmp_path) == 4
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "checkpoint-00003.pt",
        "checkpoint-00004.pt",
        "checkpoints.json",
    ]


def test_a_stopped_run_keeps_the_newest_alone(tmp_path: Path) -> None:
    newest, _ = saved(tmp_path, 1, 2, 3)
    checkpoint.keep_newest(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [newest.name, "checkpoints.json"]
    assert latest(tmp_path) == 3
    saved(tmp_path, 4)
    assert latest(tmp_path) == 4


def test_a_damaged_one_is_not_what_is_kept(tmp_path: Path) -> None:
    newest, before = saved(tmp_path, 1, 2, 3)
    newest.write_bytes(b"")
    checkpoint.keep_newest(tmp_path)
    assert [path.name for path in tmp_path.glob("*.pt")] == [before.name]
    assert latest(tmp_path) == 2
    before.write_bytes(b"")
    checkpoint.keep_newest(tmp_path)
    assert before.exists()  # there is no better one to keep
    checkpoint.keep_newest(tmp_path / "nowhere")


def test_saving_an_epoch_again_replaces_it(tmp_path: Path) -> None:
    saved(tmp_path, 1, 2)
    checkpoint.save(tmp_path, 2, {**state(2), "epoch": 22})
    assert latest(tmp_path) == 22
    assert len(json.loads((tmp_path / "checkpoints.json").read_text())) == 2


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(path.read_bytes()[:-1]),
        lambda path: path.write_bytes(path.read_bytes()[: len(path.read_bytes()) // 2]),
        lambda path: path.write_bytes(b""),
        lambda path: path.write_bytes(path.read_bytes() + b"\0"),
        lambda path: path.write_bytes(bytes([path.read_bytes()[0] ^ 1]) + path.read_bytes()[1:]),
        lambda path: path.unlink(),
    ],
    ids=["one byte short", "half", "empty", "one byte long", "one bit", "gone"],
)
def test_a_damaged_checkpoint_gives_way_to_the_one_before(tmp_path: Path, damage: Any) -> None:
    newest, older = saved(tmp_path, 1, 2, 3)
    damage(newest)
    assert latest(tmp_path) == 2
    damage(older)
    assert latest(tmp_path) is None


def test_a_save_that_fails_leaves_the_one_before(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The disk is full in the middle of writing."""
    saved(tmp_path, 1)

    def half(_state: object, file: Any) -> None:
        file.write(b"half a checkpoint")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", half)
    with pytest.raises(checkpoint.DiskFullError, match=r"disk of this machine is full: .* takes 0 MB"):
        checkpoint.save(tmp_path, 2, state(2))
    assert latest(tmp_path) == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["checkpoint-00001.pt", "checkpoints.json"]


def test_a_full_disk_is_told_with_what_was_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """torch's own error hides the system's, and the file that could not be closed is no file."""
    own = Path.open

    def opened(self: Path, *args: Any) -> Any:
        return own(Path("/dev/full") if self.name.startswith(".checkpoint-") else self, *args)

    monkeypatch.setattr(Path, "open", opened)
    big = {"learned": {"fc.weight": torch.zeros(1_000_000)}, "moments": [torch.zeros(500_000)]}
    with pytest.raises(checkpoint.DiskFullError, match="takes 6 MB"):
        checkpoint.save(tmp_path, 1, big)
    assert list(tmp_path.iterdir()) == []


def test_what_killed_workers_left_half_written_goes_with_the_next_save(tmp_path: Path) -> None:
    import os

    left, writing = tmp_path / ".checkpoint-00001.pt.1009", tmp_path / ".checkpoint-00001.pt.1010"
    for path in (left, writing):
        path.write_bytes(b"half a checkpoint")
    os.utime(left, (0, 0))
    saved(tmp_path, 2)
    assert not left.exists()
    assert writing.exists()
    checkpoint.clear(tmp_path)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("call", ["replace", "fsync"])
def test_a_kill_between_any_two_steps_leaves_a_checkpoint(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, call: str
) -> None:
    """Every `os.replace` and `os.fsync` of a save is once the last thing that happens."""
    import os

    class Killed(BaseException):
        pass

    own = getattr(os, call)
    for survived in range(10):
        folder = tmp_path / f"{call}-{survived}"
        saved(folder, 1, 2)
        left = [survived]

        def mortal(*args: Any, left: list[int] = left) -> Any:
            if not left[0]:
                raise Killed
            left[0] -= 1
            return own(*args)

        monkeypatch.setattr(os, call, mortal)
        try:
            checkpoint.save(folder, 3, state(3))
        except Killed:
            monkeypatch.setattr(os, call, own)
            assert latest(folder) in {2, 3}
        else:
            monkeypatch.setattr(os, call, own)
            assert latest(folder) == 3
            assert survived >= 2  # it was killed at least twice before
            return
    pytest.fail("a save has fewer steps than this")


def test_clearing_leaves_nothing_but_what_is_not_a_checkpoint(tmp_path: Path) -> None:
    saved(tmp_path, 1, 2)
    (tmp_path / "model.json").touch()
    checkpoint.clear(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["model.json"]
    assert latest(tmp_path) is None


def test_nothing_but_tensors_and_plain_values_is_unpickled(tmp_path: Path) -> None:
    """Even with the right hash: a checkpoint that names a function is refused by torch, not called."""
    import hashlib

    path = tmp_path / "checkpoint-00001.pt"
    torch.save({"epoch": 1, "hook": print}, path)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    (tmp_path / "checkpoints.json").write_text(json.dumps([{"file": path.name, "sha256": digest, "epoch": 1}]))
    with pytest.raises(Exception, match="Weights only load failed"):
        checkpoint.load_latest(tmp_path)
