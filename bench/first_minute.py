"""From a click on a sample set to a first answer, and to seeing that transfer beats training from scratch, offline.

`python -m bench.first_minute` starts the app with no other weights than its own, for each sample anew, and waits until
its worker is ready, as it is for a class. The times run from "Train": to the first accuracy on screen, to the end of
the frozen run, and to the verdict that it is ahead, which stands as soon as the twin from scratch was tested once.
"""

import argparse
import re
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, expect, sync_playwright

from tests.e2e.conftest import CHROMIUM, FLAGS, WINDOW, settled, start_server, stop_server
from tlcore.data.samples import SAMPLE_SETS

SAMPLES = tuple(sample.title for sample in SAMPLE_SETS.values())
FIRST_WANTED, WANTED = 3.0, 15.0
_PATIENCE = 300_000


@dataclass(frozen=True)
class Seen:
    """Seconds until the first accuracy, the end of the frozen run and the verdict; by how many points it is ahead."""

    first: float
    done: float
    verdict: float
    ahead: float


def seen(url: str, page: Page, sample: str) -> Seen:
    """What a person sees when, who takes a sample set and trains on it."""
    page.goto(url)
    expect(page.get_by_text("Trains on")).to_be_visible(timeout=_PATIENCE)
    expect(page.get_by_text("starting …")).to_have_count(0, timeout=_PATIENCE)
    page.goto(f"{url}/train")
    settled(page)
    page.get_by_role("button", name=sample).click()
    train = page.get_by_role("button", name="Train", exact=True)
    expect(train).to_be_enabled(timeout=_PATIENCE)
    settled(page)
    begun = time.perf_counter()
    train.click()
    live = page.locator(".live[data-answers]").first
    expect(live).to_have_attribute("data-answers", re.compile("[1-9]"), timeout=_PATIENCE)
    first = time.perf_counter() - begun
    race = page.locator(".live[data-states]")
    expect(race).to_have_attribute("data-states", "done running", timeout=_PATIENCE)
    done = time.perf_counter() - begun
    expect(race.locator(".verdict")).to_contain_text("points ahead of from scratch", timeout=_PATIENCE)
    return Seen(first, done, time.perf_counter() - begun, float(race.get_attribute("data-ahead") or "nan"))


def _verdict(taken: float, wanted: float) -> str:
    return f"(wanted {wanted:g} s, {'met' if taken <= wanted else 'MISSED'})"


def main() -> int:
    argparse.ArgumentParser(prog="bench.first_minute", description=__doc__).parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for sample in SAMPLES:
            with TemporaryDirectory(prefix="first-minute-") as home:
                server = start_server(Path(home), None)
                try:
                    times = seen(server.url, browser.new_page(viewport=WINDOW), sample)
                finally:
                    stop_server(server)
            print(
                f"{sample}: first accuracy after {times.first:.1f} s {_verdict(times.first, FIRST_WANTED)}, done after"
                f" {times.done:.1f} s, {times.ahead:.1f} points ahead of scratch seen after {times.verdict:.1f} s"
                f" {_verdict(times.verdict, WANTED)}",
                flush=True,
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
