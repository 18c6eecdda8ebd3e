"""What is written down as published: said with care here, and held against the project's reference where that is."""

import json
import re
from collections.abc import Iterator
from functools import cache
from math import isclose
from typing import Any

import pytest

from tlcore.measure.networks import measure
from tlcore.settings import PROJECT_ROOT
from tlcore.zoo.facts import Fact, Published, published, published_names, winners

REFERENCE = PROJECT_ROOT.parent / "shared" / "reference" / "architectures.json"
# Networks that the reference does not name by torchvision's builder; more than one entry where it splits a network.
ENTRIES = {
    "lenet5": ("LeNet-5",),
    "alexnet_2012": ("AlexNet (original, 2-GPU grouped)",),
    "alexnet_single": ("AlexNet (single tower, ungrouped)",),
    "zfnet": ("ZFNet",),
    "googlenet_2014": ("GoogLeNet / Inception-v1 (paper)",),
    "bn_inception": ("Inception-v2 (BN-Inception)",),
    "inception_v4": ("Inception-v4",),
    "inception_resnet_v2": ("Inception-ResNet-v2",),
    "preact_resnet50": ("Pre-activation ResNet (v2)",),
    **{f"cifar_resnet{depth}": (f"CIFAR ResNet-{depth}",) for depth in (20, 32, 44, 56, 110)},
    **{f"cifar_plain{depth}": (f"CIFAR plain-{depth}",) for depth in (20, 56)},
    "resnext101_32x4d": ("ResNeXt-101 (32x4d)",),
    "se_resnet50": ("SE-ResNet-50",),
    "senet154": ("SENet-154",),
    "densenet264": ("DenseNet-264 (k=32)",),
    "mobilenet_v1": ("MobileNet V1 1.0",),
    "fcn32s": ("FCN-32s (VGG16)",),
    "fcn8s": ("FCN-8s (VGG16)",),
    "unet": ("U-Net (original)",),
    "pixelnet": ("PixelNet",),
    "fcn_resnet50": ("FCN-ResNet50 (torchvision)",),
    "deeplabv3_resnet50": ("DeepLabV3-R50 (torchvision)",),
    "faster_rcnn": ("Faster R-CNN (torchvision)", "Faster R-CNN VGG16 (original, VOC)"),
    "ssd300": ("SSD300 (torchvision)",),
    "yolov1": ("YOLOv1 (paper, 24 conv + 2 FC)",),
    "yolov3_tiny": ("YOLOv3-tiny",),
    "vggface": ("VGGFace (VGG-16, 2622 ids)",),
    "facenet": ("FaceNet NN2", "Inception-ResNet-v1 (facenet-pytorch)"),
}
# Figures that the reference quotes from memory, or does not have, and where they were found since.
_CIFAR = "the README of the repository that publishes the weights, in its table of test errors"
FOUND_SINCE = {
    **{(f"cifar_resnet{n}", e): _CIFAR for n, e in ((20, 8.27), (32, 7.37), (44, 6.9), (56, 6.61), (110, 6.32))},
    ("alexnet_single", 62_300_000): "a tutorial that the course notes list",
    ("wide_resnet50_2", 68_900_000): "the README of the released networks",
    ("resnext50_32x4d", 25_000_000): "the README of the released code",
    ("googlenet_2014", 1_500_000_000): "the paper's introduction",
    ("facenet", 99.63): "the paper's abstract",
    ("vggface", 98.95): "Bob's documentation (Idiap), which quotes the paper",
    ("squeezenet1_0", 42.5): "Papers with Code, which quotes the paper",
    ("facenet", 99.65): "the README of the open implementation",
    ("unet", 0.000353): "the paper's text, which prints 0.0003529",
    ("deeplabv3_resnet50", 85.7): "the paper's introduction",
    ("fcn8s", 62.7): "the paper's table of results on the test images",
    ("fcn32s", 59.4): "the paper's Table 2",
    ("googlenet_2014", 6_800_000): "the paper's Table 1, whose column adds up to 6,797.7 thousand",
    ("bn_inception", 13_600_000): "the paper's section 4.2",
    ("bn_inception", 2_030_000_000): "Table 2 of the paper on squeeze-and-excitation",
    ("resnext50_32x4d", 4_200_000_000): "the paper's Table 1",
    ("resnext101_32x8d", 88_000_000): "the README of the released weights",
    ("resnext101_32x8d", 16_000_000_000): "the README of the released weights",
    ("lenet5", 0.95): "the paper's Figure 9, and its first author's page on MNIST",
    ("lenet5", 0.8): "the paper's Figure 9, and its first author's page on MNIST",
    ("squeezenet1_0", 1_248_424): "a tutorial that quotes the paper's Table 1",
    ("squeezenet1_0", 19.7): "the paper's section 5.2",
    ("mnasnet1_0", 74.5): "notes that quote the paper's Table 2",
    ("se_resnet50", 28_100_000): "the paper's Table 10",
    ("senet154", 115_090_000): "timm's card of the released weights",
    **{
        (f"efficientnet_b{number}", value): "three tables that repeat the paper's"
        for number, values in {
            1: (7_800_000, 700_000_000, 79.1, 94.4),
            2: (9_200_000, 1_000_000_000, 80.1, 94.9),
            3: (12_000_000, 1_800_000_000, 81.6, 95.7),
            4: (19_000_000, 4_200_000_000, 82.9, 96.4),
            5: (30_000_000, 9_900_000_000, 83.6, 96.7),
            6: (43_000_000, 19_000_000_000, 84.0, 96.8),
        }.items()
        for value in values
    },
}
# The reference counts auxiliary heads and leaves out FCN's fixed upsampling; here it is the other way round.
COUNTED_OTHERWISE = {"googlenet", "inception_v3", "fcn32s"}
# Networks that the reference does not have: ours, and sizes or tasks between those that it lists.
UNKNOWN = {"lenet5_modern", "googlenet_2014_aux", "resnet18_64", "fast_rcnn", "faster_rcnn_fpn", "mnasnet0_5"}
UNKNOWN |= {"regnet_y_800mf", "efficientnet_lite0"}
COLUMNS = {"parameters": "params_published", "MACs": "macs_published"}
Entry = dict[str, Any]


