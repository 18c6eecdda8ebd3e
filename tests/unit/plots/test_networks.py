"""The figures about networks hold what was measured or published."""

import pytest

from tlcore.measure.networks import measure
from tlcore.plots.networks import challenge, cost_over_depth, field, timeline
from tlcore.zoo import registry
from tlcore.zoo.facts import rated, winners


def test_costs_add_up_over_depth() -> None:
    figure = cost_over_depth({"VGG-16": measure("vgg16"), "ResNet-18": measure("resnet18")}, "params", "Parameters")
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


def test_the_timeline_keeps_families_in_lines() -> None:
    figure = timeline([(1998, "LeNet", "LeNet-5", "idea"), (2012, "AlexNet", "AlexNet", "idea")])
    assert list(figure.data[0].x) == [1998, 2012]
    assert list(figure.layout.yaxis.categoryarray) == ["LeNet", "AlexNet"]


def test_the_winners_errors_fall_every_year() -> None:
    found, source = winners()
    errors = [winner.error for winner in found]
    assert errors == sorted(errors, reverse=True)
    assert [winner.year for winner in found] == list(range(2010, 2018))
    assert source
    assert list(challenge(found).data[0].y) == errors
