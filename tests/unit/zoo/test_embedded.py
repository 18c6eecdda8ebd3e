"""The networks that the project carries: what their cards say is true of their files."""

from pathlib import Path
from statistics import fmean

import pytest
from safetensors import safe_open

from bench.card import write
from tlcore.data.pixels.pool import read_pool
from tlcore.errors import NotFoundError
from tlcore.measure.networks import measure
from tlcore.plots.transfer import gains, means, whole
from tlcore.train import trained
from tlcore.train.pretrain import score
from tlcore.zoo import cards, registry, weights

NAMES = cards.embedded()
pytestmark = pytest.mark.usefixtures("carried")


def test_the_lessons_network_is_carried() -> None:
    assert "resnet18_64" in NAMES
    assert registry.get("resnet18_64").built_as == "resnet18"


@pytest.mark.parametrize("name", NAMES)
def test_the_file_is_what_the_card_says(name: str) -> None:
    file, figures = weights.require(name), cards.read_card(name).figures
    assert file.source == "embedded"
    assert weights.file_digest(file.path) == figures["sha256"]
    assert file.path.stat().st_size == figures["bytes"] <= 25_000_000
    with safe_open(file.path, "pt") as opened:
        assert {opened.get_slice(key).get_dtype() for key in opened.keys()} <= {"F16", "I64"}  # noqa: SIM118
        assert list(opened.metadata()) == ["classes"]
    classes = weights.class_names(file)
    assert len(classes) == len(set(classes)) == figures["classes"]


@pytest.mark.parametrize("name", NAMES)
def test_what_is_explored_is_the_network_that_is_carried(name: str) -> None:
    table = measure(name)
    assert table.rows[-1].output_shape == (cards.read_card(name).figures["classes"],)
    network = trained.pretrained(name).staged.network
    assert table.params == sum(values.numel() for values in network.parameters()) == registry.get(name).parameters


@pytest.mark.parametrize("name", NAMES)
def test_the_card_is_made_of_the_figures(name: str) -> None:
    """Written by `python -m bench.card NAME`, so that no number in it is typed in."""
    card = cards.read_card(name)
    assert card.text == write(card)
    assert card.figures["sha256"] in card.text
    assert 0.45 <= card.figures["top1"] < card.figures["top5"] < 1


@pytest.mark.parametrize("name", NAMES)
def test_measured_anew_it_is_as_good_as_its_card_says(name: str, photographs: Path, tmp_path: Path) -> None:
    shards = photographs / "tiny-imagenet-64"
    if not shards.is_dir():
        pytest.skip("no Tiny ImageNet in the folder that TLCORE_TEST_DATA names")
    # a pool has a training part too; one shard of it will do
    for part in ("train-00", "val"):
        (tmp_path / f"{part}.parquet").symlink_to(shards / f"{part}.parquet")
    (tmp_path / "classes.json").symlink_to(shards / "classes.json")
    model = trained.pretrained(name)
    prep, figures = model.card.preprocessing, cards.read_card(name).figures
    pool = read_pool(tmp_path, prep, threads=2)
    assert prep.crop == (figures["spec"]["image_size"] or prep.crop)
    assert score(model, pool).top1 == pytest.approx(figures["top1"], abs=0.001)


def test_a_network_without_a_card_is_a_sentence() -> None:
    with pytest.raises(NotFoundError, match=r"vgg16 has no card in .*backbones\."):
        cards.read_card("vgg16")


def test_the_evidence_is_complete() -> None:
    """Five seeds for every method and number of images a class, on five sets, at the size that is recommended."""
    rows = cards.read_card("resnet18_64").transfer
    held = {(r["target"], r["method"], r["images"], r["seed"]) for r in rows}
    wanted = {
        (target, method, images, seed)
        for target in ("ants-bees", "cats-dogs", "trash", "sign-digits", "digits")
        for method in ("transfer", "random", "scratch")
        for images in (5, 10, 20, 50, 0)
        for seed in range(5)
    }
    assert held == wanted
    assert len(rows) == len(wanted)
    assert {row["size"] for row in rows} == {registry.get("resnet18_64").preprocessing.crop}


def test_imagenets_features_are_measured_as_often_and_say_what_the_card_says() -> None:
    """Above those of 64 pixels everywhere; from scratch wins only where photographs are alike but for one thing."""
    rows = cards.read_card("efficientnet_lite0").transfer
    own = [row for row in rows if row["method"] == "imagenet"]
    assert len(own) == len({(r["target"], r["images"], r["seed"]) for r in own}) == 125
    assert {(row["backbone"], row["size"]) for row in own} == {("efficientnet_lite0", 224)}
    by_cell = {(m.target, m.images, m.method): m.mean for m in whole(means(rows))}
    ahead = {
        cell[:2] for cell, mean in by_cell.items() if cell[2] == "imagenet" and mean > by_cell[*cell[:2], "scratch"]
    }
    assert {target for target, _ in ahead} == {"ants-bees", "cats-dogs", "trash"}
    assert all(by_cell[*cell[:2], "imagenet"] > by_cell[*cell[:2], "transfer"] for cell in by_cell)


def test_at_ten_images_a_class_features_are_worth_what_is_said() -> None:
    """From scratch wins where photographs are alike but for one thing: hands before one wall."""
    rows = [row for row in cards.read_card("resnet18_64").transfer if row["images"] == 10]
    over_random, over_scratch = gains(rows, "random"), gains(rows, "scratch")
    wanted = {"ants-bees": 0.15, "cats-dogs": 0.15, "sign-digits": 0.15, "trash": 0.08}
    assert {target for target, least in wanted.items() if over_random[target, 10][0] < least} == set()
    things = [over_scratch[target, 10] for target in ("ants-bees", "cats-dogs", "trash")]
    assert fmean(mean for mean, _, _ in things) > 0.1
    assert all(high > 0 for _, _, high in things)


@pytest.mark.parametrize("images", [5, 10, 20, 50, 0])
def test_on_trash_both_are_level_and_above_random_features(images: int) -> None:
    rows = cards.read_card("resnet18_64").transfer
    _, low, high = gains(rows, "scratch")["trash", images]
    assert low < 0 < high
    assert gains(rows, "random")["trash", images][1] > 0
