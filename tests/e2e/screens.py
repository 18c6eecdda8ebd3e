"""`make screens`: a picture of every page, light and dark, on a projector and on a phone, into build/screens/.

Of a small laptop there is the first screen alone: what one sees before one scrolls.

The app is started with a home of its own, and fed by clicks.
"""

import re
import shutil
import sys
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qs, urlsplit

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect, sync_playwright  # noqa: E402

from pages._parts.nav import paths  # noqa: E402
from tests.e2e.conftest import CHROMIUM, FLAGS, Server, settled, start_server, stop_server  # noqa: E402

OUT = ROOT / "build" / "screens"
WIDTHS = (1440, 390)
LAPTOP: ViewportSize = {"width": 1280, "height": 720}
SCHEMES = ("light", "dark")
FED = ("home", "datasets", "train", "result", "try", "runs")
"""The pages that show nothing much before somebody has images and runs."""
VIEWS = {
    "explore-open": "explore?net=resnet18&open=layer1&open=layer1/layer1/1&step=12",
    "explore-layers": "explore?net=googlenet&view=Layers&open=inception3",
    "explore-image": "explore?net=resnet18_64&view=On an image&step=6",
    "explore-published": "explore?net=alexnet_2012&view=Published and measured",
    "explore-take-along": "explore?net=lenet5&view=Take along",
    "blocks-inception": "blocks?block=inception",
    "filters-wipe": "filters?compare=wipe",
    "why-shifts": "why-convolution?why=Shifted input",
    "why-activations": "why-convolution?why=Activations",
    "why-dropout": "why-convolution?why=Dropout",
    "why-overfitting": "why-convolution?why=Overfitting",
    "skip-identity": "skip-connections?skip=Learning to do nothing",
    "skip-degradation": "skip-connections?skip=Degradation",
    "skip-lesions": "skip-connections?skip=Lesions",
    "skip-surface": "skip-connections?skip=Loss surface",
    "skip-dense": "skip-connections?skip=Dense connections",
    "through-time-writing": "through-time?view=language",
}
"""What a page also shows, by the name of its picture."""
_TALLEST = 3200


def main() -> int:
    """Start the app, do the main job twice, and take the pictures."""
    if CHROMIUM is None:
        print("screens: no Chromium here; get it with: sudo apt-get install -y chromium", file=sys.stderr)
        return 2
    shutil.rmtree(OUT, ignore_errors=True)
    OUT.mkdir(parents=True)
    with TemporaryDirectory(prefix="screens-") as folder, sync_playwright() as playwright:
        home = Path(folder)
        server = start_server(home, None)
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        try:
            _empty_states(browser, server)
            state, run = _main_job(browser, server)
            _every_page(browser, server, state, run)
        finally:
            browser.close()
            stop_server(server)
    print(f"{len(list(OUT.glob('*.png')))} pictures in {OUT.relative_to(ROOT)}/")
    return 0


def _context(browser: Browser, width: int = 1440, scheme: str = "light", state: Path | None = None) -> BrowserContext:
    return browser.new_context(
        viewport={"width": width, "height": 900},
        color_scheme="dark" if scheme == "dark" else "light",
        storage_state=state,
        permissions=["camera"],
    )


def _empty_states(browser: Browser, server: Server) -> None:
    """What a newcomer sees before there is anything."""
    for scheme in SCHEMES:
        context = _context(browser, scheme=scheme)
        page = context.new_page()
        for name in FED:
            _visit(page, server, name)
            _shoot(page, f"{name}-empty-{scheme}-1440")
        context.close()


def _main_job(browser: Browser, server: Server) -> tuple[Path, str]:
    """Two runs on the fabrics, the second one caught in the act; returns the browser's cookies and the first run."""
    context = _context(browser)
    page = context.new_page()
    _visit(page, server, "train")
    page.get_by_role("button", name="Woven fabrics").click()
    expect(page.get_by_text("288 images in 6 classes")).to_be_visible(timeout=120_000)
    settled(page)
    _train(page)
    expect(page.locator(".live[data-states]")).to_have_attribute("data-states", "done done", timeout=600_000)
    settled(page)
    _shoot(page, "train-race-light-1440")
    run = parse_qs(urlsplit(page.url).query)["run"][0]
    page.get_by_role("button", name="Train another").click()
    settled(page)
    page.get_by_text("(full fine-tuning)").click()
    page.get_by_text("and from scratch, to compare").click()  # that one is there already
    settled(page)
    _train(page)
    expect(page.locator(".live[data-epochs]")).to_have_attribute("data-epochs", re.compile("[3-9]"), timeout=600_000)
    _shoot(page, "train-live-light-1440")
    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator(".live .pill")).to_have_text("stopped", timeout=60_000)
    settled(page)
    state = OUT.parent / "screens-cookies.json"
    context.storage_state(path=state)
    context.close()
    return state, run


def _train(page: Page) -> None:
    before = page.url
    page.get_by_role("button", name="Train", exact=True).click()
    page.wait_for_function("before => location.href !== before && location.href.includes('run=')", arg=before)
    settled(page)


def _every_page(browser: Browser, server: Server, state: Path, run: str) -> None:
    for width in WIDTHS:
        for scheme in SCHEMES:
            context = _context(browser, width, scheme, state)
            page = context.new_page()
            explaining = {path: path for path in paths() if path and path not in FED}
            for name, path in {**{name: name for name in FED}, **explaining, **VIEWS}.items():
                _visit(page, server, f"train?run={run}" if name == "train" else path)
                _show(page, name)
                if width == WIDTHS[0]:
                    _shoot_first(page, f"{name}-{scheme}-first")
                _shoot(page, f"{name}-{scheme}-{width}")
            context.close()
    state.unlink()


def _show(page: Page, name: str) -> None:
    """Open what a page keeps folded, where that is its point."""
    if name == "try":
        page.get_by_text("Why?").click()
        expect(page.get_by_text("what speaks for")).to_be_visible(timeout=60_000)
        settled(page)
    if name == "train":
        expect(page.get_by_text("In truth it is")).to_be_visible(timeout=60_000)
    if name == "datasets":
        expect(page.locator(".gallery img").first).to_be_visible(timeout=30_000)


def _visit(page: Page, server: Server, name: str) -> None:
    page.goto(f"{server.url}/{'' if name == 'home' else name}")
    settled(page)


def _shoot(page: Page, name: str) -> None:
    """The whole page: Streamlit scrolls inside, so the window is made as tall as its content."""
    width = (page.viewport_size or {})["width"]
    for _ in range(2):  # in the taller window more images load, and the page grows
        page.wait_for_timeout(600)
        height = page.evaluate("document.querySelector('[data-testid=stMain]').scrollHeight")
        page.set_viewport_size({"width": width, "height": min(max(int(height) + 40, 800), _TALLEST)})
    page.wait_for_timeout(300)
    page.screenshot(path=OUT / f"{name}.png")
    page.set_viewport_size({"width": width, "height": 900})


def _shoot_first(page: Page, name: str) -> None:
    """What a small laptop shows before anybody scrolls."""
    before = page.viewport_size
    page.set_viewport_size(LAPTOP)
    page.wait_for_timeout(600)
    page.screenshot(path=OUT / f"{name}.png")
    assert before is not None
    page.set_viewport_size(before)


if __name__ == "__main__":
    sys.exit(main())
