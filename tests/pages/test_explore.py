"""The explorer, the comparison and the output sizes: links, what is measured, and what is said when it can't be."""

import itertools
import re
from collections.abc import Callable
from dataclasses import replace
from typing import get_args

import pytest
from streamlit.testing.v1 import AppTest

from pages._parts import components
from pages._parts.js import scripts
from pages._parts.networks import on_image
from pages._parts.session import Services
from tests.conftest import BACKBONE, Backbone, ImageSet
from tests.pages.conftest import OWNER, figures
from tlcore.measure import working
from tlcore.measure.blocks import BLOCKS
from tlcore.measure.networks import measure
from tlcore.measure.working import Number
from tlcore.zoo import architectures

Visit = Callable[..., AppTest]


def values(page: AppTest) -> dict[str, str]:
    return dict(figures(page))


def test_the_first_network_is_measured(visit: Visit) -> None:
    page = visit("explore")
    assert values(page)["Parameters"] == "11,689,512"
    assert values(page)["Sees at most"] == "435 px"
    assert page.query_params["net"] == "resnet18"
    assert not page.exception


def test_a_link_opens_a_network_at_a_size(visit: Visit) -> None:
    page = visit("explore", net="vgg16", rows="64", columns="96")
    assert [field.value for field in page.number_input] == [64, 96]
    table = measure("vgg16", (64, 96))
    assert values(page)["Multiply-adds (MACs)"] == f"{table.macs / 1e9:.2f} G"
    page.number_input[0].set_value(224).run()
    page.number_input[1].set_value(224).run()
    assert "rows" not in page.query_params  # the published size needs no words in the link


def test_an_impossible_size_names_the_layer(visit: Visit) -> None:
    page = visit("explore", net="alexnet", rows="40", columns="40")
    assert ["features.12 breaks" in error.value for error in page.error] == [True]
    assert not page.exception


def test_an_unknown_network_is_said(visit: Visit) -> None:
    page = visit("explore", net="resnet19")
    assert ["no network named 'resnet19'" in warning.value for warning in page.warning] == [True]
    assert values(page)["Parameters"] == "11,689,512"


def test_a_family_narrows_the_list(visit: Visit) -> None:
    page = visit("explore")
    page.selectbox(key="family").set_value("LeNet").run()
    picker = next(box for box in page.selectbox if box.label == "Network")
    assert len(picker.options) == 2
    assert page.query_params["net"] == "lenet5"
    assert values(page)["Parameters"] == "60,000"


@pytest.mark.parametrize(
    ("net", "view"),
    [
        ("lenet5", "On an image"),
        *itertools.product(
            ("lenet5", "inception_v3", "unet", "faster_rcnn"),
            ("Diagram", "Layers", "Published and measured", "Take along"),
        ),
    ],
)
def test_every_view_of_every_kind_of_network_is_drawn(visit: Visit, net: str, view: str) -> None:
    page = visit("explore", net=net, view=view)
    assert not page.exception
    assert page.segmented_control[0].value == view


def test_a_chosen_layer_shows_how_its_numbers_come_about(visit: Visit) -> None:
    page = visit("explore", net="alexnet_2012", step="0")
    assert page.subheader[0].value == "conv1.0"
    shown = " ".join(latex.value for latex in page.latex)
    assert r"= 34\,944" in shown
    assert "+ 1 = 55" in shown


def test_published_figures_stand_beside_the_measured_ones(visit: Visit) -> None:
    frame = visit("explore", net="resnet50", view="Published and measured").table[0].value
    rows = frame.to_dict("records")
    (macs,) = (row for row in rows if row["figure"].startswith("**MACs**") and "Table 1." in row["figure"])
    assert (macs["published"], macs["measured"]) == ("3,800,000,000", "4,089,184,256")
    assert "stride" in macs["figure"]


def test_the_trainer_is_a_click_away_with_the_network_chosen(visit: Visit, throwaway_backbone: Backbone) -> None:
    page = visit("train", backbone=BACKBONE)
    assert page.selectbox(key="backbone").value == BACKBONE
    label = next(option for option in page.selectbox(key="backbone").options if option.startswith("SqueezeNet"))
    earlier = visit("train", backbone=label)  # as links named a network at first
    assert earlier.selectbox(key="backbone").value == "squeezenet1_0"
    assert not any("Train this" in link.label for link in visit("explore", net="unet").get("page_link"))


def test_an_image_gets_answers_from_a_network_with_weights(visit: Visit, throwaway_backbone: Backbone) -> None:
    page = visit("explore", net=BACKBONE, view="On an image")
    assert not page.exception
    assert not any("random" in text.value for text in page.markdown)
    without = visit("explore", net="lenet5", view="On an image")
    assert any("-badge[" in text.value and "nothing learned" in text.value for text in without.markdown)


