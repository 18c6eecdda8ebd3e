"""Building a network of one's own: its table, its refusals, and the way to the trainer."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from pages._parts.session import Services
from pages._parts.words import plain
from tests.pages.conftest import OWNER, figures
from tests.pages.test_train import shapes_set  # noqa: F401 - a fixture
from tlcore.measure.networks import measure
from tlcore.zoo.stack import STARTS

Visit = Callable[..., AppTest]
SMALL = "stack:3x32x32:c8k3p1-bn-relu-mp2-c16k3p1-relu-gap-fl-fc4"


def values(page: AppTest) -> dict[str, str]:
    return dict(figures(page))


def test_it_begins_with_a_small_network(visit: Visit) -> None:
    page = visit("build")
    table = measure(STARTS["A small start"])
    assert values(page)["Parameters"] == f"{table.params:,}"
    assert page.query_params["stack"] == STARTS["A small start"]
    assert "nn.Conv2d(in_channels=3" in page.code[0].value
    assert not page.exception


def test_a_classic_can_be_the_beginning(visit: Visit) -> None:
    page = visit("build")
    page.button(key="preset-LeNet-5").click().run()
    assert values(page)["Parameters"] == "61,706"
    assert "square images in colour" in " ".join(
        caption.value for caption in page.caption
    )  # grey is not for the trainer


def test_a_link_brings_a_network(visit: Visit) -> None:
    page = visit("build", stack=SMALL)
    assert values(page)["Parameters"] == f"{measure(SMALL).params:,}"


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("stack:3x8x8:c4k9-gap-fl-fc2", "its window of 9 pixels is larger"),
        ("stack:3x8x8:fc4", "put 'fl' before it"),
        ("nonsense", "is written as stack:3x64x64"),
    ],
)
def test_what_can_not_be_is_a_sentence(visit: Visit, line: str, sentence: str) -> None:
    page = visit("build", stack=line)
    assert [plain(sentence) in error.value for error in page.error] == [True]
    assert not page.exception


def test_it_is_trained_from_scratch(visit: Visit, services: Services, shapes_set: str) -> None:  # noqa: F811
    page = visit("train", set=shapes_set, stack=SMALL)
    assert page.selectbox(key="backbone").value == SMALL
    assert page.radio(key="strategy").value == "scratch"
    assert "built for images of 32 pixels" in " ".join(caption.value for caption in page.caption)
    page.button(key="train").click().run()
    (run,) = services.runs.all(OWNER)
    assert (run.spec.backbone, run.spec.strategy, run.name) == (
        SMALL,
        "scratch",
        "A network of one's own, from scratch",
    )
    assert not page.exception


def test_frozen_it_has_nothing_to_freeze(visit: Visit, shapes_set: str) -> None:  # noqa: F811
    page = visit("train", set=shapes_set, stack=SMALL)
    page.radio(key="strategy").set_value("frozen").run()
    assert page.button(key="train").disabled
    assert "no pretrained weights; train it from scratch" in " ".join(caption.value for caption in page.caption)


def test_a_broken_link_to_the_trainer_is_a_sentence(visit: Visit, shapes_set: str) -> None:  # noqa: F811
    page = visit("train", set=shapes_set, stack="stack:3x32x32:x1")
    assert ["There is no layer 'x1'" in warning.value for warning in page.warning] == [True]
    assert not page.exception
