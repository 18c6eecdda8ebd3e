"""Every page says what it is and, in one line, what it is for."""

from collections.abc import Callable, Iterator

import pytest
from streamlit.testing.v1 import AppTest
from streamlit.testing.v1.element_tree import Block, Element

from pages._parts import nav

Visit = Callable[..., AppTest]
LINE = 130
"""Characters that a line of a caption has beside a title on a small laptop."""


def within(block: Block) -> Iterator[Element]:
    for child in block.children.values():
        if isinstance(child, Block):
            yield from within(child)
        else:
            yield child


def headings(block: Block) -> Iterator[Block]:
    """The outermost blocks that hold the page's title, but neither the page itself nor anything more than a heading."""
    for child in block.children.values():
        if not isinstance(child, Block):
            continue
        kinds = [element.type for element in within(child)]
        if "title" in kinds and len(kinds) <= 3:
            yield child
        else:
            yield from headings(child)


@pytest.mark.parametrize("name", nav.files())
def test_a_page_has_a_title_and_one_line_of_purpose(visit: Visit, name: str) -> None:
    page = visit(name)
    (found,) = headings(page.main)
    told: dict[str, list[Element]] = {}
    for element in within(found):
        told.setdefault(element.type, []).append(element)
    (title,), (purpose,) = told["title"], told["caption"]
    assert title.value
    assert purpose.value.endswith((".", "?"))
    assert len(purpose.value) <= LINE
    assert "\n" not in purpose.value


@pytest.mark.parametrize(("name", "key"), [("why", "why"), ("skip", "skip"), ("through_time", "view")])
def test_each_topic_has_a_purpose_of_its_own(visit: Visit, name: str, key: str) -> None:
    (topics,) = (one for one in visit(name).segmented_control if one.label == "Topic")
    purposes = [visit(name, **{key: topic}).caption[0].value for topic in topics.options]
    assert len(set(purposes)) == len(topics.options) > 1
    assert all(len(purpose) <= LINE for purpose in purposes)
