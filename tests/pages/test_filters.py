"""The filters page: links, kernels of one's own, what is looked at closely, and images that are hard to read."""

import json
import re
from collections.abc import Callable
from io import BytesIO

import numpy as np
import pytest
from PIL import Image
from streamlit.testing.v1 import AppTest

from pages._parts.filters.lab import edited
from pages._parts.words import plain
from tests.conftest import draw
from tests.pages.conftest import figures
from tlcore.filters import sharpness, show
from tlcore.filters.bank import bank
from tlcore.filters.pictures import picture_of

Visit = Callable[..., AppTest]
CLOSER = (
    "Kernels",
    "Histograms",
    "Along a row",
    "Compass rose",
    "Shift, turn, brighten",
    "Canny's steps",
    "Sobel or Prewitt",
)


def words(page: AppTest) -> str:
    return "\n".join(element.value for kind in (page.caption, page.markdown) for element in kind)


def pictures(page: AppTest) -> list[str]:
    return [caption for image in page.get("image") for caption in image.captions]


def encoded(image: Image.Image, kind: str) -> bytes:
    buffer = BytesIO()
    image.save(buffer, kind)
    return buffer.getvalue()


@pytest.mark.parametrize("way", CLOSER)
def test_everything_is_looked_at_by_link(visit: Visit, way: str) -> None:
    page = visit("filters", closer=way)
    assert not page.exception
    assert not page.error
    assert page.segmented_control(key="closer").value == way


@pytest.mark.parametrize("name", show.choices())
def test_every_filter_is_shown_by_link(visit: Visit, name: str) -> None:
    page = visit("filters", a=name, b="identity")
    assert not page.exception
    assert page.selectbox(key="a").value == name
    assert any(caption.startswith(show.choices()[name]) for caption in pictures(page))


def test_what_the_link_does_not_know_is_left_out(visit: Visit) -> None:
    page = visit("filters", a="krisch", image="cat", row="x", closer="Along a row")
    assert not page.exception
    assert page.selectbox(key="a").value == "gradient-sobel"
    assert page.selectbox(key="image").value == "camera"


def test_choices_go_into_the_link(visit: Visit) -> None:
    page = visit("filters")
    page.selectbox(key="b").set_value("emboss").run()
    page.selectbox(key="image").set_value("card").run()
    assert (page.query_params["b"], page.query_params["image"]) == ("emboss", "card")


def test_a_kernel_of_ones_own_lives_in_the_link(visit: Visit) -> None:
    page = visit("filters", a="custom", **{"kernel-a": "0 0 1;0 0 0;-1 0 0"})
    assert page.selectbox(key="a").value == "custom"
    editor = page.dataframe[0].value
    assert editor.to_numpy().tolist() == [[0, 0, 1], [0, 0, 0], [-1, 0, 0]]
    assert "plain sum" in words(page)
    page.selectbox(key="a").set_value("box").run()
    assert "kernel-a" not in page.query_params
    page.selectbox(key="a").set_value("custom").run()  # it was kept
    assert page.query_params["kernel-a"] == "0 0 1;0 0 0;-1 0 0"


def test_a_kernel_of_ones_own_begins_as_the_one_before(visit: Visit) -> None:
    page = visit("filters", a="canny", b="emboss")
    page.selectbox(key="a").set_value("custom").run()
    page.selectbox(key="b").set_value("custom").run()
    assert page.query_params["kernel-a"] == "0 0 0;0 1 0;0 0 0"
    assert page.query_params["kernel-b"] == "-2 -1 0;-1 1 1;0 1 2"


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The kernel is empty."),
        ("1 2;3", "rows have different lengths: 1, 2"),
        ("1 nan", "infinite or not a number"),
        ("inf", "infinite or not a number"),
        ("1 two", "holds 'two', which is not a number"),
        ("1 " * 16, "at most 15x15 values, not 1x16"),
    ],
)
def test_a_kernel_that_is_none_is_one_sentence_and_can_be_mended(visit: Visit, text: str, sentence: str) -> None:
    page = visit("filters", a="custom", **{"kernel-a": text})
    assert not page.exception
    assert [plain(sentence) in error.value for error in page.error] == [True]
    assert len(pictures(page)) == 2  # the image and the other filter
    line = next(box for box in page.text_input if box.label == "As a line of text")
    line.set_value("1 -1").run()
    assert not page.error
    assert page.query_params["kernel-a"] == "1 -1"
    assert len(pictures(page)) == 3


@pytest.mark.parametrize("way", CLOSER)
@pytest.mark.parametrize("compare", ["side by side", "wipe"])
def test_beside_a_kernel_that_is_none_everything_else_works(visit: Visit, way: str, compare: str) -> None:
    broken = {"a": "custom", "kernel-a": "x", "b": "custom", "kernel-b": "1;2 3"}
    page = visit("filters", closer=way, compare=compare, **broken)
    assert not page.exception
    assert len(page.error) == 2


