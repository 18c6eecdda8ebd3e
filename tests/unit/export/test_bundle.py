"""The zip to take home: the same probabilities everywhere, with and without Transfer Lab.

Slow: what the zip does without Transfer Lab is asked of fresh processes, which load torch each.
"""

import json
import os
import subprocess
import sys
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from zipfile import ZipFile

import numpy as np
import pytest
from PIL import Image
from safetensors import safe_open

from tests.conftest import draw
from tests.corpus.case import encoded
from tests.corpus.images import BGRA, bmp
from tests.corpus.profiles import ADOBE_RGB, rgb_profile
from tests.unit.export.conftest import LABELS, MakeModel
from tlcore.data.pixels.decode import canonical
from tlcore.export.bundle import bundle_name, write_bundle
from tlcore.export.importing import read_bundle
from tlcore.settings import PROJECT_ROOT
from tlcore.train.trained import TrainedModel
from tlcore.zoo import registry

MODELS = {
    "linear head": {},
    "hidden head": {"hidden": 5},
    "pooled head": {"backbone": "squeezenet1_1"},
    "pooled hidden head": {"backbone": "squeezenet1_1", "hidden": 5},
    "versioned state": {"backbone": "mnasnet0_5"},
    "network of ours": {"backbone": "cifar_plain20"},
}
# What predict.py may not need: everything of ours, and what a bare torch and torchvision come without.
ABSENT = ("tlcore", "safetensors", "pydantic", "streamlit", "sklearn", "scipy", "captum", "matplotlib", "tqdm")
RUNNER = f"""
import json, runpy, sys
for name in {ABSENT!r}:
    sys.modules[name] = None
_, scripts, *files = sys.argv
for script in json.loads(scripts):
    sys.argv = [script, *files]
    runpy.run_path(script, run_name="__main__")
"""


@pytest.fixture(scope="module", params=MODELS.values(), ids=MODELS)
def model(request: pytest.FixtureRequest, make_model: MakeModel) -> TrainedModel:
    """A model of each kind."""
    return make_model(**request.param)


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """Image files of the kinds that need care: turned, transparent, grey in 16 bits, paletted, large."""
    rng = np.random.default_rng(0)
    photo = draw("rings", rng, 90, 61)
    turned = Image.Exif()
    turned[0x0112] = 6
    see_through = draw("checks", rng, 70, 70).convert("RGBA")
    see_through.putalpha(Image.linear_gradient("L").resize((70, 70)))
    deep = Image.fromarray(np.asarray(draw("discs", rng, 64, 64).convert("L")).astype(np.uint16) * 257)
    folder = tmp_path_factory.mktemp("photos")
    photo.save(folder / "plain.png")
    photo.save(folder / "turned.jpg", exif=turned, quality=95)
    see_through.save(folder / "transparent.png")
    deep.save(folder / "deep.png")
    draw("rows", rng, 80, 60).quantize(16).save(folder / "palette.gif")
    draw("discs", rng, 1300, 700).save(folder / "large.webp", lossless=True, quality=0, method=0)
    return sorted(folder.iterdir())


def predicted(model: TrainedModel, files: list[Path]) -> np.ndarray:
    """The probabilities that Transfer Lab itself gives."""
    return model.predict([canonical(path.read_bytes()) for path in files])


def probabilities(lines: list[str]) -> list[list[float]]:
    """What the lines that predict.py prints say of each file, in the order of LABELS."""
    rows = [{row["label"]: row["probability"] for row in json.loads(line)["predictions"]} for line in lines]
    return [[row[label] for label in LABELS] for row in rows]


def test_the_images_are_told_apart(model: TrainedModel, files: list[Path]) -> None:
    """Otherwise equal probabilities below would say nothing."""
    probabilities = predicted(model, files)
    distances = np.abs(probabilities[:, None] - probabilities[None]).max(2)
    assert float(distances[~np.eye(len(files), dtype=bool)].min()) > 5e-3


def test_a_model_comes_back_as_it_was(model: TrainedModel, files: list[Path], tmp_path: Path) -> None:
    back = read_bundle(write_bundle(model, tmp_path / "m.zip"))
    np.testing.assert_array_equal(predicted(back, files), predicted(model, files))
    assert back.card == model.card


