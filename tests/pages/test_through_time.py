"""Through time: presets, links, the unfolded graph, and a network that learns a text and then writes."""

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from pages._parts.session import Services
from tests.pages.conftest import OWNER
from tlcore.gradients.through_time import recurrent
from tlcore.gradients.through_time.recurrent import Recurrence, ThroughTime, through_time
from tlcore.gradients.through_time.recurrent_presets import PRESETS
from tlcore.jobs.kinds.registry import KINDS
from tlcore.jobs.running.worker import Worker
from tlcore.settings import get_settings
from tlcore.train.device import Device

Visit = Callable[..., AppTest]
SHORT = {"lag": "6", "units": "8"}
TEXT = "The quick brown fox jumps over the lazy dog.\n" * 20


def said(page: AppTest) -> list[str]:
    """What is said of A, B and C."""
    return [text.value for text in page.markdown if "-badge[" in text.value]


def figure(page: AppTest, place: int = 0) -> Any:
    return json.loads(page.get("plotly_chart")[place].proto.spec)


def unfolded(page: AppTest) -> Any:
    """What the component is given."""
    (one,) = [json.loads(c.proto.json) for c in page.get("bidi_component") if "norms" in (c.proto.json or "")]
    return one


def test_first_paint_lays_three_cells_over_one_another(visit: Visit) -> None:
    page = visit("through_time")
    assert not page.exception
    assert not page.error
    assert ["vanishing" in one for one in said(page)] == [True] * 3
    drawn = figure(page)
    assert [line["name"] for line in drawn["data"]] == ["A RNN", "B LSTM", "C GRU"]
    assert drawn["layout"]["yaxis"]["type"] == "log"
    assert any(PRESETS["cells"].look in text.value for text in page.markdown)


def test_the_graph_and_the_chart_are_one_measurement(visit: Visit) -> None:
    page = visit("through_time", **SHORT, **{"b-cell": "lstm", "unfold": "1"})
    found = through_time(Recurrence(cell="lstm", lag=6, units=8))
    data = unfolded(page)
    assert data["title"] == "B LSTM"
    assert data["norms"] == list(found.norms)
    assert (data["inputs"], data["wanted"]) == (list(found.shown.inputs), found.shown.wanted)
    line = figure(page)["data"][1]["y"]
    assert line == pytest.approx([norm / found.norms[0] for norm in data["norms"]])


def test_a_link_opens_three_networks(visit: Visit) -> None:
    query = {**SHORT, "task": "copy", "a-cell": "lstm", "a-forget_bias": "3.0", "b-radius": "1.5", "c-steps": "20"}
    page = visit("through_time", **query)
    assert not page.exception
    wanted = (
        Recurrence(task="copy", lag=6, units=8, cell="lstm", forget_bias=3.0),
        Recurrence(task="copy", lag=6, units=8, cell="lstm", radius=1.5),
        Recurrence(task="copy", lag=6, units=8, cell="gru", steps=20),
    )
    for told, one in zip(said(page), wanted, strict=True):
        assert through_time(one).verdict.sentence in told
    assert len(page.get("plotly_chart")) == 3  # how the training went, too
    assert "a-clip" not in page.query_params


@pytest.mark.parametrize(
    "query",
    [
        {"lag": "7", "units": "-1", "a-cell": "elman", "b-radius": "nan", "c-steps": "9999999", "view": "nothing"},
        {"task": "parity", "seed": "x", "a-clip": "no", "unfold": "9", "a-steps": "500"},  # too long at this lag
    ],
)
def test_a_link_that_makes_no_sense_opens_the_usual(visit: Visit, query: dict[str, str]) -> None:
    page = visit("through_time", **query)
    assert not page.exception
    assert not page.error
    assert said(page) == said(visit("through_time"))


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_sets_every_control_and_its_link_opens_it(visit: Visit, name: str) -> None:
    page = visit("through_time", **SHORT, **{"a-radius": "2.0", "b-steps": "20"})
    page.button(key=f"preset-{PRESETS[name].title}").click().run()
    assert not page.exception
    preset = PRESETS[name]
    assert any(preset.look in text.value for text in page.markdown)
    for told, one in zip(said(page), preset.recurrences(), strict=True):
        assert through_time(one).verdict.sentence in told
    link = {key: page.query_params[key] for key in page.query_params}
    assert "a-radius" not in link or name in {"radius", "clip"}
    assert said(visit("through_time", **link)) == said(page)


def test_a_longer_lag_leaves_fewer_steps_of_training(visit: Visit) -> None:
    page = visit("through_time", **SHORT, **{"a-steps": "100"})
    page.select_slider(key="lag").set_value(200).run()
    assert not page.exception
    assert page.select_slider(key="a-steps").value == 20
    assert page.query_params["a-steps"] == "20"


