"""Reading models back: what Transfer Lab did not write is refused in one sentence, whatever it is."""

import json
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from safetensors import safe_open
from safetensors.torch import save
from torch import Tensor

from tests.unit.export.conftest import MakeModel
from tlcore.errors import BadInputError, BadModelError, LimitExceededError
from tlcore.export.bundle import LABELS, PREPROCESSING, WEIGHTS, write_bundle
from tlcore.export.importing import read_bundle
from tlcore.settings import Limits, Settings, get_settings

Contents = dict[str, bytes]


@pytest.fixture(scope="module")
def good(make_model: MakeModel, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zip that Transfer Lab wrote."""
    return write_bundle(make_model(hidden=2), tmp_path_factory.mktemp("good") / "model.zip")


@pytest.fixture
def contents(good: Path) -> Contents:
    """What is in it."""
    with ZipFile(good) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def rezipped(contents: Contents, folder: Path) -> Path:
    """A zip of these files."""
    path = folder / "given.zip"
    with ZipFile(path, "w", ZIP_DEFLATED) as archive:
        for name, data in contents.items():
            archive.writestr(name, data)
    return path


def refusal(path: Path) -> str:
    """The sentence with which a file is refused."""
    with pytest.raises(BadModelError) as caught:
        read_bundle(path)
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")
    return message


def reweighted(
    contents: Contents,
    tmp_path: Path,
    change: Callable[[dict[str, Tensor]], Any] = lambda _tensors: None,
    **metadata: str | None,
) -> Path:
    """The zip with other tensors or another description."""
    file = tmp_path / "w.safetensors"
    file.write_bytes(contents[WEIGHTS])
    with safe_open(file, "pt") as opened:
        tensors = {name: opened.get_tensor(name) for name in opened.keys()}  # noqa: SIM118 - not a mapping
        described = {**opened.metadata(), **metadata}
    change(tensors)
    kept = {name: value for name, value in described.items() if value is not None}
    return rezipped({**contents, WEIGHTS: save(tensors, metadata=kept)}, tmp_path)


def test_what_was_written_is_read(good: Path, contents: Contents, tmp_path: Path) -> None:
    """Also when it was unpacked and packed again."""
    assert read_bundle(good).card == read_bundle(rezipped(contents, tmp_path)).card
    assert list(get_settings().scratch.iterdir()) == []


# Not a model at all


class Bomb:
    """Unpickling this would write a file."""

    def __init__(self, target: Path) -> None:
        self.target = target

    def __reduce__(self) -> tuple[Any, ...]:
        return Path.touch, (self.target,)


def test_a_pickle_with_another_name_is_never_opened_as_one(contents: Contents, tmp_path: Path) -> None:
    canary = tmp_path / "canary"
    hostile = pickle.dumps(Bomb(canary))
    assert refusal(rezipped({**contents, WEIGHTS: hostile}, tmp_path)) == (
        "model.safetensors in the zip is not a safetensors file."
    )
    torch.save({"fc.weight": Bomb(canary)}, tmp_path / "model.zip")  # torch's own files are zips, too
    assert refusal(tmp_path / "model.zip") == "The zip holds no labels.json, so it is not a model from Transfer Lab."
    assert not canary.exists()


@pytest.mark.parametrize("data", [b"", b"PK", b"PK\x05\x06" + b"\0" * 18, b"garbage" * 1000, pickle.dumps([1, 2])])
def test_what_is_no_zip_is_refused(tmp_path: Path, data: bytes) -> None:
    path = tmp_path / "given.zip"
    path.write_bytes(data)
    refusal(path)


def test_half_a_zip_is_refused(good: Path, tmp_path: Path) -> None:
    path = tmp_path / "given.zip"
    path.write_bytes(good.read_bytes()[: good.stat().st_size // 2])
    assert refusal(path).startswith("The file is not a readable model zip (")


def test_no_file_is_refused(tmp_path: Path) -> None:
    assert refusal(tmp_path / "nowhere.zip") == f"There is no model file at {tmp_path}/nowhere.zip."
    assert refusal(tmp_path) == f"There is no model file at {tmp_path}."


@pytest.mark.parametrize("name", [WEIGHTS, LABELS, PREPROCESSING])
def test_each_part_is_needed(contents: Contents, tmp_path: Path, name: str) -> None:
    del contents[name]
    assert refusal(rezipped(contents, tmp_path)) == f"The zip holds no {name}, so it is not a model from Transfer Lab."


@given(st.data())
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60)
def test_damaged_bytes_never_get_further_than_a_sentence(good: Path, tmp_path: Path, data: st.DataObject) -> None:
    """Wherever the zip keeps its structure: the weights' header, the two descriptions, the directory."""
    content = bytearray(good.read_bytes())
    small_files = content.rindex(b"PK\x03\x04", 0, content.rindex(b"predict.py", 0, content.rindex(b"PK\x01\x02")))
    places = st.integers(0, 4000) | st.integers(small_files - 1500, len(content) - 1)
    for place in data.draw(st.lists(places, min_size=1, max_size=4)):
        content[place] = data.draw(st.integers(0, 255))
    path = tmp_path / "damaged.zip"
    path.write_bytes(content)
    try:
        model = read_bundle(path)
    except BadInputError as error:
        assert "\n" not in str(error)
    else:
        assert model.card.backbone == "shufflenet_v2_x0_5"


# Tensors that do not fit


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf")])
def test_weights_that_are_not_numbers_are_refused(contents: Contents, tmp_path: Path, value: float) -> None:
    def change(tensors: dict[str, Tensor]) -> None:
        tensors["stage3.1.branch2.0.weight"].view(-1)[7] = value

    assert refusal(reweighted(contents, tmp_path, change)) == (
        "The weights are damaged: 'stage3.1.branch2.0.weight' holds values that are not numbers."
    )


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        (
            lambda t: t.update({"fc.0.weight": torch.zeros(2, 7)}),
            "'fc.0.weight' should be (2, 1024) float32, is (2, 7)",
        ),
        (lambda t: t.update({"fc.3.weight": torch.zeros(2, 2)}), "'fc.3.weight' should be (3, 2) float32, is (2, 2)"),
        (lambda t: t.pop("conv1.0.weight"), "'conv1.0.weight' should be (24, 3, 3, 3) float32, is absent"),
        (lambda t: t.update({"more": torch.zeros(1)}), "'more' should be absent, is (1,) float32"),
        (
            lambda t: t.update({"fc.0.bias": torch.zeros(2).double()}),
            "'fc.0.bias' should be (2,) float32, is (2,) float64",
        ),
        (lambda t: t.update({"fc.0.bias": torch.zeros(2).int()}), "'fc.0.bias' should be (2,) float32, is (2,) int32"),
        (lambda t: t.clear(), "is absent"),
    ],
)
def test_tensors_that_do_not_fit_are_refused(
    contents: Contents, tmp_path: Path, change: Callable[[dict[str, Tensor]], Any], complaint: str
) -> None:
    message = refusal(reweighted(contents, tmp_path, change))
    assert message.startswith("The weights do not fit ShuffleNetV2 x0.5: ")
    assert complaint in message