@cache
def reference() -> Entry:
    if not REFERENCE.is_file():
        pytest.skip("the reference of published figures is not beside this checkout")
    return json.loads(REFERENCE.read_text("utf-8"))


def entries() -> Iterator[tuple[Published, list[Entry]]]:
    """Our networks with the reference's entries about them."""
    known = reference()["architectures"]
    by_title = {entry["name"]: entry for entry in known}
    by_builder = {entry.get("builder", "").removeprefix("torchvision.models."): entry for entry in known}
    for name in sorted(set(published_names()) - UNKNOWN):
        yield published(name), [by_title[title] for title in ENTRIES.get(name, ())] or [by_builder[name]]


def facts() -> Iterator[tuple[str, Fact, list[Entry]]]:
    for about, found in entries():
        for fact in about.facts:
            yield about.name, fact, found


def numbers(text: str) -> set[float]:
    """The numbers of a text: `60,000`, `25.02`, `1.8e9`."""
    return {float(n.replace(",", "")) for n in re.findall(r"\d+(?:,\d{3})+|\d+(?:\.\d+)?(?:e\d+)?", text)}


def is_among(fact: Fact, printed: set[float]) -> bool:
    """Whether the value is one of the numbers; counts may be in millions or billions, or of operations, two a MAC."""
    units = (1, 1e6, 1e9) if fact.fact in COLUMNS else (1,)
    halves = (1, 0.5) if "two a multiply-add" in fact.source else (1,)
    return any(isclose(n * unit * half, fact.value) for n in printed for unit in units for half in halves)


def places(text: str) -> set[str]:
    """The numbers of the tables, figures and sections that a text names, those within `Tables 1-5` too."""
    spans = re.findall(r"\bTables (\d)-(\d)", text)
    single = re.findall(r"\b(?:tables?|fig(?:ure)?s?\.?|sec(?:tion|\.)) (\d[\d.]*\d|\d|II\.B)", text, re.IGNORECASE)
    return {*single, *(str(n) for first, last in spans for n in range(int(first), int(last) + 1))}