def test_one_value_of_a_map_is_worked_out(visit: Visit) -> None:
    page = visit("explore", net="lenet5_modern", view="On an image", step="0", map="2", at="0.5,0.28")
    assert page.number_input(key="map").value == 2
    assert any("Position 7, 14 of 28×28" in caption.value for caption in page.caption)
    formula, values = (latex.value for latex in page.latex)
    assert "w_{c,i,j}" in formula
    assert r"\text{map }0" in values
    assert any("25 products" in caption.value for caption in page.caption)
    page.number_input(key="map").set_value(3).run()
    assert page.query_params["map"] == "3"
    assert not page.exception


def test_a_layer_whose_arithmetic_is_not_written_out_says_so(visit: Visit) -> None:
    (row,) = [row for row in measure("cifar_resnet20").rows if row.name == "layer2.0.shortcut"]
    page = visit("explore", net="cifar_resnet20", view="On an image", step=str(row.index))
    assert not page.exception
    assert any("is not written out" in caption.value for caption in page.caption)


@pytest.mark.parametrize("link", [{"at": "nowhere"}, {"at": "9.9,9.9"}, {"map": "99999"}, {"map": "-1"}])
def test_a_link_to_no_place_leads_to_a_place(visit: Visit, link: dict[str, str]) -> None:
    page = visit("explore", net="lenet5_modern", view="On an image", step="0", **link)
    assert not page.exception
    assert page.latex


def test_from_the_diagram_to_one_value(visit: Visit) -> None:
    page = visit("explore", net="lenet5_modern", step="3")
    next(button for button in page.button if button.label.startswith("One value")).click().run()
    assert not page.exception
    assert page.segmented_control(key="view").value == "On an image"
    assert page.selectbox(key="step").value == 3


def test_speed_is_measured_in_the_queue(visit: Visit, services: Services) -> None:
    page = visit("compare", net=["lenet5", "alexnet"])
    page.button(key="measure").click().run()
    (run,) = services.runs.of_kind(OWNER, "speed")
    assert run.spec.networks == ("lenet5", "alexnet")
    assert page.button(key="measure").disabled
    page.button(key=f"stop-{run.id}").click().run()
    assert services.runs.get(OWNER, run.id).state == "cancelled"
    page = visit("compare")
    assert ["stopped" in warning.value for warning in page.warning] == [True]
    assert not page.button(key="measure").disabled
    assert not page.exception


@pytest.mark.parametrize("block", [*BLOCKS, "scaling"])
def test_every_block_is_drawn(visit: Visit, block: str) -> None:
    page = visit("blocks", block=block)
    assert not page.exception
    assert not page.error


def test_networks_are_compared_by_link(visit: Visit) -> None:
    page = visit("compare")
    assert page.multiselect(key="net").value == ["alexnet_2012", "vgg16", "resnet50"]
    page.multiselect(key="net").set_value(["lenet5", "unet"]).run()
    assert page.query_params["net"] == ["lenet5", "unet"]
    assert [box.value for box in page.subheader][:2] == ["LeNet-5 (1998)", "U-Net"]
    assert not page.exception
    page.multiselect(key="net").set_value([]).run()
    assert not page.exception


def test_sizes_are_calculated_and_linked(visit: Visit) -> None:
    page = visit("sizes", input="227", kernel="11", stride="4")
    assert values(page) == {"Output": "227 → 55"}
    page.number_input(key="stride").set_value(5).run()
    assert values(page) == {"Output": "227 → 44"}
    assert page.query_params["stride"] == "5"
    assert any("1" in caption.value and "dropped" in caption.value for caption in page.caption)


def test_an_impossible_output_is_a_sentence(visit: Visit) -> None:
    page = visit("sizes", input="5", kernel="9")
    assert ["reaches over 9 pixels" in error.value for error in page.error] == [True]
    assert not page.exception


def test_a_preset_fills_the_fields(visit: Visit) -> None:
    page = visit("sizes")
    page.button(key="preset-AlexNet's first layer").click().run()
    assert values(page) == {"Output": "227 → 55"}
    assert architectures.get("alexnet_2012").input_shape == (3, 227, 227)


def test_a_trained_model_opens_like_any_other(
    visit: Visit, services: Services, throwaway_backbone: Backbone, shapes: ImageSet, lab_run: str
) -> None:
    page = visit("explore", run=lab_run)
    assert not page.exception
    assert page.selectbox(key="family").value == "My models"
    assert page.selectbox[1].options[0].startswith("ShuffleNetV2")
    # four classes instead of a thousand: 1025 parameters a class
    assert values(page)["Parameters"] == f"{measure(BACKBONE).params - 996 * 1025:,}"
    assert not visit("explore", run=lab_run, view="Layers").exception
    page = visit("explore", run=lab_run, view="On an image")
    assert not page.exception
    assert not any("random" in caption.value for caption in page.caption)
    page.selectbox(key="family").set_value("ResNet").run()
    assert "run" not in page.query_params
    assert page.query_params["net"] == "resnet18"
    assert not page.exception