@pytest.mark.parametrize(
    ("metadata", "beginning"),
    [
        ({"backbone": "resnet19"}, "The zip does not say which network"),
        ({"backbone": None}, "The zip does not say which network"),
        ({"backbone": "os.system"}, "The zip does not say which network"),
        ({"backbone": "shufflenet_v2_x1_0"}, "The weights do not fit ShuffleNetV2 x1.0"),
        ({"hidden_units": "0"}, "The weights do not fit ShuffleNetV2 x0.5"),
        ({"hidden_units": "-1"}, "The model's hidden layer has an impossible size"),
        ({"hidden_units": "1000000000"}, "The model's hidden layer has an impossible size"),
        ({"hidden_units": "many"}, "The description of the model in the zip is not one"),
        ({"spec": "{"}, "The description of the model in the zip is not one"),
        ({"spec": "[]"}, "The description of the model in the zip is not one"),
        ({"spec": "[" * 100_000}, "The description of the model in the zip is not one"),
        ({"versions": '{"torch": 2}'}, "The description of the model in the zip is not one"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_description_that_does_not_fit_is_refused(
    contents: Contents, tmp_path: Path, metadata: dict[str, str | None], beginning: str
) -> None:
    assert refusal(reweighted(contents, tmp_path, **metadata)).startswith(beginning)


# Labels and preprocessing


@pytest.mark.parametrize(
    "labels",
    ["[]", '["one"]', "{}", "3", '["a", 1, "c"]', json.dumps([str(n) for n in range(1001)]), '"abc"', "null"],
    ids=lambda value: value[:20],
)
def test_labels_must_be_a_list_of_names(contents: Contents, tmp_path: Path, labels: str) -> None:
    message = refusal(rezipped({**contents, LABELS: labels.encode()}, tmp_path))
    assert message == "labels.json must list the names of at least two classes."


def test_there_must_be_a_label_for_every_output(contents: Contents, tmp_path: Path) -> None:
    message = refusal(rezipped({**contents, LABELS: b'["a", "b"]'}, tmp_path))
    assert "'fc.3.weight' should be (2, 2) float32, is (3, 2) float32" in message


@pytest.mark.parametrize("name", [LABELS, PREPROCESSING])
@pytest.mark.parametrize("text", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"1" * 5000])
def test_what_is_no_json_is_refused(contents: Contents, tmp_path: Path, name: str, text: bytes) -> None:
    refusal(rezipped({**contents, name: text}, tmp_path))


@pytest.mark.parametrize(
    "change",
    [
        {"crop": 0},
        {"crop": 31},
        {"crop": 74},
        {"crop": -64},
        {"crop": None},
        {"resize": 1025},
        {"resize": 1e999},
        {"resize": "huge"},
        {"interpolation": "magic"},
        {"interpolation": ["bilinear"]},
        {"mean": [0.5, 0.5]},
        {"mean": [0.5, 0.5], "std": [0.5, 0.5, 0.5, 0.5]},
        {"mean": ["a", "b", "c"]},
        {"mean": 0.5},
        {"mean": [0.5, 0.5, float("nan")]},
        {"mean": [0.5, 0.5, 10**400]},
        {"std": [0.5, 0.0, 0.5]},
        {"std": [0.5, -0.5, 0.5]},
        {"std": [0.5, 0.5, float("inf")]},
    ],
    ids=str,
)
def test_impossible_preprocessing_is_refused(contents: Contents, tmp_path: Path, change: dict[str, Any]) -> None:
    values = {**json.loads(contents[PREPROCESSING]), **change}
    message = refusal(rezipped({**contents, PREPROCESSING: json.dumps(values).encode()}, tmp_path))
    assert message == "The description of the model in the zip is not one that Transfer Lab writes."


def test_an_input_that_is_too_small_for_the_network_is_refused(make_model: MakeModel, tmp_path: Path) -> None:
    """AlexNet's last pooling has nothing left of 62 pixels."""
    model = make_model()
    card = model.card.model_copy(update={"preprocessing": model.card.preprocessing.at(32)})
    assert read_bundle(write_bundle(type(model)(card, model.staged), tmp_path / "32.zip")).card == card
    with ZipFile(write_bundle(model, tmp_path / "64.zip")) as archive:
        contents = {name: archive.read(name) for name in archive.namelist()}
    small = {**json.loads(contents[PREPROCESSING]), "crop": 62}
    given = {**contents, PREPROCESSING: json.dumps(small).encode()}
    assert "is not one that Transfer Lab writes" in refusal(reweighted(given, tmp_path, backbone="alexnet"))


# Too large


def test_a_model_that_is_larger_than_allowed_is_refused(good: Path) -> None:
    small = Settings(limits=Limits(model_bytes=1_000_000))
    with pytest.raises(LimitExceededError, match=r"The model has \d+ MB; at most 1 MB are allowed"):
        read_bundle(good, small)


def test_a_part_that_unpacks_to_more_than_allowed_is_refused(contents: Contents, tmp_path: Path) -> None:
    """A zip bomb: small as a file, large inside."""
    path = rezipped({**contents, WEIGHTS: b"\0" * 30_000_000}, tmp_path)
    assert path.stat().st_size < 1_000_000
    with pytest.raises(BadModelError, match=r"model\.safetensors in the zip is larger than a model may be"):
        read_bundle(path, Settings(limits=Limits(model_bytes=20_000_000)))
    path = rezipped({**contents, LABELS: b" " * 2_000_000}, tmp_path)
    assert refusal(path) == "labels.json in the zip is far too large."


def test_two_imports_at_a_time_do_not_meet(good: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every process of torch begins with the same seed, so its random numbers are no names for files."""
    names = []
    own = Path.write_bytes
    monkeypatch.setattr(Path, "write_bytes", lambda self, data: names.append(self.name) or own(self, data))
    for _ in range(2):
        torch.manual_seed(0)
        read_bundle(good)
    assert len(set(names)) == 2


def test_a_model_read_back_is_ready_to_predict(good: Path) -> None:
    model = read_bundle(good)
    assert not any(module.training for module in model.staged.network.modules())
    inputs = torch.zeros(1, 3, 64, 64)
    with torch.no_grad():
        assert np.isfinite(model.staged(inputs).numpy()).all()
