"""Looking into networks in a real browser: links, opening and closing, numbers, sizes, an image of one's own.

Slow: a network is built, trained and watched as somebody would, and large pages are drawn by a real browser.
"""

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Page, expect

from tests.conftest import draw
from tests.e2e.conftest import Person, Server, choose, figure, settled, switch_on
from tlcore.measure.networks import measure

pytestmark = pytest.mark.browser


def test_the_diagram_opens_from_stages_to_a_layer(server: Server, visitor: Person) -> None:
    page = visitor.open(f"{server.url}/explore?net=resnet152")
    boxes = page.locator(".network .node.group")
    expect(boxes).to_have_count(5)  # 515 steps begin as a stem and four stages
    page.locator(".network [data-id='g:layer1']").click()
    expect(page.locator(".network .frame-name", has_text="layer1")).to_be_visible()
    page.locator(".network .node.group").nth(1).click()
    expect(page.locator(".network .edge.skip").first).to_be_attached()
    page.locator(".network .node.conv").first.click()
    settled(page)
    expect(page.get_by_role("heading", name="layer1.0.conv1")).to_be_visible()
    expect(page.locator(".katex").first).to_be_visible()
    assert "step=" in page.url
    assert "open=layer1" in page.url

    page.reload()  # the link keeps what is open and chosen
    settled(page)
    expect(page.get_by_role("heading", name="layer1.0.conv1")).to_be_visible()
    expect(page.locator(".network .node.chosen")).to_have_count(1)
    page.get_by_role("button", name="Close all").click()
    expect(boxes).to_have_count(5)


def edges(page: Page, kind: str = "edge") -> set[tuple[str, str]]:
    """What the diagram's lines of that kind lead from and to, by the ids of their boxes."""
    found = page.locator(f".network .{kind}").evaluate_all("all => all.map(one => [one.dataset.from, one.dataset.to])")
    return {(start, end) for start, end in found}


def steps(name: str, kind: str) -> list[str]:
    """The ids of the boxes of a network's steps of that kind."""
    return [f"s:{row.index}" for row in measure(name).rows if row.type == kind]


def test_papers_drawing_is_the_first_one(server: Server, visitor: Person) -> None:
    page = visitor.open(f"{server.url}/explore?net=resnet18&open=stem")
    expect(page.locator(".network .node.conv .title")).to_have_text(["7×7 conv, 64, /2"])
    expect(page.locator(".network .node.norm")).to_have_count(0)
    page.get_by_role("button", name="Every layer").click()
    expect(page.locator(".network .node.norm")).to_have_count(1)
    page.get_by_role("button", name="As in papers").click()
    expect(page.locator(".network .node.norm")).to_have_count(0)


def test_all_opened_a_residual_networks_skips_are_seen(server: Server, visitor: Person) -> None:
    """One a block, twice in a row, and in the link."""
    page = visitor.open(f"{server.url}/explore?net=resnet18")
    for _ in range(2):
        page.get_by_role("button", name="Open all stages").click()
        expect(page.locator(".network .edge.skip")).to_have_count(8)
        page.wait_for_url(re.compile("open=(%2A|\\*)"))
        page.get_by_role("button", name="Close all").click()
        expect(page.locator(".network .edge.skip")).to_have_count(0)
    page.get_by_role("button", name="Open all stages").click()
    page.wait_for_url(re.compile("open=(%2A|\\*)"))
    page.reload()
    settled(page)
    expect(page.locator(".network .edge.skip")).to_have_count(8)
    page.locator(".network [data-id='g:layer1/layer1/0'] .frame-name").click()
    expect(page.locator(".network .edge.skip")).to_have_count(7)


def test_blocks_in_which_too_much_meets_stay_closed(server: Server, visitor: Person) -> None:
    """DenseNet-201's third block has 48 layers that read all before them; its first has six."""
    page = visitor.open(f"{server.url}/explore?net=densenet201")
    page.get_by_role("button", name="Open all stages").click()
    expect(page.locator(".network .node.group", has_text="denseblock3")).to_be_visible()
    expect(page.locator(".network .frame-name", has_text="denseblock1")).to_be_visible()
    assert len(page.locator(".network .edge.skip").all()) > 6 * 5 / 2