def test_predict_py_needs_only_torch_and_torchvision(make_model: MakeModel, files: list[Path], tmp_path: Path) -> None:
    """In a fresh, isolated process, on the files as they are; one process for all models, to import torch once."""
    models = {name: make_model(**settings) for name, settings in MODELS.items()}
    for name, model in models.items():
        with ZipFile(write_bundle(model, tmp_path / "m.zip")) as archive:
            archive.extractall(tmp_path / name)
    scripts = [str(tmp_path / name / "predict.py") for name in models]
    done = run_isolated(scripts, files, tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert [json.loads(line)["file"] for line in lines] == [str(path) for path in files] * len(models)
    for number, model in enumerate(models.values()):
        own = lines[number * len(files) : (number + 1) * len(files)]
        np.testing.assert_allclose(probabilities(own), predicted(model, files), atol=1e-3)
    for line in lines:
        ranked = [row["probability"] for row in json.loads(line)["predictions"]]
        assert ranked == sorted(ranked, reverse=True)


def test_predict_py_opens_files_bit_for_bit_as_they_are_opened_here(
    make_model: MakeModel, files: list[Path], tmp_path: Path
) -> None:
    """Those that mean something else than Pillow reads, too."""
    photo = draw("rows", np.random.default_rng(1), 66, 64)
    odd = {
        "profile.jpg": encoded(photo, "JPEG", icc_profile=rgb_profile(ADOBE_RGB)),
        "unfilled.bmp": bmp(photo, alpha=Image.new("L", photo.size), header=124, masks=BGRA),
        "twelve.png": encoded(Image.fromarray(np.arange(4096, dtype=np.uint16).reshape(64, 64)), "PNG"),
        "hidden.png": encoded(Image.merge("RGBA", (*photo.split(), Image.new("L", photo.size))), "PNG"),
    }
    for name, data in odd.items():
        (tmp_path / name).write_bytes(data)
    with ZipFile(write_bundle(make_model(), tmp_path / "m.zip")) as archive:
        archive.extractall(tmp_path)
    (tmp_path / "open.py").write_text(_OPENER)
    given = [*files, *(tmp_path / name for name in odd)]
    done = run_isolated([str(tmp_path / "open.py")], given, tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [sha256(canonical(path.read_bytes()).tobytes()).hexdigest() for path in given]
    said = [line.removeprefix(f"predict.py: {tmp_path}/") for line in done.stderr.splitlines()]
    assert said == [
        "twelve.png: only 12 of 16 bits are used, so it was made 16 times brighter",
        "hidden.png: transparent all over, so only white is seen",
    ]


_OPENER = """
import hashlib, pathlib, runpy, sys
script = runpy.run_path("predict.py", run_name="opened")
for path in sys.argv[1:]:
    print(hashlib.sha256(script["open_image"](pathlib.Path(path)).tobytes()).hexdigest())
"""


def test_predict_py_builds_a_variant_too(
    make_model: MakeModel, files: list[Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    own = registry.get("shufflenet_v2_x0_5")
    variant = replace(own, built_as=own.name, name="variant", changes={"maxpool": None}, weights_file="")
    monkeypatch.setitem(registry._NETWORKS, "variant", variant)
    model = make_model("variant")
    with ZipFile(write_bundle(model, tmp_path / "m.zip")) as archive:
        archive.extractall(tmp_path)
    done = run_isolated([str(tmp_path / "predict.py")], files, tmp_path)
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(probabilities(done.stdout.splitlines()), predicted(model, files), atol=1e-3)


def test_predict_py_builds_a_network_of_ones_own(make_model: MakeModel, files: list[Path], tmp_path: Path) -> None:
    model = make_model("stack:3x64x64:c8k3p1-bn-relu-mp4-c16k3p1-bn-relu-gap-fl-do20-fc10")
    target = write_bundle(model, tmp_path / bundle_name(model.card))
    assert target.name == "transfer-lab-stack-0123456789abcdef.zip"
    np.testing.assert_array_equal(predicted(read_bundle(target), files), predicted(model, files))
    with ZipFile(target) as archive:
        archive.extractall(tmp_path)
    done = run_isolated([str(tmp_path / "predict.py")], files, tmp_path)
    assert done.returncode == 0, done.stderr
    np.testing.assert_allclose(probabilities(done.stdout.splitlines()), predicted(model, files), atol=1e-3)


def test_predict_py_has_timm_build_a_network_of_timms(make_model: MakeModel, files: list[Path], tmp_path: Path) -> None:
    model = make_model("efficientnet_lite0")
    with ZipFile(write_bundle(model, tmp_path / "m.zip")) as archive:
        archive.extractall(tmp_path)
    command = [sys.executable, "-I", "predict.py", *map(str, files)]
    done = subprocess.run(command, capture_output=True, check=True, cwd=tmp_path, encoding="utf-8")
    np.testing.assert_allclose(probabilities(done.stdout.splitlines()), predicted(model, files), atol=1e-3)
    assert "pip install torch torchvision timm" in (tmp_path / "README.md").read_text()
    missing = "import runpy, sys; sys.modules['timm'] = None; runpy.run_path('predict.py', run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", missing], capture_output=True, check=False, cwd=tmp_path, encoding="utf-8"
    )
    assert done.stderr == (
        "predict.py: timm is not installed; get what it needs with: pip install torch torchvision timm\n"
    )


def test_predict_py_says_what_it_cannot_read(make_model: MakeModel, files: list[Path], tmp_path: Path) -> None:
    with ZipFile(write_bundle(make_model(), tmp_path / "m.zip")) as archive:
        archive.extractall(tmp_path)
    (tmp_path / "broken.jpg").write_bytes(b"no image")
    given = [tmp_path / "nowhere.jpg", tmp_path / "broken.jpg", files[0]]
    done = run_isolated([str(tmp_path / "predict.py")], given, tmp_path)
    assert done.returncode == 2
    assert [json.loads(line)["file"] for line in done.stdout.splitlines()] == [str(files[0])]
    complaints = done.stderr.splitlines()
    assert [line.split(" can't be read")[0] for line in complaints] == [f"predict.py: {path}" for path in given[:2]]


@pytest.mark.parametrize("encoding", ["utf-8", "ascii"])
def test_predict_py_names_classes_alike_whatever_the_machines_encoding(
    make_model: MakeModel, files: list[Path], tmp_path: Path, encoding: str
) -> None:
    """Windows reads files, and writes to pipes, in an encoding of its own unless it is told another."""
    with ZipFile(write_bundle(make_model(), tmp_path / "m.zip")) as archive:
        archive.extractall(tmp_path)
    assert (tmp_path / "labels.json").read_bytes().isascii()
    done = subprocess.run(
        [sys.executable, "-X", "warn_default_encoding", "predict.py", str(files[0])],
        capture_output=True,
        check=True,
        cwd=tmp_path,
        env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": encoding, "OMP_NUM_THREADS": "1"},
        encoding="utf-8",
    )
    assert {prediction["label"] for prediction in json.loads(done.stdout)["predictions"]} == set(LABELS)
    assert "predict.py" not in done.stderr  # where an EncodingWarning would point to


def run_isolated(scripts: list[str], files: list[Path], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run each script on the files where nothing but torch and torchvision can be imported."""
    return subprocess.run(
        [sys.executable, "-I", "-c", RUNNER, json.dumps(scripts), *map(str, files)],
        capture_output=True,
        check=False,
        cwd=folder,
        env={"PATH": os.environ["PATH"], "PYTHONIOENCODING": "utf-8", "OMP_NUM_THREADS": "1"},
        encoding="utf-8",
    )


def test_the_runner_really_hides_what_it_says(tmp_path: Path) -> None:
    for module in ("pydantic", "tlcore"):
        (tmp_path / "script.py").write_text(f"import {module}")
        done = run_isolated([str(tmp_path / "script.py")], [], PROJECT_ROOT)
        assert f"ModuleNotFoundError: import of {module} halted" in done.stderr


# What is in the zip


def test_the_zip_holds_five_files(make_model: MakeModel, tmp_path: Path) -> None:
    model = make_model(hidden=5)
    target = write_bundle(model, tmp_path / bundle_name(model.card))
    assert target.name == "transfer-lab-shufflenet_v2_x0_5-0123456789abcdef.zip"
    assert [path.name for path in tmp_path.iterdir()] == [target.name]
    with ZipFile(target) as archive:
        assert archive.namelist() == [
            "model.safetensors",
            "labels.json",
            "preprocessing.json",
            "predict.py",
            "README.md",
        ]
        assert archive.testzip() is None
        assert json.loads(archive.read("labels.json")) == list(LABELS)
        preprocessing = json.loads(archive.read("preprocessing.json"))
        archive.extract("model.safetensors", tmp_path)
    assert (preprocessing["resize"], preprocessing["crop"], preprocessing["interpolation"]) == (73, 64, "bilinear")
    assert preprocessing["mean"] == [0.485, 0.456, 0.406]
    with safe_open(tmp_path / "model.safetensors", "pt") as file:
        metadata = file.metadata()
        assert set(file.keys()) == set(model.staged.network.state_dict())
    assert metadata["run_id"] == "0123456789abcdef"
    assert (metadata["backbone"], metadata["hidden_units"]) == ("shufflenet_v2_x0_5", "5")


def test_the_run_is_in_the_weights_so_that_two_models_never_look_the_same(
    make_model: MakeModel, tmp_path: Path
) -> None:
    """Browsers and servers tell large files apart by samples of their bytes."""
    model = make_model()
    other = TrainedModel(model.card.model_copy(update={"run_id": "f" * 16}), model.staged)
    heads = []
    for number, each in enumerate((model, other)):
        with ZipFile(write_bundle(each, tmp_path / f"{number}.zip")) as archive:
            heads.append(archive.read("model.safetensors")[:200_000])
    assert heads[0] != heads[1]


def test_a_model_that_could_not_be_written_leaves_the_old_one(
    make_model: MakeModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tlcore.export import bundle

    target = write_bundle(make_model(), tmp_path / "m.zip")
    before = target.read_bytes()
    monkeypatch.setattr(bundle, "script", lambda _: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_bundle(make_model(hidden=5), target)
    assert target.read_bytes() == before
    assert list(tmp_path.iterdir()) == [target]


def test_its_readme_names_the_classes_every_file_and_the_command(model: TrainedModel, tmp_path: Path) -> None:
    with ZipFile(write_bundle(model, tmp_path / "model.zip")) as archive:
        text, names = archive.read("README.md").decode(), archive.namelist()
        usage = archive.read("predict.py").decode()
    assert all(f"`{name}`" in text for name in names if name != "README.md")
    assert all(label in text for label in model.card.classes)
    assert registry.get(model.card.backbone).title in text
    assert "python predict.py photo.jpg" in text
    assert "usage: python predict.py IMAGE" in usage
    assert "$" not in text  # nothing was left out
