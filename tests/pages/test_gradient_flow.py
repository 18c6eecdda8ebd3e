"""The gradient page: links, presets, switches, images of one's own, and what is said when nothing can be measured."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages._parts.gradients.side import switch_words
from pages._parts.session import Services
from tests.pages.conftest import OWNER
from tlcore.data.samples.take_sample import take_sample
from tlcore.gradients.layers.batches import Images
from tlcore.gradients.layers.measured import Named, Setting, measured
from tlcore.gradients.layers.presets import PRESETS
from tlcore.palette import COLOURS
from tlcore.plots.gradients.flow import MEASURES
from tlcore.settings import get_settings
from tlcore.zoo.nets.configurable import Design

Visit = Callable[..., AppTest]
SMALL = {"a-depth": "8", "b-depth": "8", "a-width": "4", "b-width": "4", "images": "8"}


def said(page: AppTest) -> list[str]:
    """What is said of A and of B."""
    return [text.value for text in page.markdown if "-badge[" in text.value]


def figures(page: AppTest) -> list[Any]:
    return [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]


def test_first_paint_lays_two_networks_over_one_another(visit: Visit) -> None:
    page = visit("gradient_flow")
    assert not page.exception
    assert not page.error
    assert [title.value for title in page.title] == ["Gradient flow"]
    assert ["vanishing" in said(page)[0], "healthy" in said(page)[1]] == [True, True]
    (chart,) = figures(page)
    assert chart["layout"]["yaxis"]["type"] == "log"
    assert [(line["name"], len(line["x"])) for line in chart["data"]] == [("A", 30), ("B", 30)]
    assert any(PRESETS["sigmoid"].look in text.value for text in page.markdown)


def test_a_link_opens_two_networks(visit: Visit) -> None:
    page = visit("gradient_flow", **{**SMALL, "a-skip": "identity", "a-batch_norm": "true", "a-alpha": "0.5"})
    assert page.slider(key="a-depth").value == 8
    assert page.slider(key="a-alpha").value == 0.5
    design = Design(depth=8, width=4, activation="sigmoid", init="xavier", skip="identity", alpha=0.5)
    wanted = measured(Setting(network=design, images=Images(count=8)))
    assert wanted.verdict.sentence in said(page)[0]
    assert page.query_params["a-alpha"] == "0.5"
    assert "b-skip" not in page.query_params  # what is usual needs no words


@pytest.mark.parametrize(
    "query",
    [
        {"a-depth": "57", "a-skip": "maybe", "b-net": "resnet19", "seed": "x", "rate": "7", "show": "nothing"},
        {"a-depth": "9999999999", "a-alpha": "nan", "a-off": "conv:shortcut", "set": "nosuchset", "images": "-1"},
    ],
)
def test_a_link_that_makes_no_sense_opens_the_usual(visit: Visit, query: dict[str, str]) -> None:
    page = visit("gradient_flow", **query)
    assert not page.exception
    assert not page.error
    assert said(page) == said(visit("gradient_flow"))


def test_changing_a_control_measures_anew_and_changes_the_link(visit: Visit) -> None:
    page = visit("gradient_flow", **SMALL)
    before = said(page)
    page.segmented_control(key="a-skip").set_value("identity").run()
    page.toggle(key="a-pre_activation").set_value(True).run()
    assert said(page)[0] != before[0]
    assert said(page)[1] == before[1]
    assert page.query_params["a-skip"] == "identity"
    assert page.query_params["a-pre_activation"] == "true"


def test_a_switch_changes_the_measurement(visit: Visit) -> None:
    page = visit(
        "gradient_flow", **{**SMALL, "a-skip": "identity", "b-skip": "identity", "b-off": "stages.1.0:shortcut"}
    )
    box = page.multiselect[1]
    assert box.value == ["stages.1.0:shortcut"]
    before = said(page)[1]
    box.set_value([]).run()
    assert said(page)[1] != before
    page.button(key="b-all").click().run()
    assert page.query_params["b-off"] == [f"stages.{stage}.0:shortcut" for stage in range(3)]
    assert len(page.multiselect[1].value) == 3


@pytest.mark.parametrize("name", ["order", "resnet18"])
def test_a_preset_sets_every_control(visit: Visit, name: str) -> None:
    page = visit("gradient_flow", **{**SMALL, "a-off": "stages.0.0:block"})
    page.button(key=f"preset-{PRESETS[name].title}").click().run()
    assert not page.exception
    preset = PRESETS[name]
    assert any(preset.look in text.value for text in page.markdown)
    known = isinstance(preset.a.network, Named)
    images = Images(count=8, side=64 if known else 32)
    for side, told in zip((preset.a, preset.b), said(page), strict=True):
        assert measured(Setting(network=side.network, off=side.off, images=images)).verdict.sentence in told


def test_every_preset_can_be_written_as_a_link_and_read_back(visit: Visit) -> None:
    for name in ("large", "resnet18"):
        page = visit("gradient_flow", images="8")
        page.button(key=f"preset-{PRESETS[name].title}").click().run()
        link = {key: page.query_params[key] for key in page.query_params}
        again = visit("gradient_flow", **link)
        assert said(again) == said(page)


@pytest.mark.parametrize("column", ["weight_grad_norm", "activation_std", "dead", "update_ratio"])
def test_every_measure_is_drawn(visit: Visit, column: str) -> None:
    page = visit("gradient_flow", **SMALL, show=column)
    assert not page.exception
    (chart,) = figures(page)
    assert chart["layout"]["yaxis"]["title"]["text"] == MEASURES[column].title.lower()
    assert page.segmented_control(key="show").value == column


def test_a_well_known_network_without_its_weights_is_random(visit: Visit) -> None:
    page = visit("gradient_flow", **{**SMALL, "b-net": "mobilenet_v2", "b-pretrained": "true"})
    assert not page.exception
    assert page.toggle(key="b-pretrained").disabled
    assert "features.0.0" in said(page)[1]


def test_a_network_of_which_nothing_is_left_is_a_sentence(visit: Visit) -> None:
    off = [f"inception5b:branch{number}" for number in range(1, 5)]
    page = visit("gradient_flow", **{**SMALL, "b-net": "googlenet", "b-off": off})
    assert ["reaches only the last one" in error.value for error in page.error] == [True]
    assert len(said(page)) == 1  # the other one is still there, in its colour
    (chart,) = figures(page)
    assert [(line["name"], line["line"]["color"]) for line in chart["data"]] == [("A", COLOURS[0])]


def test_images_of_ones_own_are_measured(visit: Visit, services: Services) -> None:
    collection = services.library.create(OWNER, "My digits")
    services.library.add(OWNER, collection.id, take_sample("digits", services.storage.blobs))
    page = visit("gradient_flow", **SMALL, set=collection.id)
    assert not page.exception
    assert page.selectbox(key="set").value == collection.id
    assert said(page) != said(visit("gradient_flow", **SMALL))
    stranger = services.library.create("somebodyelsesomebodyelsesomebody", "Theirs")
    assert visit("gradient_flow", **SMALL, set=stranger.id).selectbox(key="set").value == "digits"
    assert get_settings().blobs == services.storage.blobs.root


def test_switches_are_worded() -> None:
    assert switch_words("layer1.0:shortcut") == "layer1.0 without its shortcut"
    assert switch_words("inception4a:branch2") == "inception4a whose branch 2 is zeros"
