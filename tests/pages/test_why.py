"""Why convolution: every topic by link, with and without weights, and numbers that are computed."""

import itertools
from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest

from tests.conftest import Backbone
from tests.pages.conftest import figures
from tlcore.explain.why.overfitting import Problem, Rules, fit

Visit = Callable[..., AppTest]
TOPICS = ("Connections and weights", "Shifted input", "Activations", "Dropout", "Overfitting")


def captions(page: AppTest) -> str:
    return " ".join(caption.value for caption in page.caption)


@pytest.mark.parametrize("topic", TOPICS)
def test_every_topic_opens_by_link_without_weights(visit: Visit, topic: str) -> None:
    page = visit("why", why=topic)
    assert [title.value for title in page.title] == ["Why convolution"]
    assert page.segmented_control(key="why").value == topic
    assert not page.exception
    assert not page.error


@pytest.mark.parametrize("topic", TOPICS[1:4])
def test_topics_on_a_network_are_drawn_with_weights(visit: Visit, throwaway_backbone: Backbone, topic: str) -> None:
    page = visit("why", why=topic)
    assert not page.exception
    assert not any("none is here" in info.value for info in page.info)
    assert page.get("plotly_chart")


def test_connections_are_those_of_the_chosen_layer(visit: Visit) -> None:
    page = visit("why")
    dense, local, shared = (dict(figures(page)[place : place + 3]) for place in (0, 3, 6))
    assert dense["Connections"] == dense["Weights to learn"] == f"{32 * 32 * 6 * 28 * 28:,}"
    assert local["Connections"] == local["Weights to learn"] == f"{6 * 28 * 28 * 25:,}"
    assert shared == {"Connections": local["Connections"], "Weights to learn": "150", "Each is used": "784 times"}
    page.button(key="preset-VGG's first layer").click().run()
    assert dict(figures(page)[6:])["Weights to learn"] == f"{3 * 64 * 9:,}"
    assert page.toggle(key="why-padded").value
    page = visit("why", **{"why-kernel": "3", "why-side": "8", "why-maps": "1"})
    assert figures(page)[6:8] == [("Connections", f"{36 * 9}"), ("Weights to learn", "9")]


def test_a_kernel_larger_than_the_image_is_a_sentence(visit: Visit) -> None:
    page = visit("why", **{"why-kernel": "11", "why-side": "8"})
    assert len(page.error) == 1
    assert "11" in page.error[0].value
    assert not page.exception


@pytest.mark.parametrize("layer", ["Convolution, stride 1", "Convolution, stride 2", "Max-pooling 2x2, stride 2"])
def test_both_orders_are_shown_for_each_layer(visit: Visit, layer: str) -> None:
    page = visit("why", **{"why": "Shifted input", "why-layer": layer, "why-shift": "3"})
    assert page.selectbox(key="why-layer").value == layer
    assert page.slider(key="why-shift").value == 3
    assert not page.exception


@pytest.mark.parametrize("function", ["Sigmoid", "Tanh", "ReLU", "Leaky ReLU", "Softmax"])
def test_every_function_is_shown_on_live_figures(visit: Visit, throwaway_backbone: Backbone, function: str) -> None:
    page = visit("why", **{"why": "Activations", "why-function": function})
    assert page.radio(key="why-function").value == function
    assert page.latex
    assert not page.exception
    assert bool(figures(page)) is (function != "Softmax")


def test_the_signs_of_a_neurons_weight_gradients_are_measured(visit: Visit, throwaway_backbone: Backbone) -> None:
    """Those of the gradients, not of what a sigmoid gives: all of one sign behind a sigmoid, of both behind tanh."""
    page = visit("why", **{"why": "Activations", "why-function": "Sigmoid"})
    rows = page.dataframe[1].value.set_index("function before it")
    inputs = int(dict(figures(page))["Inputs below zero"].split(" of ")[1])
    one, zero = "gradients − / +, output should be 1", "should be 0"
    assert (rows.loc["Sigmoid", one], rows.loc["Sigmoid", zero]) == (f"{inputs} / 0", f"0 / {inputs}")
    below, above = map(int, rows.loc["Tanh", one].split(" / "))
    assert 0 < below < inputs
    assert below + above == inputs
    assert dict(figures(page))["Weight gradients below zero"] == str(inputs)
    assert any("all in one direction" in text.value for text in page.markdown)
    page.radio(key="why-function").set_value("Tanh").run()
    assert dict(figures(page))["Weight gradients below zero"] == str(below)
    assert any("in the same step" in text.value for text in page.markdown)


def test_moving_values_down_kills_maps(visit: Visit, throwaway_backbone: Backbone) -> None:
    shown = dict(figures(visit("why", **{"why": "Activations", "why-offset": "-4.0"})))
    usual = dict(figures(visit("why", why="Activations")))
    dead = [int(row["Dead maps"].split(" ")[0]) for row in (usual, shown)]
    assert dead[0] < dead[1]
    assert float(usual["Saturated"].rstrip("%")) < float(shown["Saturated"].rstrip("%"))


def test_without_weights_values_are_random_and_that_is_said(visit: Visit) -> None:
    assert any("nothing learned" in text.value for text in visit("why", why="Activations").markdown)
    for topic, function in (("Dropout", "ReLU"), ("Activations", "Softmax")):
        page = visit("why", **{"why": topic, "why-function": function})
        assert "none is here" in page.info[-1].value


def test_dropout_says_what_was_left_out(visit: Visit, throwaway_backbone: Backbone) -> None:
    page = visit("why", **{"why": "Dropout", "why-rate": "0.0"})
    assert "leaves out **0%**" in captions(page)
    page.slider(key="why-rate").set_value(0.8).run()
    assert "multiplies the others by 5.00" in captions(page)
    assert not page.exception


def test_the_fits_are_the_trained_ones(visit: Visit) -> None:
    page = visit("why", why="Overfitting")
    assert len(page.dataframe[0].value) == 1
    page.select_slider(key="why-l2").set_value(1.0).run()
    frame = page.dataframe[0].value
    plain, held = fit(Problem(), Rules()), fit(Problem(), Rules(l2=1.0))
    for row, found in zip(frame.itertuples(), (plain, held), strict=True):
        kept = found.frames[found.kept]
        assert row[2:6] == (kept.step, f"{kept.train:.3f}", f"{kept.val:.3f}", f"{kept.truth:.3f}")
    page.toggle(key="why-early").set_value(True).run()
    assert page.dataframe[0].value["steps"].tolist()[1] < plain.frames[-1].step
    assert not page.exception


def test_a_link_sets_every_rule(visit: Visit) -> None:
    link = {"why-l1": "0.1", "why-dropout": "0.2", "why-early": "true", "why-points": "12", "why-noise": "0.2"}
    page = visit("why", why="Overfitting", **link)
    assert [page.select_slider(key=f"why-{name}").value for name in ("l1", "l2", "dropout")] == [0.1, 0.0, 0.2]
    assert page.toggle(key="why-early").value
    assert "12 noisy points" in page.markdown[-1].value or any("12 noisy points" in m.value for m in page.markdown)


def test_topics_can_be_changed_in_any_order(visit: Visit, throwaway_backbone: Backbone) -> None:
    page = visit("why")
    for topic in itertools.chain(reversed(TOPICS), TOPICS):
        page.segmented_control(key="why").set_value(topic).run()
        assert not page.exception
        assert not page.error
