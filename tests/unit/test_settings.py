"""The settings: what the environment says, in a form that holds for every process."""

from pathlib import Path

import pytest

from tlcore import settings as settings_module
from tlcore.errors import BadInputError
from tlcore.settings import Settings, cores, get_settings


def test_folders_are_the_same_wherever_a_process_runs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "ann"))
    monkeypatch.setenv("TLCORE_HOME", "lab")
    monkeypatch.setenv("TLCORE_WEIGHTS", "~/weights")
    settings = Settings()
    assert settings.home == tmp_path / "lab"
    assert settings.weights == tmp_path / "ann" / "weights"
    assert settings.folders == {"TLCORE_HOME": str(settings.home), "TLCORE_WEIGHTS": str(settings.weights)}


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("TLCORE_THREADS", "two", "TLCORE_THREADS can't be 'two': input should be a valid integer"),
        ("TLCORE_THREADS", "-1", "TLCORE_THREADS can't be '-1': input should be greater than or equal to 0."),
        ("TLCORE_WORKERS", "none", "TLCORE_WORKERS can't be 'none': input should be 'supervised' or 'external'."),
        ("TLCORE_LIMITS__FILES", "few", "TLCORE_LIMITS__FILES can't be 'few': input should be a valid integer"),
        ("TLCORE_LIMITS", "few", "The TLCORE_ variables can't be read: "),
    ],
)
def test_a_variable_that_can_not_be_is_a_sentence(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv(name, value)
    get_settings.cache_clear()
    with pytest.raises(BadInputError) as caught:
        get_settings()
    assert str(caught.value).startswith(sentence)


def test_threads_are_as_many_as_were_asked_for_or_one_a_core(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(settings_module, "cores", lambda: 6)
    for name in ("TLCORE_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    assert Settings().most_threads == 6
    for told, count in (("4", 4), ("0", 6), ("4,2", 6), ("many", 6)):
        monkeypatch.setenv("OMP_NUM_THREADS", told)
        assert Settings().most_threads == count
    monkeypatch.setenv("TLCORE_THREADS", "3")
    assert Settings().most_threads == 3


@pytest.mark.parametrize(
    ("files", "count"),
    [
        ({"cpu.max": "150000 100000\n"}, 1),
        ({"cpu.max": "400000 100000\n"}, 4),
        ({"cpu.max": "max 100000\n"}, 8),
        ({"cpu.max": "10000 100000\n"}, 1),
        ({"cpu/cpu.cfs_quota_us": "300000\n", "cpu/cpu.cfs_period_us": "100000\n"}, 3),
        ({"cpu/cpu.cfs_quota_us": "-1\n", "cpu/cpu.cfs_period_us": "100000\n"}, 8),
        ({}, 8),
    ],
)
def test_a_containers_share_of_the_cores_is_heard_of(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, files: dict[str, str], count: int
) -> None:
    """As the kernel writes it: microseconds of processor time in each period."""
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(settings_module, "_CONTROL_GROUPS", tmp_path)
    monkeypatch.setattr("os.sched_getaffinity", lambda _process: set(range(8)))
    assert cores() == count
