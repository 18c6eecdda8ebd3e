"""The settings: what the environment says, in a form that holds for every process."""

from pathlib import Path

import pytest

from tlcore.errors import BadInputError
from tlcore.settings import Settings, get_settings


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
