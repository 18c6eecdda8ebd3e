"""`tlcore doctor`: what this machine has."""

import json

import pytest
import torch

from tests.conftest import Backbone
from tests.unit.cli.test_main import one_sentence, run
from tlcore.settings import get_settings
from tlcore.zoo import registry


def test_json_tells_devices_versions_settings_and_weights(
    capsys: pytest.CaptureFixture[str], throwaway_backbone: Backbone
) -> None:
    code, out, err = run(capsys, "doctor", "--json")
    found = json.loads(one_sentence(out))
    assert (code, err) == (0, "")
    assert "cpu" in found["devices"]
    assert found["versions"]["torch"] == torch.__version__
    assert found["settings"]["home"] == str(get_settings().home)
    weights = found["pretrained weights"]
    assert set(weights) == set(registry.names())
    assert weights[throwaway_backbone.name] in {"folder", "embedded"}
    assert weights["vgg19"] == "not here"


def test_a_person_reads_the_same(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "doctor")
    assert code == 0
    assert {"devices", "versions", "settings", "pretrained weights"} <= set(out.splitlines())
    assert all(f"  {name} " in out for name in registry.names())


def test_the_databases_password_is_not_shown(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TLCORE_DATABASE_URL", "postgresql+psycopg://ann:s3cret@db/lab")
    get_settings.cache_clear()
    code, out, _ = run(capsys, "doctor", "--json")
    assert code == 0
    assert json.loads(out)["settings"]["database"] == "postgresql+psycopg://ann:***@db/lab"


def test_a_database_url_that_is_none_is_a_sentence_without_it(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TLCORE_DATABASE_URL", "ann:s3cret")
    get_settings.cache_clear()
    code, _, err = run(capsys, "doctor")
    assert (code, "s3cret" in err) == (2, False)
    assert one_sentence(err).startswith("tlcore: TLCORE_DATABASE_URL is not the URL of a database")
