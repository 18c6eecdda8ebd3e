"""The figures about networks hold what was measured or published."""

import plotly.graph_objects as go
import pytest

from tlcore.measure.networks import measure
from tlcore.measure.table import Table
from tlcore.palette import DARK, GREY, LIGHT
from tlcore.plots.labels import Box, Marked, placed
from tlcore.plots.marks import Mark, mark_of
from tlcore.plots.networks import NARROW, WIDE, Layout, challenge, cost_over_depth, field, in_short, timeline
from tlcore.zoo import architectures, registry
from tlcore.zoo.architectures import FAMILIES
from tlcore.zoo.facts import rated, winners

NETWORKS = {"VGG-16": "vgg16", "ResNet-18": "resnet18", "VGG-11": "vgg11"}
FAMILY_OF = {"VGG-16": "VGG", "ResNet-18": "ResNet", "VGG-11": "VGG"}


def tables() -> dict[str, Table]:
    return {title: measure(name) for title, name in NETWORKS.items()}


def test_costs_add_up_over_depth() -> None:
    figure = cost_over_depth(tables(), FAMILY_OF, "params", "Parameters")
    for line in figure.data:
        assert (line.x[0], line.y[0]) == (0, 0)
        assert (line.x[-1], line.y[-1]) == (1, pytest.approx(1))
        assert list(line.y) == sorted(line.y)
    vgg = figure.data[0]
    assert vgg.y[13] == pytest.approx(14_714_688 / 138_357_544)  # thirteen convolutions before the dense layers


def test_the_field_shows_every_network_with_published_weights() -> None:
    rows = rated()
    published = [name for name in registry.names() if registry.get(name).weights_file]
    assert [row.name for row in rows] == published
    titles = {name: name for name in published}
    families = {name: registry.get(name).family for name in published}
    figure = field(rows, titles, families)
    assert sum(len(group.x) for group in figure.data) == len(published)
    resnet = next(row for row in rows if row.name == "resnet18")
    assert (resnet.params, resnet.top1) == (11_689_512, 69.758)


def test_a_family_has_one_colour_and_mark_in_every_chart() -> None:
    """And no two families have the colour in common."""
    assert len({mark_of(family).colour for family in FAMILIES}) == len(FAMILIES)
    assert {architectures.get(name).family for name in architectures.names()} == set(FAMILIES)
    marks = {group.name: (group.marker.color, group.marker.symbol) for group in shown_field().data}
    lines = timeline([(2014, family, family, "idea") for family in FAMILIES]).data[0]
    for family, colour, symbol in zip(lines.y, lines.marker.color, lines.marker.symbol, strict=True):
        assert mark_of(family) == Mark(colour, symbol)
        assert marks.get(family, (colour, symbol)) == (colour, symbol)
    vgg, resnet, other = cost_over_depth(tables(), FAMILY_OF, "macs", "Arithmetic").data
    assert (vgg.line.color, resnet.line.color) == (mark_of("VGG").colour, mark_of("ResNet").colour)
    assert (other.line.color, other.line.dash != vgg.line.dash) == (vgg.line.color, True)
    assert (vgg.marker.symbol, resnet.marker.symbol) == (mark_of("VGG").symbol, mark_of("ResNet").symbol)
    assert mark_of("Own").colour not in {mark_of(family).colour for family in FAMILIES}
    found, _ = winners()
    (bars,) = challenge(found).data
    coloured = {winner.family: colour for winner, colour in zip(found, bars.marker.color, strict=True)}
    assert coloured == {family: mark_of(family).colour for family in ("AlexNet", "Inception", "ResNet", "SENet", "")}


def luminance(colour: str) -> float:
    """By WCAG 2.2."""
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("paper", [LIGHT.paper, DARK.paper])
def test_families_stand_out_from_light_and_from_dark(paper: str) -> None:
    """WCAG asks for three to one of what is not text."""
    for family in FAMILIES:
        low, high = sorted((luminance(mark_of(family).colour), luminance(paper)))
        assert (high + 0.05) / (low + 0.05) >= 3, family
    assert mark_of("").colour == GREY


def shown_field(*chosen: str, layout: Layout = WIDE) -> go.Figure:
    rows = rated()
    return field(
        rows,
        {row.name: registry.get(row.name).title for row in rows},
        {row.name: registry.get(row.name).family for row in rows},
        chosen,
        layout,
    )


def test_every_network_of_the_field_is_named_beside_its_bubble() -> None:
    found = {text for group in shown_field().data for text in group.text}
    assert found >= {"AlexNet", "VGG-11", "19 BN", "ResNet-18", "152", "EfficientNet-B0", "B7", "V2-S", "GoogLeNet"}
    assert all("text" in group.mode for group in shown_field().data)
    assert sum(len(group.text) for group in shown_field().data) == len(rated())


