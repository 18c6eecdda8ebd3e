"""What a registry row says, by itself."""

import subprocess
import sys

import pytest

from tlcore.settings import PROJECT_ROOT
from tlcore.zoo import registry
from tlcore.zoo.network import Preprocessing, Stage, stages


@pytest.mark.parametrize("name", registry.names())
def test_its_own_crop_leaves_the_preprocessing_as_published(name: str) -> None:
    own = registry.get(name).preprocessing
    assert own.at(own.crop) == own


@pytest.mark.parametrize(("crop", "resize"), [(224, 256), (112, 128), (64, 73), (448, 512), (32, 37)])
def test_resize_keeps_its_ratio_to_the_crop(crop: int, resize: int) -> None:
    assert Preprocessing(resize=256, crop=224).at(crop) == Preprocessing(resize=resize, crop=crop)


@pytest.mark.parametrize("crop", [32, 100, 233, 600])
@pytest.mark.parametrize("name", registry.names())
def test_the_crop_always_fits_into_the_resized_image(name: str, crop: int) -> None:
    prep = registry.get(name).preprocessing.at(crop)
    assert prep.crop == crop <= prep.resize


def test_at_keeps_interpolation_and_normalisation() -> None:
    own = registry.get("efficientnet_b0").preprocessing
    at = own.at(128)
    assert (at.interpolation, at.mean, at.std) == ("bicubic", own.mean, own.std)


def test_stages_are_written_as_keywords() -> None:
    assert stages(stem="conv1 bn1", layer1="layer1") == (Stage("stem", ("conv1", "bn1")), Stage("layer1", ("layer1",)))


@pytest.mark.parametrize("name", registry.names())
def test_the_last_stage_ends_before_the_head(name: str) -> None:
    row = registry.get(name)
    paths = [part.split("[")[0] for stage in row.stages for part in stage.parts]
    assert row.head not in paths
    assert len(set(row.stage_names)) == len(row.stages) >= 4


def test_resnet50_takes_102_megabytes() -> None:
    assert registry.get("resnet50").megabytes == pytest.approx(102.2, abs=0.1)  # torchvision's file: 97.8 MiB


def test_rows_need_no_torch() -> None:
    code = "import sys, tlcore.zoo.registry, tlcore.zoo.weights; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, check=False).returncode == 0
