"""Networks of timm on the pages: found by what one types, measured, looked at, and curated ones first."""

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from tests.pages.conftest import figures
from tlcore.zoo import architectures, registry
from tlcore.zoo.timm import index

Visit = Callable[..., AppTest]
XCIT = "xcit_nano_12_p16_224"


def captions(page: AppTest) -> str:
    return "\n".join(caption.value for caption in page.caption)


def test_curated_networks_come_first_and_timms_are_not_in_their_list(visit: Visit) -> None:
    page = visit("explore")
    assert page.selectbox(key="family").options[-1] == f"timm ({len(index.entries()):,})"
    assert len(page.selectbox(key="net").options) == len(architectures.names())


def test_a_network_of_timm_is_found_by_typing(visit: Visit) -> None:
    page = visit("explore")
    page.selectbox(key="family").set_value("timm").run()
    page.text_input(key="find").set_value("xcit 2021 nano").run()
    assert page.selectbox(key="net").options == [
        f"{name} · 2021" for name in registry.timm_names() if "xcit_nano" in name
    ]
    page.selectbox(key="net").set_value(XCIT).run()
    assert dict(figures(page))["Parameters"] == "3,053,224"
    assert (page.query_params["net"], page.query_params["find"]) == (XCIT, "xcit 2021 nano")
    page.selectbox(key="family").set_value("All").run()
    assert page.selectbox(key="net").value == "resnet18"
    assert not page.exception


@pytest.mark.parametrize("name", [XCIT, "timm/resnet18"])
def test_a_link_leads_to_a_network_of_timm(visit: Visit, name: str) -> None:
    page = visit("explore", net=name, view="Layers")
    assert page.selectbox(key="family").value == "timm"
    assert page.selectbox(key="net").value == name
    assert "60 are listed" in captions(page)
    assert not page.exception


def test_what_no_network_of_timm_has_is_said_and_the_chosen_one_stays(visit: Visit) -> None:
    page = visit("explore", net=XCIT)
    page.text_input(key="find").set_value("convnex_atoo").run()
    assert "No network of timm has 'convnex\\_atoo' in its name" in captions(page)
    assert "Did you mean convnext_atto" in captions(page)
    assert page.selectbox(key="net").value == XCIT
    assert not page.exception


def test_a_transformer_is_looked_at_on_an_image_and_offered_to_no_trainer(visit: Visit) -> None:
    page = visit("explore", net=XCIT, view="On an image")
    assert not page.exception
    assert any("-badge[" in text.value and "nothing learned" in text.value for text in page.markdown)
    assert "choose another on the photo" in captions(page)
    assert not any("Train this" in link.proto.label for link in page.get("page_link"))


def test_networks_of_timm_stand_beside_the_others(visit: Visit) -> None:
    page = visit("compare", net=["resnet18", XCIT])
    assert [heading.value for heading in page.subheader][:2] == ["ResNet-18", XCIT]
    page.text_input(key="find").set_value("convnext_atto").run()
    assert page.multiselect(key="net").options[0] == "convnext_atto"
    page.multiselect(key="net").set_value(["resnet18", XCIT, "convnext_atto"]).run()
    assert page.query_params["net"] == ["resnet18", XCIT, "convnext_atto"]
    page.text_input(key="find").set_value("").run()
    assert page.multiselect(key="net").value == ["resnet18", XCIT, "convnext_atto"]
    assert not page.exception


def test_an_unknown_name_in_a_comparisons_link_is_said(visit: Visit) -> None:
    page = visit("compare", net=["resnet18", "xcit_nano_12_p16_22"])
    assert ["Did you mean xcit_nano_12_p16_224" in warning.value for warning in page.warning] == [True]
    assert page.multiselect(key="net").value == ["resnet18"]


def test_the_trainer_takes_a_network_of_timm_from_the_explorer(visit: Visit) -> None:
    page = visit("train", form="new", backbone="test_resnet")
    assert page.selectbox(key="backbone").value == "test_resnet"
    said = "\n".join(text.value for text in page.markdown)
    assert "huggingface.co/timm/test_resnet.r160_in1k, licence apache-2.0" in said
    assert page.button(key="fetch")
    page.selectbox(key="backbone").set_value("resnet18").run()
    page.selectbox(key="backbone").set_value("test_resnet").run()
    assert page.selectbox(key="backbone").value == "test_resnet"
    assert not page.exception


def test_the_trainer_says_why_a_transformer_is_not_among_its_networks(visit: Visit) -> None:
    page = visit("train", form="new", backbone=XCIT)
    assert [f"{XCIT} can be looked at and measured".replace("_", "\\_") in text.value for text in page.warning] == [
        True
    ]
    assert not page.exception