def names(text: str) -> set[str]:
    return set(re.findall(r"[A-Z]\w+", text))


def test_who_when_and_where_agree_with_the_reference() -> None:
    wrong = []
    for about, (entry, *_) in entries():
        where = re.findall(r"\d{4}\.\d{5}", entry["arxiv"]) if about.where.startswith("arXiv") else []
        people = entry.get("authors", "").split(" (")[0].replace("Dollar", "Dollár")
        surnames = [] if re.search("et al|variant", people) else names(people)
        titles = [title.split(" (")[0] for title in entry.get("paper", "").split(" / ")]
        wrong += [(about.name, "year", entry["year"])] * (about.year != entry["year"])
        wrong += [(about.name, "where", number) for number in where if number not in about.where]
        wrong += [(about.name, "author", surname) for surname in surnames if surname not in about.authors]
        wrong += [(about.name, "paper", t) for t in titles if t[:1] not in {"(", "-"} and t not in about.paper]
    assert wrong == []


def test_every_figure_is_in_the_reference_or_was_found_since() -> None:
    wrong = []
    for name, fact, found in facts():
        columns = (COLUMNS.get(fact.fact, "imagenet_published"), "key_idea", "note")
        held = numbers(" ".join(str(entry.get(column)) for entry in found for column in columns))
        if not is_among(fact, held) and (name, fact.value) not in FOUND_SINCE:
            wrong.append((name, fact.fact, fact.value))
    assert wrong == []


def test_what_the_reference_remembers_or_measured_was_found_since() -> None:
    """Its tags: P quotes from memory, M is a measurement; mixed ones say which figures are "recalled"."""
    wrong = []
    for name, fact, (entry, *_) in facts():
        tag = entry["published_verification"]
        memory = " ".join(part for part in tag.split(";") if "recalled" in part)
        doubtful = (
            tag in {"P", "M"} or is_among(fact, numbers(memory)) or names(memory) & names(fact.fact + fact.source)
        )
        if doubtful and (name, fact.value) not in FOUND_SINCE:
            wrong.append((name, fact.fact, fact.value))
    assert wrong == []


def test_tables_and_sections_are_named_only_where_they_were_found() -> None:
    named = {(name, place) for name, fact, _ in facts() for place in places(fact.source)}
    given = {(about.name, place) for about, found in entries() for place in places(json.dumps(found))}
    given |= {(name, place) for (name, _), where in FOUND_SINCE.items() for place in places(where)}
    assert named - given == set()
    assert len(named) > 20


@pytest.mark.slow
def test_our_layers_count_to_what_the_reference_measured() -> None:
    wrong = []
    for about, (*_, entry) in entries():
        table = measure(about.name)
        ours = {"params_measured": table.params, "macs_measured": table.macs}
        if about.name not in COUNTED_OTHERWISE:
            wrong += [(about.name, key, entry[key], n) for key, n in ours.items() if entry.get(key, n) != n]
    assert wrong == []


def test_the_winners_are_those_of_the_reference() -> None:
    held = reference()["ilsvrc"]
    found, _ = winners()
    assert [(w.year, w.team, w.error) for w in found] == [(row["year"], row["winner"], row["top5"]) for row in held]
    for winner, row in zip(found, held, strict=True):
        assert numbers(row["note"].replace("2nd", "")) <= numbers(winner.note)


@pytest.mark.parametrize(
    ("value", "rounding", "measured", "agrees"),
    [
        (25_000_000, 100_000, 25_028_904, True),
        (25_000_000, 10_000, 25_028_904, False),
        (0.5, 0.1, 0.549, True),
        (0.5, 0.1, 0.551, False),
    ],
)
def test_a_measurement_agrees_when_it_prints_the_same(
    value: float, rounding: float, measured: float, agrees: bool
) -> None:
    assert Fact(fact="", value=value, unit="", source="", rounding=rounding).agrees(measured) == agrees