def test_one_of_ones_own_models_is_picked_like_a_family(visit: Visit, services: Services, lab_run: str) -> None:
    page = visit("explore", net="alexnet", view="Take along", step="3")
    page.selectbox(key="family").set_value("My models").run()
    assert not page.exception
    assert page.query_params["run"] == lab_run
    assert "net" not in page.query_params
    assert "step" not in page.query_params
    assert page.segmented_control(key="view").value == "Diagram"  # there is no text to take along of it
    assert "Published and measured" not in page.segmented_control(key="view").options


def test_without_a_model_there_is_none_to_pick(visit: Visit) -> None:
    assert "My models" not in visit("explore").selectbox(key="family").options


def test_a_run_that_is_gone_is_said(visit: Visit) -> None:
    page = visit("explore", run="deleted")
    assert ["was deleted" in warning.value for warning in page.warning] == [True]
    assert not page.exception


def test_a_network_that_the_link_names_twice_is_compared_once(visit: Visit) -> None:
    page = visit("compare", net=["lenet5", "lenet5", "unet"])
    assert page.multiselect(key="net").value == ["lenet5", "unet"]
    assert page.query_params["net"] == ["lenet5", "unet"]


@pytest.mark.parametrize("name", ["input2", "kernel2", "stride2", "padding2", "dilation2"])
def test_a_link_to_columns_of_their_own_opens_them(visit: Visit, name: str) -> None:
    page = visit("sizes", **{name: "2"})
    assert page.toggle(key="differ").value
    assert page.number_input(key=name).value == 2
    page.toggle(key="differ").set_value(False).run()
    assert name not in page.query_params


def test_sizes_of_every_kind_come_back_by_their_link(visit: Visit) -> None:
    page = visit("sizes", kind="Pooling", kernel="2", stride="2", input="7")
    page.toggle(key="ceil").set_value(True).run()
    page.toggle(key="differ").set_value(True).run()
    again = visit("sizes", **link_of(page))
    assert again.toggle(key="ceil").value
    assert again.toggle(key="differ").value
    assert values(again) == values(page)
    page = visit("sizes", kind="Transposed convolution", stride="2")
    page.number_input(key="output-padding").set_value(1).run()
    again = visit("sizes", **link_of(page))
    assert again.number_input(key="output-padding").value == 1
    assert values(again) == values(page) == {"Output": "12 → 26"}


def link_of(page: AppTest) -> dict[str, str]:
    return {name: "".join(given) for name, given in page.query_params.items()}


def test_a_preset_is_for_rows_and_columns(visit: Visit) -> None:
    page = visit("sizes", input="30", input2="40")
    page.button(key="preset-AlexNet's first layer").click().run()
    assert [page.number_input(key=name).value for name in ("input", "input2", "kernel2")] == [227, 227, 11]


def test_where_a_step_looks_where_it_is_told_no_window_is_claimed() -> None:
    (row,) = [row for row in measure("fast_rcnn").rows if row.type == "roi_pool"]
    assert "can't be said in one window" in on_image._reach(row, boxed=False)
    last = measure("resnet18").rows[-1]
    assert on_image._reach(last, boxed=False) == "It depends on the whole image."


def test_positions_that_all_see_the_same_are_told_apart_by_where_one_points() -> None:
    """Their receptive fields have one centre, so none of them is the nearest."""
    row = replace(measure("lenet5_modern").rows[0], jump=(0, 0))
    assert row.output_shape == (6, 28, 28)
    assert on_image._place(row, (32, 32), (0.5, 0.25)) == (7, 14)


WORKING = """
import streamlit as st
from pages._parts.networks.explorer import show_working
from tlcore.measure.networks import measure

show_working(measure("alexnet_2012"), 0, st.session_state["column"])
"""


def columns_of_the_table() -> set[str]:
    """The numbers whose working the layer table asks for, as its script names them."""
    script = (scripts.FOLDER / components.ENTRIES["layers"]).read_text("utf-8")
    return set(re.findall(r'\[\s*"\w+",\s*"[^"]+",\s*"(\w+)",?\s*\]', script)) - {"text"}


def test_the_table_asks_for_the_workings_that_there_are() -> None:
    assert columns_of_the_table() == set(get_args(Number))


@pytest.mark.parametrize("column", get_args(Number))
def test_a_number_shows_its_own_working_whatever_it_is_called(column: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(working._TITLES, column, "Another title")
    page = AppTest.from_string(WORKING, default_timeout=60)
    page.session_state["column"] = column
    page.run()
    assert [text.value for text in page.markdown] == ["**Another title**"]
    assert len(page.latex) == 2
