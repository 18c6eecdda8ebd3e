"""Choices that live in the link, in a page of their own: what wins when the link and the widget differ."""

import json

import pytest
from streamlit.testing.v1 import AppTest


def _page() -> None:
    from functools import partial

    import streamlit as st

    from pages._parts import link_state

    link_state.arrive(st.session_state.get("path", "here"))
    if wanted := st.session_state.pop("by_code", None):
        link_state.choose(wanted)
    letters = list("abcdef")[: st.session_state.get("count", 6)]
    letter = link_state.linked("letter", "a", letters, partial(st.selectbox, "Letter", letters), forgets=("number",))
    numbers = range(0, 100, 10)
    number = link_state.linked(
        "number", 50, numbers, partial(st.select_slider, "Number", numbers), nearest=True, always=True
    )
    several = link_state.linked_many("several", ("a",), "abc", partial(st.multiselect, "Several", list("abc")), most=2)
    text = link_state.linked_text("text", partial(st.text_input, "Text"), 5)
    ends = link_state.linked_range("ends", (0.2, 0.4), (0.0, 1.0), partial(st.slider, "Ends", 0.0, 1.0, step=0.1))
    st.json({"letter": letter, "number": number, "several": several, "text": text, "ends": ends})


def opened(**query: str | list[str]) -> AppTest:
    app = AppTest.from_function(_page, default_timeout=60)
    for key, value in query.items():
        app.query_params[key] = value
    return app.run()


def values(app: AppTest) -> dict[str, object]:
    found: dict[str, object] = json.loads(app.json[0].value)
    return found


def test_every_choice_in_a_row_is_taken_and_told() -> None:
    app = opened()
    for letter in "bcdcb":
        app.selectbox(key="letter").set_value(letter).run()
        assert values(app)["letter"] == letter
        assert app.query_params["letter"] == letter
    app.selectbox(key="letter").set_value("a").run()
    assert "letter" not in app.query_params  # the usual one needs no words


def test_the_link_is_opened() -> None:
    app = opened(letter="D", number="20", several=["c", "b", "a", "x"], text="abcdefgh", ends=["0.1", "0.9"])
    assert values(app) == {"letter": "d", "number": 20, "several": ["c", "b"], "text": "abcde", "ends": [0.1, 0.9]}


def test_what_makes_no_sense_is_the_usual_or_the_nearest() -> None:
    app = opened(letter="ä", number="9999", several="x", ends=["0.9", "0.1"])
    assert values(app) == {"letter": "a", "number": 90, "several": ["a"], "text": "", "ends": [0.2, 0.4]}
    assert "letter" not in app.query_params
    assert app.query_params["number"] == "90"


def test_a_link_that_leads_to_the_same_page_is_followed() -> None:
    app = opened(letter="b")
    app.query_params["letter"] = "e"
    assert values(app.run())["letter"] == "e"
    app.query_params["letter"] = "c"
    assert values(app.run())["letter"] == "c"


def test_a_click_before_the_browser_knows_the_new_link_is_not_undone() -> None:
    app = opened(letter="b")
    app.selectbox(key="letter").set_value("c").run()
    app.query_params["letter"] = "b"  # as the browser says it until the answer to the first click has arrived
    app.multiselect(key="several").set_value(["b"]).run()
    assert values(app)["letter"] == "c"
    assert app.query_params["letter"] == "c"


def test_on_another_page_the_same_name_begins_anew() -> None:
    app = opened(letter="b")
    app.selectbox(key="letter").set_value("c").run()
    app.session_state["path"] = "there"
    del app.query_params["letter"]
    assert values(app.run())["letter"] == "a"


def test_another_choice_forgets_what_belonged_to_the_one_before() -> None:
    app = opened(letter="b", number="20")
    assert values(app)["number"] == 20
    app.selectbox(key="letter").set_value("c").run()
    assert values(app)["number"] == 50
    assert app.query_params["number"] == "50"


def test_a_link_to_another_choice_brings_what_belongs_to_it() -> None:
    app = opened(letter="b", number="20")
    app.query_params["letter"], app.query_params["number"] = "d", "70"
    app.run()
    assert values(app)["letter"] == "d"
    assert values(app)["number"] == 70


def test_a_choice_that_is_not_offered_any_more_is_the_usual_one() -> None:
    app = opened(letter="f")
    app.session_state["count"] = 2
    assert values(app.run())["letter"] == "a"


def test_code_sets_what_is_drawn_next() -> None:
    app = opened(letter="b", number="20")
    app.session_state["by_code"] = {"letter": "e", "number": 30}
    app.run()
    assert values(app)["letter"] == "e"
    assert app.query_params["letter"] == "e"
    app.selectbox(key="letter").set_value("f").run()
    assert values(app)["letter"] == "f"


def test_the_browsers_back_button_is_a_link(monkeypatch: pytest.MonkeyPatch) -> None:
    from pages._parts import link_state

    app = opened(letter="b")
    app.selectbox(key="letter").set_value("c").run()
    app.query_params["letter"] = "b"
    monkeypatch.setattr(link_state, "_is_history", lambda: True)
    assert values(app.run())["letter"] == "b"


def _silent_page() -> None:
    import streamlit as st

    from pages._parts import link_state

    link_state.arrive("here")

    def draw(key: str) -> str | None:
        """A choice of which one is always made, and which has not been heard of since it came back."""
        return None if st.session_state.get("silent") else str(st.session_state[key])

    st.json({"letter": link_state.linked("letter", "a", "abc", draw)})


def test_a_widget_that_comes_back_without_a_value_keeps_the_one_it_had() -> None:
    app = AppTest.from_function(_silent_page, default_timeout=60)
    app.query_params["letter"] = "b"
    app.run()
    for silent in (True, True, False):
        app.session_state["silent"] = silent
        assert values(app.run()) == {"letter": "b"}
        assert app.query_params["letter"] == "b"
