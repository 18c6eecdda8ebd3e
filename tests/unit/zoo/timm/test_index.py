"""The index of timm's networks against timm itself, and how a network is found in it."""

import subprocess
import sys
from pathlib import Path

import pytest
import timm
from timm.models import is_model_in_modules

from tlcore.errors import UnknownNameError
from tlcore.settings import PROJECT_ROOT
from tlcore.zoo import architectures, registry
from tlcore.zoo.facts import published
from tlcore.zoo.timm import index, reading

ENTRIES = index.entries()


def test_the_index_has_every_network_of_timm() -> None:
    assert list(ENTRIES) == timm.list_models()
    assert len(ENTRIES) == 1371


def test_what_the_index_says_of_weights_is_what_timm_says() -> None:
    for name, entry in ENTRIES.items():
        if (
            name == "vitamin_xlarge_336"
        ):  # timm builds vitamin_xlarge_256 under this name, and the index says what is built
            continue
        told = timm.get_pretrained_cfg(name).to_dict()
        assert is_model_in_modules(name, [entry.module])
        assert (3, *entry.input) == tuple(told["input_size"])
        assert (entry.mean, entry.std) == (tuple(told["mean"]), tuple(told["std"]))
        assert (entry.crop, entry.interpolation) == (told["crop_pct"], told["interpolation"])
        assert (entry.license, entry.tag, entry.classes) == (
            told.get("license") or "", told.get("tag") or "", told["num_classes"],
        )  # fmt: skip
        hub = told.get("hf_hub_id")
        assert entry.url == (f"{reading.HUB}/{hub}/{reading.HUB_FILE}" if hub else told.get("url") or "")


def test_every_network_is_of_one_family_and_every_family_has_some() -> None:
    assert {entry.family for entry in ENTRIES.values()} == set(index.families())
    assert len({(family.module, family.names) for family in index.families()}) == len(index.families())


def test_the_paper_of_a_family_stands_in_timms_sources() -> None:
    sources = "\n".join(file.read_text("utf-8") for file in (Path(timm.__file__).parent / "models").glob("*.py"))
    cited = {str(timm.get_pretrained_cfg(name).paper_ids) for name in timm.list_pretrained()}
    for family in index.families():
        assert not family.paper or family.paper in sources or any(family.paper in ids for ids in cited), family


@pytest.mark.parametrize(("words", "first"), [("xcit nano 2021", "xcit_nano_12_p8_224"), ("timm/dla34", "dla34")])
def test_networks_are_found_by_name_family_and_year(words: str, first: str) -> None:
    assert index.search(words)[0].name == first


def test_every_word_must_be_found_and_nothing_typed_finds_all() -> None:
    assert index.search("xcit 2019") == []
    assert {entry.module for entry in index.search("XCiT")} == {"xcit"}
    assert len(index.search("  ")) == len(ENTRIES)


def test_a_line_is_read_as_it_was_written() -> None:
    lines = index.INDEX.read_text("utf-8").splitlines()
    assert lines == [index.title_line(), *map(index.line, ENTRIES.values())]


# Names


def test_a_name_that_is_taken_needs_the_prefix() -> None:
    assert architectures.get("resnet18").source == "torchvision"
    assert architectures.get("timm/resnet18").source == "timm"
    assert architectures.get("timm/resnet18").name == "timm/resnet18"
    assert architectures.get("inception_v4").source == "ours"
    with pytest.raises(UnknownNameError, match="timm/inception_v4"):
        registry.get("inception_v4")


def test_a_name_that_is_free_needs_none() -> None:
    assert architectures.get("timm/xcit_nano_12_p16_224").name == "xcit_nano_12_p16_224"
    assert architectures.get("xcit_nano_12_p16_224").input_shape == (3, 224, 224)


@pytest.mark.parametrize(("typed", "meant"), [("convnext_atoo", "convnext_atto"), ("xcit_nano_p16_224", "xcit_nano")])
def test_a_typing_error_is_answered_with_the_nearest_names(typed: str, meant: str) -> None:
    for get in (architectures.get, registry.get):
        with pytest.raises(UnknownNameError, match=f"There is no network named '{typed}'. Did you mean .*{meant}"):
            get(typed)


def test_what_is_written_of_a_network_of_timm_is_its_family_and_its_year() -> None:
    told = published("xcit_nano_12_p16_224")
    assert (told.year, told.idea) == (2021, "XCiT. One of 28 networks that timm counts to this family.")
    assert told.credit == "timm, module xcit. The family began with arXiv:2106.09681 (2021). Input 3x224x224."
    assert published("mobilenetv5_300m").year is None


def test_names_are_known_without_importing_timm_or_torch() -> None:
    code = (
        "import sys\nfrom tlcore.zoo import architectures\nfrom tlcore.zoo.timm import index\n"
        "index.search('convnext'); architectures.get('dla34'); print('timm' in sys.modules, 'torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
