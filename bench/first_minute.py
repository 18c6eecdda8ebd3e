"""From a click on a sample set to seeing that transfer beats training from scratch, in a browser, offline.

`python -m bench.first_minute` starts the app with no other weights than its own, for each sample anew, and waits until
its worker is ready, as it is for a class. The times run from "Train": to the end of the frozen run, and to the verdict
that it is ahead, which stands as soon as the twin from scratch was tested once.
"""

import argparse
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Page, expect, sync_playwright

from tests.e2e.conftest import CHROMIUM, FLAGS, WINDOW, settled, start_server, stop_server

SAMPLES = ("Woven fabrics", "Road signs in weather")
WANTED = 30.0
_PATIENCE = 300_000


def seconds(url: str, page: Page, sample: str) -> tuple[float, float, float]:
    """Until the frozen run is done, until the verdict, and by how many points it is ahead then."""
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
    race = page.locator(".live[data-states]")
    expect(race).to_have_attribute("data-states", "done running", timeout=_PATIENCE)
    done = time.perf_counter() - begun
    expect(race.locator(".verdict")).to_contain_text("points ahead of from scratch", timeout=_PATIENCE)
    return done, time.perf_counter() - begun, float(race.get_attribute("data-ahead") or "nan")


def main() -> int:
    argparse.ArgumentParser(prog="bench.first_minute", description=__doc__).parse_args()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        for sample in SAMPLES:
            with TemporaryDirectory(prefix="first-minute-") as home:
                server = start_server(Path(home), None)
                try:
                    done, seen, ahead = seconds(server.url, browser.new_page(viewport=WINDOW), sample)
                finally:
                    stop_server(server)
            verdict = "met" if seen <= WANTED else "MISSED"
            print(
                f"{sample}: frozen done after {done:.1f} s, {ahead:.1f} points ahead of scratch seen after"
                f" {seen:.1f} s (wanted {WANTED:g} s, {verdict})"
            )
    return 0


if __name__ == "__main__":
    sys.exit(main())