def test_proposals_go_to_the_pooling(server: Server, visitor: Person) -> None:
    """Faster R-CNN has one input, whose maps and whose best proposals meet in the pooling; nothing skips."""
    page = visitor.open(f"{server.url}/explore?net=faster_rcnn")
    expect(page.locator(".network .node.input")).to_have_count(1)
    (best,), (pooling,) = steps("faster_rcnn", "BestRegions"), steps("faster_rcnn", "roi_pool")
    assert edges(page) >= {("g:backbone", "g:proposals"), ("g:proposals", best), (best, pooling)}
    assert {start for start, end in edges(page) if end == pooling} == {"g:backbone", best}
    assert edges(page, "edge.skip") == set()
    page.goto(f"{server.url}/explore?net=fast_rcnn")  # whose regions another program proposes
    expect(page.locator(".network .node.input .title")).to_have_text(["input", "regions"])
    (pooling,) = steps("fast_rcnn", "roi_pool")
    assert {start for start, end in edges(page) if end == pooling} == {"g:backbone", "input1"}
    assert edges(page, "edge.skip") == set()


def test_u_nets_copies_are_skips(server: Server, visitor: Person) -> None:
    page = visitor.open(f"{server.url}/explore?net=unet")
    expect(page.locator(".network .node .title", has_text="crop")).to_have_count(4)
    crops, merges = steps("unet", "slice"), steps("unet", "cat")
    downs = [f"g:down{depth}" for depth in (4, 3, 2, 1)]
    assert edges(page, "edge.skip") == {*zip(downs, crops, strict=True), *zip(crops, merges, strict=True)}
    page.goto(f"{server.url}/explore?net=googlenet&open=inception3&open=inception3/inception3a")
    expect(page.locator(".network .node.merge").first).to_be_visible()
    assert edges(page, "edge.skip") == set()  # branches are no skips


def test_the_diagram_is_worked_by_keyboard(server: Server, visitor: Person) -> None:
    page = visitor.open(f"{server.url}/explore?net=googlenet")
    stage = page.locator(".network [data-id='g:inception3']")
    stage.focus()
    page.keyboard.press("Enter")
    expect(page.locator(".network .frame-name", has_text="inception3")).to_be_visible()
    inner = page.locator(".network .node.group", has_text="inception3a")
    inner.focus()
    page.keyboard.press("Escape")
    expect(page.locator(".network .frame-name")).to_have_count(0)
    expect(stage).to_be_visible()


def test_blocks_are_drawn_as_papers_draw_them(server: Server, visitor: Person) -> None:
    page = visitor.open(f"{server.url}/blocks?block=bottleneck")
    expect(page.locator(".network")).to_have_count(2)
    basic, bottleneck = page.locator(".network").all()
    expect(basic.locator(".node.conv .title")).to_have_text(["3×3 conv, 256", "3×3 conv, 256"])
    expect(basic.locator(".node.conv .note")).to_have_text(["BN, ReLU · 256×28×28", "BN · 256×28×28"])
    titles = bottleneck.locator(".node.conv .title")
    expect(titles).to_have_text(["1×1 conv, 64", "3×3 conv, 64", "1×1 conv, 256"])
    expect(bottleneck.locator(".node.merge")).to_contain_text("+ReLU")
    expect(bottleneck.locator(".node.norm")).to_have_count(0)
    bottleneck.get_by_role("button", name="Every layer").click()
    expect(bottleneck.locator(".node.norm")).to_have_count(3)
    page.goto(f"{server.url}/blocks?block=dense")  # DenseNet's layers stand before their convolutions
    expect(page.locator(".network").last.locator(".node.conv .title")).to_have_text(["BN, ReLU, 1×1 conv, 96"])


def test_the_table_opens_and_a_number_shows_its_working(server: Server, visitor: Person) -> None:
    page = visitor.open(f"{server.url}/explore?net=vgg16&view=Layers")
    table = page.locator(".layers")
    expect(table.locator("tfoot")).to_contain_text("138,357,544")
    table.get_by_role("button", name="block1").click()
    row = table.locator("tr", has_text="features.0")
    row.get_by_role("button", name="1,792").click()
    settled(page)
    expect(page.get_by_text("Each of the c' filters")).to_be_visible()
    expect(page.locator(".katex").first).to_be_visible()
    table.get_by_role("button", name="block1").click()
    expect(row).to_have_count(0)


