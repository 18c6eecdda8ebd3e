"""The main job in a real browser: images in, trained live, stopped, tried, taken home."""

import json
import re
import subprocess
import sys
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Download, Page, expect

from tests.conftest import draw_set
from tests.e2e.conftest import Person, Server, choose_backbone, settled

pytestmark = pytest.mark.browser
PHOTOS = ("checks", "discs", "rings")


@pytest.fixture
def photo_zip(tmp_path: Path) -> Path:
    """A zip as people make them: a folder above the classes, JPEG photos, and what their system adds."""
    path = tmp_path / "my photos.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for label, name, image in draw_set(PHOTOS, each=24, seed=5):
            file = tmp_path / name.replace(".png", ".jpg")
            image.resize((320, 260)).save(file, quality=88)
            archive.write(file, f"photos/{label}/{file.name}")
        archive.writestr("photos/.DS_Store", b"not an image")
        archive.writestr("photos/rings/broken.jpg", b"\xff\xd8\xff not really")
    return path


def curve(page: Page) -> str:
    """The path of the loss of each batch, as it is drawn now."""
    return page.locator(".live path.faint").first.get_attribute("d") or ""


def epochs(page: Page) -> int:
    """How many epochs the live view has drawn."""
    return int(page.locator(".live").get_attribute("data-epochs") or 0)


def test_upload_train_stop_try_take_home(
    server: Server, person: Callable[[], Person], photo_zip: Path, tmp_path: Path
) -> None:
    student = person()
    page = student.open(f"{server.url}/datasets")
    page.locator("input[type=file]").set_input_files(photo_zip)
    expect(page.get_by_text("Added 72 images: 24 checks, 24 discs, 24 rings.")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("Left out: 1 file")).to_be_visible()
    settled(page)
    expect(page.get_by_role("heading", name="my photos")).to_be_visible()

    page.get_by_role("button", name="Train on it").click()
    settled(page)
    choose_backbone(page, "ShuffleNetV2 x0.5")
    picker = page.get_by_role("combobox", name=re.compile("backbone"))
    expect(picker).to_have_value("ShuffleNetV2 x0.5 · 1.4 M parameters · ready")
    page.get_by_text("(full fine-tuning)").click()
    settled(page)
    strip = page.locator(".strip")
    expect(strip.locator(".stage.learns")).to_have_count(6)
    page.get_by_text("Settings", exact=True).click()
    page.get_by_role("slider", name="Epochs").first.press("End")  # long enough to be stopped on any machine
    settled(page)
    page.get_by_role("button", name="Train", exact=True).click()

    expect(page.locator(".live .pill")).to_have_text("training", timeout=30_000)
    expect(page.locator(".live")).to_have_attribute("data-epochs", re.compile("[1-9]"), timeout=120_000)
    before = curve(page)
    expect(page.locator(".live path.faint").first).not_to_have_attribute("d", before, timeout=60_000)
    expect(page.locator(".live")).to_contain_text("of 100, fine-tuning")
    expect(page.locator(".live .pill")).to_have_text("training")  # so the curve moved while it trained

    page.get_by_role("button", name="Stop", exact=True).click()
    expect(page.locator(".live .pill")).to_have_text("stopped", timeout=60_000)
    settled(page)
    assert 1 <= epochs(page) < 100
    expect(page.get_by_role("button", name="Go on")).to_be_visible()

    photo = tmp_path / "rings-00.jpg"
    page.get_by_text("Upload", exact=True).click()
    settled(page)
    page.locator("input[type=file]").set_input_files(photo)
    answer = page.locator(".bars .row.lead").last
    expect(answer).to_be_visible(timeout=30_000)
    settled(page)
    shown = {
        row.locator(".name").inner_text(): float(row.locator(".value").inner_text().rstrip("%")) / 100
        for row in page.locator(".bars").last.locator(".row").all()
    }

    bundle = _take_home(page, tmp_path)
    assert page.url.split("run=")[1].split("&")[0] in bundle.name  # so that no two models share a file name
    predicted = _predict_alone(bundle, photo, tmp_path / "alone")
    assert predicted.keys() == shown.keys() == set(PHOTOS)
    for label, probability in shown.items():
        assert predicted[label] == pytest.approx(probability, abs=0.0015)  # the page rounds to a tenth of a percent


def _take_home(page: Page, folder: Path) -> Path:
    """Click the link, which opens a tab of its own for the download."""
    downloads: list[Download] = []

    def note(download: Download) -> None:  # Playwright can't wrap a list's own method
        downloads.append(download)

    page.context.on("page", lambda tab: tab.on("download", note))
    page.on("download", note)
    page.get_by_role("link", name="Take it home").click()
    for _ in range(150):
        if downloads:
            break
        page.wait_for_timeout(200)
    path = folder / downloads[0].suggested_filename
    downloads[0].save_as(path)
    return path


def _predict_alone(bundle: Path, photo: Path, folder: Path) -> dict[str, float]:
    """Run the script of the zip in a process of its own, without this project on its path."""
    with zipfile.ZipFile(bundle) as archive:
        archive.extractall(folder)
    command = [sys.executable, "-I", str(folder / "predict.py"), str(photo)]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=True)
    return {p["label"]: p["probability"] for p in json.loads(done.stdout)["predictions"]}


def test_a_sample_set_with_nothing_but_clicks(server: Server, person: Callable[[], Person]) -> None:
    page = person().open(f"{server.url}/train")
    page.get_by_role("button", name="Handwritten digits").click()
    expect(page.get_by_text("500 images in 10 classes")).to_be_visible(timeout=60_000)
    settled(page)
    choose_backbone(page, "ShuffleNetV2 x0.5")
    page.get_by_role("button", name="Train", exact=True).click()
    expect(page.locator(".live .pill")).to_have_text("finished", timeout=180_000)
    settled(page)
    expect(page.locator(".live")).to_have_attribute("data-epochs", re.compile("^[1-9]"))
    expect(page.get_by_text(re.compile("In truth it is"))).to_be_visible(timeout=30_000)
    page.get_by_text("Why?").click()
    expect(page.get_by_text("what speaks for")).to_be_visible(timeout=60_000)
    page.get_by_role("link", name="Result").last.click()
    expect(page.get_by_text("What it took for what")).to_be_visible(timeout=30_000)
    settled(page)
    page.locator(".matrix button:not([disabled])").first.click()
    expect(page.get_by_text("that the model called")).to_be_visible(timeout=30_000)