def named(figure: go.Figure) -> set[str]:
    """The titles of the networks that are named beside their bubbles."""
    return {about[0] for group in figure.data for text, about in zip(group.text, group.customdata, strict=True) if text}


@pytest.mark.parametrize("layout", [WIDE, NARROW])
def test_a_chosen_network_is_named_whole_however_crowded_it_is(layout: Layout) -> None:
    hidden = ["densenet161", "densenet201", "wide_resnet50_2", "resnet152"]
    texts = {text for group in shown_field(*hidden, layout=layout).data for text in group.text}
    assert texts >= {"<b>DenseNet-161</b>", "<b>DenseNet-201</b>", "<b>Wide ResNet-50-2</b>", "<b>ResNet-152</b>"}
    assert not any("<b>" in text for group in shown_field(layout=layout).data for text in group.text)


def test_on_a_phone_the_smallest_of_every_family_is_named_at_least() -> None:
    found = named(shown_field(layout=NARROW))
    smallest: dict[str, str] = {}
    for row in sorted(rated(), key=lambda row: row.macs):
        smallest.setdefault(registry.get(row.name).family, registry.get(row.name).title)
    assert found >= set(smallest.values())
    assert len(found) < len(rated())  # what would lie on others is left out


def test_names_lie_on_nothing_where_there_is_room() -> None:
    """Two points side by side, one between others, and one at the chart's edge; on a canvas and on a larger one."""
    canvases = [Box(0, 0, 400, 300), Box(0, 0, 900, 300)]
    points = [Marked(0.25, 0.33, 10, "one"), Marked(0.33, 0.33, 10, "other"), Marked(0.99, 0.66, 10, "at the edge")]
    points += [Marked(0.5 + 0.07 * i, 0.83, 20, f"row {i}") for i in range(4)]
    places = placed(points, canvases)
    for canvas in canvases:
        labels = [point.label(place or "", canvas) for point, place in zip(points, places, strict=True)]
        for index, label in enumerate(labels):
            assert label.shared(canvas) == pytest.approx(label.area)
            assert all(label.shared(other) == 0 for other in labels[:index])
            assert all(label.shared(point.mark(canvas)) == 0 for point in points)


def test_where_there_is_no_room_the_first_and_the_bold_are_named() -> None:
    canvas = Box(0, 0, 200, 40)
    points = [Marked(0.5, 0.5, 30, f"crowded {i}", bold=i == 8) for i in range(9)]
    places = placed(points, [canvas], order=[7])
    assert places[7]
    assert places[8]
    assert None in places


@pytest.mark.parametrize(
    ("titles", "family", "expected"),
    [
        (["ResNet-18", "ResNet-34", "ResNet-152"], "ResNet", ["ResNet-18", "34", "152"]),
        (["ResNet-20 (CIFAR)", "ResNet-32 (CIFAR)", "Plain-20 (CIFAR)"], "CIFAR ResNet",
         ["ResNet-20", "32", "Plain-20"]),
        (["GoogLeNet (2014)", "GoogLeNet (2014) with its auxiliary heads", "Inception v3"], "Inception",
         ["GoogLeNet", "Inception v3"]),
        (["LeNet-5 (1998)", "LeNet-5, as textbooks print it"], "LeNet", ["LeNet-5"]),
        (["VGG-11", "VGG-11 with BN"], "VGG", ["VGG-11"]),
    ],
)  # fmt: skip
def test_names_in_short(titles: list[str], family: str, expected: list[str]) -> None:
    assert in_short(titles, family) == expected


def test_the_timeline_keeps_families_in_lines_and_names_their_networks() -> None:
    figure = timeline([(1998, "LeNet", "LeNet-5", "idea"), (2012, "AlexNet", "AlexNet", "idea")])
    assert list(figure.data[0].x) == [1998, 2012]
    assert list(figure.layout.yaxis.categoryarray) == ["LeNet", "AlexNet"]
    assert list(figure.layout.yaxis.ticktext) == ["<b>LeNet</b><br>LeNet-5", "<b>AlexNet</b>"]


def test_the_winners_errors_fall_every_year() -> None:
    found, source = winners()
    errors = [winner.error for winner in found]
    assert errors == sorted(errors, reverse=True)
    assert [winner.year for winner in found] == list(range(2010, 2018))
    assert source
    (bars,) = challenge(found).data
    assert list(bars.x) == errors
    assert (bars.y[0], bars.y[5]) == ("2010 · NEC-UIUC", "2015 · MSRA (ResNet)")
