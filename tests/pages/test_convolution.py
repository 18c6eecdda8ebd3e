"""Convolution step by step: what the browser is given, what the link keeps, and what is offered."""

import itertools
import json
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages._parts.words import plain
from tests.pages.conftest import figures
from tlcore.filters import steps
from tlcore.filters.steps import KINDS, Layer
from tlcore.measure.windows.sizes import Sliding, output_size

Visit = Callable[..., AppTest]


def values(page: AppTest) -> dict[str, str]:
    return dict(figures(page))


def given(page: AppTest) -> dict[str, Any]:
    """What the component was given."""
    (component,) = page.get("bidi_component")
    return json.loads(component.proto.json)


def options(page: AppTest, name: str) -> list[str]:
    return list(page.button_group(key=name).options)


def test_the_first_view_is_one_sum(visit: Visit) -> None:
    page = visit("convolution")
    assert [title.value for title in page.title] == ["Convolution, step by step"]
    assert values(page) == {
        "Output": "1×6×6",
        "Weights": "9",
        "Multiplications": "324",
        "Dropped": "0 rows, 0 columns",
    }
    assert any("What to look for" in text.value for text in page.markdown)
    assert not page.exception
    assert not page.error
    assert dict(page.query_params) == {}  # what is usual needs no words in the link


def test_the_browser_gets_the_numbers_that_pytorch_gets(visit: Visit) -> None:
    link = {"channels": "2", "filters": "4", "groups": "2", "kernel": "random", "stride": "2", "seed": "7", "side": "7"}
    data = given(visit("convolution", **link))
    layer = Layer(inputs=2, outputs=4, groups=2, stride=2)
    assert data["layer"] == {
        "kind": "convolution", "side": 7, "inputs": 2, "outputs": 4, "kernel": 3, "stride": 2, "padding": 0,
        "dilation": 1, "groups": 2,
    }  # fmt: skip
    assert data["image"] == steps.picture("digit3", 2, 7).flatten().tolist()
    weights = steps.kernels("random", layer, 7)
    assert weights is not None
    assert data["weights"] == weights.flatten().tolist()


@pytest.mark.parametrize(("kind", "stride", "padding"), list(itertools.product(KINDS, ("1", "2", "3"), ("0", "1"))))
def test_every_kind_is_drawn_and_pytorchs_size_is_the_formulas(
    visit: Visit, kind: Any, stride: str, padding: str
) -> None:
    page = visit("convolution", kind=kind, stride=stride, padding=padding)
    assert not page.exception
    assert not page.error
    pools = kind in steps.POOLING
    found = output_size(
        8, Sliding(kernel=3, stride=int(stride), padding=int(padding), pool=pools, transposed=kind == "transposed")
    )
    assert values(page)["Output"] == f"1×{found.output}×{found.output}"
    assert steps.output_side(Layer(kind=kind, stride=int(stride), padding=int(padding)), 8) == found.output
    assert (values(page)["Weights"] == "0") is pools
    assert len(page.dataframe) == 1  # PyTorch's own outcome
    assert page.dataframe[0].value.shape == (found.output, found.output)


def test_dropped_rows_are_counted_and_said(visit: Visit) -> None:
    page = visit("convolution", stride="2")
    assert values(page)["Dropped"] == "1 row, 1 column"
    assert any("hatched" in text.value for text in page.markdown)


def test_only_what_is_possible_is_offered(visit: Visit) -> None:
    page = visit("convolution", side="4", kernel="sobel5_x", channels="3", filters="2", groups="2")
    assert options(page, "padding") == ["1", "2", "3", "4"]
    assert page.query_params["padding"] == "1"  # 0 can't be
    assert "groups" not in page.query_params
    assert not any(group.key == "groups" for group in page.button_group)
    assert not page.exception
    page = visit("convolution", channels="4", filters="4")
    assert options(page, "groups") == ["1", "2", "4 · depthwise"]
    pooled = visit("convolution", kind="average")
    keys = {group.key for group in pooled.button_group}
    assert not keys & {"dilation", "filters", "groups"}
    assert options(pooled, "padding") == ["0", "1"]


@pytest.mark.parametrize(
    "link",
    [
        {"kind": "median", "picture": "cat", "kernel": "x", "side": "99"},
        {"side": "-3", "stride": "0", "padding": "9", "dilation": "²", "groups": "1e9", "size": "x", "seed": "99999"},
        {"kind": "transposed", "side": "12", "stride": "4", "dilation": "3", "kernel": "sobel5_y"},
        {"kind": "max", "size": "5", "side": "4", "padding": "4", "stride": "4", "dilation": "3"},
        {"pin": "o9.9.9", "channels": "0", "filters": "77"},
    ],
)
def test_a_link_that_can_not_be_shows_what_can(visit: Visit, link: dict[str, str]) -> None:
    page = visit("convolution", **link)
    assert not page.exception
    assert not page.error
    layer = given(page)["layer"]
    assert 1 <= steps.output_side(Layer(**{k: v for k, v in layer.items() if k != "side"}), layer["side"]) <= 24


def test_a_preset_sets_everything_and_forgets_changes(visit: Visit) -> None:
    page = visit("convolution", pixels="0_5", weights="1_2", pin="i0.0.0", side="4")
    before = given(page)
    page.button(key="preset-Depthwise").click().run()
    after = given(page)
    assert after["layer"]["groups"] == 4
    assert (after["pixels_changed"], after["weights_changed"], after["pin"]) == ("", "", "")
    assert after["turn"] == before["turn"] + 1
    assert after["pixels_of"] != before["pixels_of"]
    assert dict(page.query_params) == {
        "channels": "4", "filters": "4", "groups": "4", "picture": "lines", "padding": "1",
    }  # fmt: skip
    page.button(key="preset-One sum").click().run()
    assert dict(page.query_params) == {}


def test_changed_values_count_in_pytorch_too_and_last_as_long_as_their_image(visit: Visit) -> None:
    page = visit("convolution", picture="empty", pixels="0_5", kernel="identity")
    shown = page.dataframe[0].value
    assert shown.to_numpy().sum() == 0  # the corner is in no window's middle
    page = visit("convolution", picture="empty", pixels="9_5", kernel="identity")
    assert page.dataframe[0].value.to_numpy()[0, 0] == 5
    page.button_group(key="stride").set_value(2).run()
    assert page.query_params["pixels"] == "9_5"
    page.selectbox(key="picture").set_value("impulse").run()
    assert "pixels" not in page.query_params
    assert given(page)["pixels_changed"] == ""


def test_changes_that_can_not_be_read_are_left_out_with_a_sentence(visit: Visit) -> None:
    page = visit("convolution", pixels="0_nan")
    assert [plain("'0_nan' is no change of a value") in warning.value for warning in page.warning] == [True]
    assert "pixels" not in page.query_params
    assert not page.exception


def test_other_random_numbers_are_a_link_too(visit: Visit) -> None:
    page = visit("convolution", kernel="random")
    before = given(page)["weights"]
    next(button for button in page.button if button.label == "Other random numbers").click().run()
    assert page.query_params["seed"] == "1"
    assert given(page)["weights"] != before
    assert given(visit("convolution", kernel="random", seed="1"))["weights"] == given(page)["weights"]


@pytest.mark.usefixtures("carried")
def test_learned_kernels_are_offered_where_they_are(visit: Visit) -> None:
    page = visit("convolution", kernel="learned", channels="3", padding="3", stride="2")
    assert given(page)["layer"]["kernel"] == 7
    assert values(page)["Weights"] == "147"
    assert not page.exception
