"""What a person sees of an error, wherever in a page it happens."""

import pytest
from streamlit.testing.v1 import AppTest

PAGE = """
import streamlit as st
from pages._parts import guards
from tlcore.errors import BadInputError

def fail():
    raise {error}

guards.tell_kept()
st.button("Press", on_click=guards.guarded(fail))
st.fragment(guards.one_sentence()(fail))()
st.write("Everything below is there.")
"""
WRONG = "Something went wrong on this page. Reload it; if it happens again, the server's log has the details."


@pytest.mark.parametrize(
    ("error", "sentence"),
    [('BadInputError("There is no [it](https:evil).")', r"There is no \[it\](https\:evil)."), ("KeyError(1)", WRONG)],
)
def test_callbacks_and_fragments_fail_in_a_sentence(error: str, sentence: str) -> None:
    page = AppTest.from_string(PAGE.format(error=error)).run()
    assert [box.value for box in page.error] == [sentence]  # the fragment's
    page.button[0].click().run()
    assert [box.value for box in page.error] == [sentence, sentence]
    assert not page.exception
    assert page.markdown[0].value == "Everything below is there."
    assert len(page.run().error) == 1  # the callback's is told once