def test_another_input_size_and_an_impossible_one(server: Server, visitor: Person) -> None:
    page = visitor.open(f"{server.url}/explore?net=alexnet")
    before = figure(page, "Multiply-adds (MACs)")
    page.get_by_role("button", name="Input size").click()
    rows = page.get_by_role("spinbutton", name="Rows")
    rows.fill("320")
    rows.press("Enter")
    settled(page)
    assert figure(page, "Multiply-adds (MACs)") != before
    assert "rows=320" in page.url
    rows.fill("20")
    rows.press("Enter")
    settled(page)
    expect(page.get_by_text("An input of 3x20x224 is impossible")).to_be_visible()


def test_an_image_of_ones_own_shows_its_maps(server: Server, visitor: Person, tmp_path: Path) -> None:
    photo = tmp_path / "rings.png"
    draw("rings", np.random.default_rng(0), 200, 160).save(photo)
    page = visitor.open(f"{server.url}/explore?net=shufflenet_v2_x0_5&view=On an image")
    choose(page, "Image", "A photo of yours")
    page.locator("input[type=file]").set_input_files(photo)
    expect(page.locator(".bars .row.lead")).to_be_visible(timeout=60_000)  # it has weights, so it answers
    expect(page.get_by_text("of 24 maps").first).to_be_visible(timeout=60_000)
    spot = page.locator(".spot .frame")
    spot.scroll_into_view_if_needed()
    before = page.locator(".spot .box").get_attribute("style")
    spot.click(position={"x": 60, "y": 60})
    settled(page)
    expect(page.locator(".spot .box")).not_to_have_attribute("style", before or "")
    page.get_by_text("Which pixels move it, by gradient").click()
    settled(page)
    expect(spot.locator("img")).to_be_visible()
    expect(page.get_by_text("27 products, added")).to_be_visible()  # 3x3 in three colours
    expect(page.locator(".js-plotly-plot .heatmaplayer").first).to_be_visible()
    at = re.search(r"at=([\d.]+)", page.url.replace("%2C", ","))
    assert at
    assert float(at[1]) < 0.5  # where one pointed is in the link


def test_the_table_is_taken_along(server: Server, visitor: Person, tmp_path: Path) -> None:
    page = visitor.open(f"{server.url}/explore?net=lenet5&view=Take along")
    with page.expect_download() as download:
        page.get_by_role("button", name="Table (JSON)").click()
    path = tmp_path / "lenet5.json"
    download.value.save_as(path)
    assert json.loads(path.read_text())["totals"]["params"] == measure("lenet5").params == 60000
    expect(page.get_by_text("class LeNet5")).to_be_visible()


def test_the_window_picture_is_worked_by_keyboard(server: Server, visitor: Person) -> None:
    page = visitor.open(f"{server.url}/sizes?input=7&kernel=3&stride=2")
    page.locator(".windows canvas").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".windows .said")).to_have_text("Output 1 reads input 2, 3, 4.")


def test_a_network_of_ones_own_is_built_and_trained(server: Server, person: Callable[[], Person]) -> None:
    student = person()
    page = student.open(f"{server.url}/train")
    page.get_by_role("button", name="Road signs in weather").click()
    expect(page.get_by_text("384 images in 8 classes")).to_be_visible(timeout=60_000)
    student.open(f"{server.url}/build?stack=stack:3x32x32:c8k3p1-relu-mp4-gap-fl-fc4")
    page.get_by_text("As a line of text").click()
    line = page.get_by_role("textbox", name="Line")
    line.fill("stack:3x32x32:c8k3p1-bn-relu-mp4-c16k3p1-relu-gap-fl-fc4")
    line.press("Enter")
    settled(page)
    assert figure(page, "Parameters") == "1,476"
    page.get_by_role("link", name="Train it on my images").click()
    settled(page)
    picker = page.get_by_role("combobox", name=re.compile("backbone"))
    expect(picker).to_have_value("A network of one's own · 1,476 parameters · from scratch")
    page.get_by_text("Settings", exact=True).click()
    switch_on(page, "Watch the gradients")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.locator(".live").first).to_have_attribute("data-epochs", re.compile("[1-9]"), timeout=120_000)
    expect(page.locator(".heat-box")).to_contain_text("Every layer over time")
    expect(page.locator(".heat rect").first).to_be_visible()
    page.get_by_label("What the colours are").select_option("dead units")
    expect(page.locator(".heat")).to_have_attribute("aria-label", re.compile("dead units of 3 layers"))
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator(".live .pill")).to_have_text("stopped", timeout=60_000)