def test_editing_numbers_of_a_preset_gives_a_kernel_of_ones_own() -> None:
    """AppTest has no data editor to click on; the browser test does the rest."""
    values = bank()["sobel_x"].values
    assert edited(values, {0: {"1": 5}, 2: {"2": None}}) == "-1 5 1;-2 0 2;-1 0 nan"
    assert values[0, 1] == 0


def test_the_size_of_a_kernel_changes_around_its_anchor(visit: Visit) -> None:
    page = visit("filters", b="laplacian4", a="canny")
    page.number_input(key="Rows-b-0").set_value(5).run()
    assert page.query_params["b"] == "custom"
    assert page.query_params["kernel-b"] == "0 0 0;0 1 0;1 -4 1;0 1 0;0 0 0"
    page.number_input(key="Columns-b-1").set_value(2).run()
    assert page.query_params["kernel-b"] == "0 0;0 1;1 -4;0 1;0 0"
    assert not page.error


def test_the_row_in_the_link_is_measured(visit: Visit) -> None:
    page = visit("filters", closer="Along a row", row="100", column="40")
    line = show.profile(show.as_tensor(picture_of("camera"), grey=True, longest=512), 100)
    assert f"intensity **{line.intensity[40]:.3f}**, first derivative **{line.first[40]:+.3f}**" in words(page)
    figure = json.loads(page.get("plotly_chart")[0].proto.spec)
    assert len(figure["data"]) == 3


def test_a_click_on_the_image_chooses_the_row(visit: Visit) -> None:
    page = visit("filters", closer="Along a row")
    page.session_state["row-spot"] = {"at": [0.25, 0.5]}
    page.run()
    assert "row 256 of 512, column 128 of 512" in words(page)
    assert page.query_params["row"] == "256"


def test_noise_is_measured_in_both_derivatives(visit: Visit) -> None:
    """Of independent pixels the first one takes 0.71 times the noise, the second one 2.45 times."""
    said = words(visit("filters", closer="Along a row", noise="0.1"))
    first, second = (float(number) for number in re.findall(r"([0-9.]+) times", said))
    assert first == pytest.approx(0.5**0.5, rel=0.1)
    assert second == pytest.approx(6**0.5, rel=0.1)


def test_a_change_of_the_image_has_its_numbers(visit: Visit) -> None:
    page = visit("filters", closer="Shift, turn, brighten", a="sobel_x", turn="180")
    shown = [value for _, value in figures(page)]
    assert shown[:2] == ["0 %", "200.0%"]
    assert shown[2].startswith("0 % (rounding")
    assert "has a direction of its own" in words(page)
    assert "changes by +0.200" in words(visit("filters", closer="Shift, turn, brighten", a="box"))


def test_sobel_and_prewitt_are_compared_in_numbers(visit: Visit) -> None:
    said = words(visit("filters", closer="Sobel or Prewitt"))
    found = sharpness.compare(0.0, 0.1, 0.7)
    assert "On this edge they are not" in said
    assert f"{abs(found.extra):.3f} ± {found.extra_pm:.3f} pixels farther from the edge" in said
    diagonal = words(visit("filters", closer="Sobel or Prewitt", **{"edge-angle": "45"}))
    assert "On this edge they are" in diagonal
    assert "closer to the edge" in diagonal
    silent = visit("filters", closer="Sobel or Prewitt", **{"edge-noise": "0.0"})
    assert not silent.exception
    assert "more noise through" not in words(silent)


def test_the_rose_names_its_directions(visit: Visit) -> None:
    page = visit("filters", closer="Compass rose", masks="Kirsch", image="card")
    captions = [caption for caption in pictures(page) if caption.startswith("**")]
    named = [caption.split("**")[1] for caption in captions]
    assert named == ["NW", "N", "NE", "W", "All of them", "E", "SW", "S", "SE"]
    assert "all eight have to be computed" in words(page)
    assert "four correlations give all eight" in words(visit("filters", closer="Compass rose"))


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("one.png", encoded(Image.new("RGB", (1, 1), "red"), "PNG")),
        ("print.jpg", encoded(draw("rings", np.random.default_rng(0), 80, 60).convert("CMYK"), "JPEG")),
        ("grey.png", encoded(draw("rings", np.random.default_rng(0), 60, 80).convert("L"), "PNG")),
        ("long.png", encoded(Image.new("RGB", (20, 1), "red"), "PNG")),
    ],
)
@pytest.mark.parametrize("way", CLOSER)
def test_unusual_images_are_filtered(visit: Visit, name: str, data: bytes, way: str) -> None:
    page = visit("filters", closer=way, image="upload")
    page.file_uploader[0].upload(name, data).run()
    assert not page.exception
    assert not page.error
    assert len(pictures(page)) >= 3


@pytest.mark.parametrize("data", [b"not an image", b"", encoded(Image.new("RGB", (50, 50)), "PNG")[:40]])
def test_a_broken_file_is_one_sentence(visit: Visit, data: bytes) -> None:
    page = visit("filters", image="upload")
    page.file_uploader[0].upload("broken.png", data).run()
    assert not page.exception
    assert ["The image can't be used" in error.value for error in page.error] == [True]
