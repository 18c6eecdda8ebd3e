"""`tlcore lesion`: what is printed, for a model's zip and for a run's folder, and what is refused."""

import json
import shutil
from pathlib import Path

import pytest
import torch

from tests.conftest import SHAPE_CLASSES
from tests.unit.cli.test_main import one_sentence, run
from tlcore.export.bundle import write_bundle
from tlcore.train import trained
from tlcore.train.trained import ModelCard, TrainedModel
from tlcore.zoo import registry
from tlcore.zoo.staged import HeadShape, StagedNetwork, with_new_head

RUN_ID = "0123456789abcdef"


def model_of(backbone: str) -> TrainedModel:
    """A network with random weights for the generated images."""
    torch.manual_seed(0)
    staged: StagedNetwork = with_new_head(backbone, HeadShape(len(SHAPE_CLASSES)), None)
    staged.network.eval().requires_grad_(requires_grad=False)
    prep = registry.get(backbone).preprocessing.at(32)
    return TrainedModel(ModelCard(run_id=RUN_ID, backbone=backbone, classes=SHAPE_CLASSES, preprocessing=prep), staged)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(model_of("cifar_resnet20"), tmp_path_factory.mktemp("model") / "model.zip")


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(model_of("cifar_plain20"), tmp_path_factory.mktemp("plain") / "model.zip")


def test_each_block_is_left_out_in_turn(capsys: pytest.CaptureFixture[str], model: Path, image_folder: Path) -> None:
    code, out, err = run(capsys, "lesion", str(model), str(image_folder), "--json")
    found = json.loads(one_sentence(out))
    assert (code, err) == (0, "")
    paths = [f"layer{stage}.{place}" for stage in (1, 2, 3) for place in range(3)]
    assert [lesion["dropped"] for lesion in found["lesions"]] == [[path] for path in paths]
    assert [block["path"] for block in found["blocks"] if block["changes_shape"]] == ["layer2.0", "layer3.0"]
    assert found["paths"]["paths"] == 512
    assert found["whole"]["dropped"] == []
    assert {lesion["seen"] for lesion in found["lesions"]} == {found["whole"]["seen"]} == {96}


def test_the_whole_network_is_as_right_as_its_predictions(
    capsys: pytest.CaptureFixture[str], model: Path, image_folder: Path
) -> None:
    _, out, _ = run(capsys, "lesion", str(model), str(image_folder), "--json", "--drop", "1")
    files = sorted(image_folder.glob("*/*.png"))
    _, predicted, _ = run(capsys, "predict", str(model), *map(str, files), "--json")
    right = [row["predictions"][0]["label"] == Path(row["file"]).parent.name for row in json.loads(predicted)]
    assert json.loads(out)["whole"]["correct"] == sum(right)


def test_files_that_can_not_be_used_are_named_and_left_out(
    capsys: pytest.CaptureFixture[str], model: Path, image_folder: Path, tmp_path: Path
) -> None:
    shutil.copytree(image_folder, tmp_path / "held-out")
    (tmp_path / "held-out" / SHAPE_CLASSES[0] / "broken.png").write_bytes(b"no image")
    code, out, err = run(capsys, "lesion", str(model), str(tmp_path / "held-out"), "--json", "--drop", "1")
    assert (code, json.loads(out)["whole"]["seen"]) == (0, 96)
    assert one_sentence(err).startswith(f"skipped {SHAPE_CLASSES[0]}/broken.png: not a JPEG")


def test_a_person_reads_a_line_a_lesion(capsys: pytest.CaptureFixture[str], model: Path, image_folder: Path) -> None:
    code, out, _ = run(capsys, "lesion", str(model), str(image_folder), "--drop", "4", "layer1.0")
    assert code == 0
    assert "without blocks 4*, 1" in out
    assert "* changes the shape: only its branch is left out" in out
    _, out, _ = run(capsys, "lesion", str(model), str(image_folder), "--swap", "1", "2")
    assert "1 and 2 exchanged" in out
    assert "of 96" in out


def test_draws_repeat_with_their_seed(capsys: pytest.CaptureFixture[str], model: Path, image_folder: Path) -> None:
    asked = ("lesion", str(model), str(image_folder), "--random", "3", "--draws", "4", "--json")
    one, again, other = (run(capsys, *asked, "--seed", seed)[1] for seed in ("1", "1", "2"))
    assert one == again != other
    assert [len(lesion["dropped"]) for lesion in json.loads(one)["lesions"]] == [3] * 4


def test_a_plain_network_says_which_blocks_must_stay(
    capsys: pytest.CaptureFixture[str], plain: Path, image_folder: Path
) -> None:
    code, out, _ = run(capsys, "lesion", str(plain), str(image_folder))
    assert code == 0
    assert "Blocks 4, 7 change the shape and have no shortcut" in out
    code, _, err = run(capsys, "lesion", str(plain), str(image_folder), "--drop", "4")
    assert (code, one_sentence(err)) == (
        2, "tlcore: Block 4 changes the shape and has no shortcut, so it can't be left out.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        (("--drop", "10"), "There is no block '10'; they are numbered from 1 to 9."),
        (("--swap", "1", "9"), "Blocks 1 and 9 are shaped differently and can't change places."),
        (("--swap", "2", "2"), "A block is exchanged for another one, not for itself."),
        (("--random", "2", "--seed", "-1"), "A seed is a whole number from 0 to 2147483647, not -1."),
        (("--random", "0"), "From 1 to 9 of this network's blocks can be left out, not 0."),
        (("--random", "2", "--draws", "0"), "From 1 to 1000 draws can be made, not 0."),
        (("--random", "2", "--drop", "1"), "Choose one of --drop, --swap and --random."),
    ],
)
def test_what_can_not_be_done_is_a_sentence(
    capsys: pytest.CaptureFixture[str], model: Path, image_folder: Path, asked: tuple[str, ...], said: str
) -> None:
    code, _, err = run(capsys, "lesion", str(model), str(image_folder), *asked)
    assert (code, one_sentence(err)) == (2, f"tlcore: {said}")


def test_a_network_without_blocks_and_a_class_that_is_not_known_are_sentences(
    capsys: pytest.CaptureFixture[str], model: Path, image_folder: Path, tmp_path: Path
) -> None:
    other = write_bundle(model_of("shufflenet_v2_x0_5"), tmp_path / "other.zip")
    code, _, err = run(capsys, "lesion", str(other), str(image_folder))
    assert (code, one_sentence(err)) == (
        2, "tlcore: Only ResNets and their plain twins have blocks that can be left out.",
    )  # fmt: skip
    (tmp_path / "images").mkdir()
    (image_folder / "discs").rename(tmp_path / "images" / "cats")
    try:
        code, _, err = run(capsys, "lesion", str(model), str(tmp_path / "images"))
    finally:
        (tmp_path / "images" / "cats").rename(image_folder / "discs")
    assert code == 2
    assert "has a class 'cats' that the model does not know" in one_sentence(err)


def test_a_folder_without_a_model_is_a_sentence(
    capsys: pytest.CaptureFixture[str], image_folder: Path, tmp_path: Path
) -> None:
    code, _, err = run(capsys, "lesion", str(tmp_path), str(image_folder))
    assert (code, one_sentence(err)) == (2, "tlcore: The run has no model yet.")
    assert not (tmp_path / trained.CARD).exists()
