"""Hand-made and learned filters: links, what is compared, and what changes when a filter is replaced."""

from collections.abc import Callable
from itertools import combinations

import numpy as np
import pytest
from streamlit.testing.v1 import AppTest

from pages._parts.session import Services
from pages._parts.words import LOW_AND_HIGH
from tests.conftest import BACKBONE, SHAPE_CLASSES, Backbone
from tests.pages.conftest import OWNER, figures
from tlcore.explain import kernels
from tlcore.explain.looking import Look
from tlcore.train import trained

Visit = Callable[..., AppTest]


def values(page: AppTest) -> dict[str, str]:
    return dict(figures(page))


def captions(page: AppTest) -> str:
    return " ".join(caption.value for caption in page.caption)


def test_without_weights_it_says_where_they_go(visit: Visit) -> None:
    page = visit("learned")
    assert [title.value for title in page.title] == ["Hand-made and learned"]
    assert "No network's weights are on this machine." in page.info[-1].value
    assert not page.exception
    assert not page.error


def test_the_filter_that_is_most_like_a_kernel_comes_first(visit: Visit, throwaway_backbone: Backbone) -> None:
    page = visit("learned")
    assert not page.exception
    layer = kernels.first_layer(trained.pretrained(BACKBONE))
    best = [kernels.nearest(grey, 1)[0] for grey in layer.grey]
    index = int(np.argmax([abs(match.correlation) for match in best]))
    assert page.query_params["filter"] == str(index)
    assert page.query_params["net"] == BACKBONE
    assert page.subheader[0].value.startswith(f"Filter {index} and its nearest kernel: {best[index].kernel.title}")
    assert f"95 of 100 filters of random numbers, which reach {kernels.chance((3, 3)):.2f}." in captions(page)


def test_which_layers_are_low_is_said_beside_the_filters(visit: Visit, throwaway_backbone: Backbone) -> None:
    assert LOW_AND_HIGH in captions(visit("learned"))


KINDS = ("sobel_x", "noise", "zero", "nearest")


@pytest.fixture
def replaced(monkeypatch: pytest.MonkeyPatch) -> list[tuple[dict[int, np.ndarray], kernels.Change]]:
    """Which filters pages had replaced, and what came of it, the newest last."""
    seen: list[tuple[dict[int, np.ndarray], kernels.Change]] = []
    measured = kernels.replace

    def noted(view: Look, filters: dict[int, np.ndarray]) -> kernels.Change:
        seen.append((filters, measured(view, filters)))
        return seen[-1][1]

    monkeypatch.setattr(kernels, "replace", noted)
    return seen


def test_a_link_opens_a_filter_and_a_replacement(
    visit: Visit, throwaway_backbone: Backbone, replaced: list[tuple[dict[int, np.ndarray], kernels.Change]]
) -> None:
    link = {"filter": "5", "learned-by": "Zeros", "learned-which": "All filters"}
    page = visit("learned", **link)
    assert page.subheader[0].value.startswith("Filter 5 ")
    assert page.selectbox(key="learned-by").value == "zero"
    assert page.segmented_control(key="learned-which").value == "All filters"
    filters, change = replaced[-1]
    assert len(filters) > 1
    assert not any(values.any() for values in filters.values())
    assert values(page)["Probability moved"] == f"{change.total_variation:.1%}"
    assert not page.exception


@pytest.mark.parametrize("given", ["99", "-1", "x", "²", ""])
def test_a_filter_that_is_not_there_is_the_usual_one(visit: Visit, throwaway_backbone: Backbone, given: str) -> None:
    usual, page = visit("learned"), visit("learned", filter=given)
    assert page.subheader[0].value == usual.subheader[0].value
    assert not page.exception


def test_an_unknown_network_is_said(visit: Visit, throwaway_backbone: Backbone) -> None:
    page = visit("learned", net="resnet19")
    assert "The weights of 'resnet19' are not on this machine." in page.warning[0].value
    assert page.query_params["net"] == BACKBONE


def test_one_of_ones_own_models_is_chosen_like_a_network(
    visit: Visit, services: Services, throwaway_backbone: Backbone, lab_run: str
) -> None:
    page = visit("learned", net=lab_run)
    assert page.selectbox(key="net").value == lab_run
    assert page.subheader[0].value.startswith("Filter ")
    assert set(SHAPE_CLASSES) & set(values(page))  # it answers in the classes that it was taught
    assert not page.exception
    other = visit("learned")
    assert other.query_params["net"] == BACKBONE
    assert lab_run in [run.id for run in services.runs.all(OWNER)]


def test_the_page_says_what_comes_of_the_replacement_that_was_chosen(
    visit: Visit, throwaway_backbone: Backbone, replaced: list[tuple[dict[int, np.ndarray], kernels.Change]]
) -> None:
    """How far two changes are apart is the network's affair, and the processor's that trained it."""
    layer = kernels.first_layer(trained.pretrained(BACKBONE))
    page, chosen = visit("learned", **{"learned-which": "All filters"}), []
    for kind, seed in (*((kind, 0) for kind in KINDS), ("noise", 3)):
        page.selectbox(key="learned-by").set_value(kind).run()
        if seed:
            page.slider(key="learned-draw").set_value(seed).run()
        assert not page.exception
        filters, change = replaced[-1]
        assert filters.keys() == set(range(len(layer.weight)))
        assert all(np.array_equal(filters[i], kernels.substitute(layer, i, kind, seed)) for i in filters)
        assert values(page)["Probability moved"] == f"{change.total_variation:.1%}"
        chosen.append(np.stack(list(filters.values())))
    assert all(not np.allclose(one, other) for one, other in combinations(chosen, 2))


def test_every_filter_is_replaced_in_turn_on_demand(visit: Visit, throwaway_backbone: Backbone) -> None:
    page = visit("learned")
    charts = len(page.get("plotly_chart"))
    page.toggle(key="learned-turn").set_value(True).run()
    assert len(page.get("plotly_chart")) == charts + 1
    assert "matters most" in captions(page)
    assert not page.exception


def test_the_shared_network_stays_as_it_was(visit: Visit, throwaway_backbone: Backbone) -> None:
    first = values(visit("learned", **{"learned-by": "Zeros", "learned-which": "All filters"}))
    again = values(visit("learned", **{"learned-by": "Zeros", "learned-which": "All filters"}))
    assert first == again