def test_an_explosion_is_drawn_and_said(visit: Visit) -> None:
    page = visit("through_time", lag="100", **{"a-radius": "3.0", "a-steps": "50"})
    assert not page.exception
    assert any("A RNN" in caption.value and "longest gradient" in caption.value for caption in page.caption)


def test_a_measurement_is_made_once(visit: Visit, monkeypatch: pytest.MonkeyPatch) -> None:
    times = []

    def counted(recurrence: Recurrence) -> ThroughTime:
        times.append(recurrence)
        return through_time(recurrence)

    monkeypatch.setattr(recurrent, "through_time", counted)
    page = visit("through_time", **SHORT, seed="911")
    visit("through_time", **SHORT, seed="911")
    page.segmented_control(key="unfold").set_value(2).run()
    assert len(times) == 3


def language(visit: Visit, **query: str) -> AppTest:
    return visit("through_time", view="language", **query)


def learned(visit: Visit, services: Services, **query: str) -> AppTest:
    """The page after a short text was learned."""
    page = language(visit, text="own", cell="gru", **{"lm-units": "16", "lm-steps": "300"}, **query)
    page.text_area(key="own-text").set_value(TEXT).run()
    page.button(key="learn").click().run()
    claim = services.queue.claim("w1")
    assert claim is not None
    assert Worker("w1", Device("cpu", bf16=False, title="Fake"), threads=1).execute(claim)
    return page.run()


def test_baselines_stand_beside_the_text(visit: Visit) -> None:
    page = language(visit)
    assert not page.exception
    assert any("Bits per character that need no network" in caption.value for caption in page.caption)
    assert not page.button(key="learn").disabled


@pytest.mark.parametrize(
    ("text", "sentence"), [("short", "not 5"), ("x" * 600, "one character"), ("a\x07" * 600, r"control character")]
)
def test_a_bad_text_is_a_sentence(visit: Visit, text: str, sentence: str) -> None:
    page = language(visit, text="own")
    assert page.button(key="learn").disabled  # nothing was pasted yet
    assert not page.warning
    page.text_area(key="own-text").set_value(text).run()
    assert [sentence in warning.value for warning in page.warning] == [True]
    assert page.button(key="learn").disabled
    assert not page.exception


def test_a_network_learns_in_the_queue_and_is_stopped(visit: Visit, services: Services) -> None:
    page = language(visit, cell="rnn", clip="false", **{"lm-rate": "0.01"})
    page.button(key="learn").click().run()
    (run,) = services.runs.of_kind(OWNER, "language")
    assert (run.spec.cell, run.spec.clip, run.spec.lr, run.spec.text) == ("rnn", 0.0, 0.01, "")
    assert page.button(key="learn").disabled
    page.button(key="stop-learning").click().run()
    assert services.runs.get(OWNER, run.id).state == "cancelled"
    assert ["stopped" in warning.value for warning in page.warning] == [True]
    assert not page.button(key="learn").disabled
    assert not page.exception


def test_what_has_learned_writes(visit: Visit, services: Services) -> None:
    page = learned(visit, services, temperature="0.1")
    assert not page.exception
    (written,) = [block.value for block in page.code if len(block.value) > 250]
    assert "quick" in written
    page.text_input(key="beginning").set_value("The lazy").run()
    assert any(block.value.startswith("The lazy") for block in page.code)
    page.select_slider(key="temperature").set_value(2.0).run()
    hot = [block.value for block in page.code]
    page.number_input(key="draw").set_value(5).run()
    assert [block.value for block in page.code] != hot
    assert page.query_params["temperature"] == "2.0"
    page.text_input(key="beginning").set_value("naïve").run()
    assert ["no 'ï'" in error.value for error in page.error] == [True]
    assert not page.exception


def test_only_the_newest_networks_are_kept(visit: Visit, services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(KINDS, "language", replace(KINDS["language"], kept=1))
    learned(visit, services)
    (first,) = services.runs.of_kind(OWNER, "language")
    assert (get_settings().runs / first.id).is_dir()
    page = language(visit)
    page.button(key="learn").click().run()
    assert not page.exception
    (second,) = services.runs.of_kind(OWNER, "language")
    assert second.id != first.id
    assert not (get_settings().runs / first.id).exists()


def test_one_of_several_networks_is_chosen(visit: Visit, services: Services) -> None:
    learned(visit, services)
    page = learned(visit, services)
    box = page.selectbox(key="network")
    assert len(box.options) == 2
    newest, older = (run.id for run in services.runs.of_kind(OWNER, "language"))
    assert box.value == newest
    box.set_value(older).run()
    assert not page.exception
    assert page.selectbox(key="network").value == older
