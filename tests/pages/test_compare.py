"""Compare: a family of networks is drawn alike in every chart of the page."""

import json
from collections.abc import Callable, Iterator
from typing import Any

from streamlit.testing.v1 import AppTest

from tlcore.plots.marks import mark_of
from tlcore.zoo import architectures
from tlcore.zoo.architectures import FAMILIES
from tlcore.zoo.facts import winners

FAMILY_OF = {row.title: row.family for row in map(architectures.get, architectures.names())} | {f: f for f in FAMILIES}


def coloured(figure: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Each family that a figure draws, or a network of it, with its colour."""
    teams = {f"{winner.year} · {winner.team}": winner.family for winner in winners()[0]}
    for trace in figure["data"]:
        colour = trace.get("line", trace["marker"]).get("color")
        if trace.get("name") in FAMILY_OF:
            yield FAMILY_OF[trace["name"]], colour
        else:  # a point or a bar each
            for word, one in zip(trace["y"], colour, strict=True):
                yield FAMILY_OF.get(word, teams.get(word, "")), one


def test_families_have_their_colours_in_all_charts(visit: Callable[..., AppTest]) -> None:
    page = visit("compare", net=["resnet18", "efficientnet_b0", "squeezenet1_0", "lenet5"])
    assert not page.exception
    figures = [json.loads(chart.proto.spec) for chart in page.get("plotly_chart")]
    assert len(figures) == 6  # where parameters and arithmetic are, the field twice, the years, the winners
    seen = set()
    for figure in figures:
        found = list(coloured(figure))
        assert found
        for family, colour in found:
            assert colour == mark_of(family).colour, family
        seen |= {family for family, _ in found}
    assert seen >= set(FAMILIES)
