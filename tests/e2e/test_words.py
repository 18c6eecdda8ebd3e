"""The browser says times in the same words as the server."""

import json

import pytest
from playwright.sync_api import Browser

from pages._parts.js import scripts
from tlcore.wording import about, took

pytestmark = pytest.mark.browser


def test_times_are_said_alike(chromium: Browser) -> None:
    seconds = [0, 0.3, *(step / 3 for step in range(1, 400)), *range(130, 30_000, 97)]
    script = scripts.joined(scripts.FOLDER / "shared" / "words.js")
    page = chromium.new_page()
    said = page.evaluate(f"() => {{ {script}; return {json.dumps(seconds)}.map((s) => [about(s), took(s)]); }}")
    page.close()
    assert said == [[about(second), took(second)] for second in seconds]
