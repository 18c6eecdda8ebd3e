"""Pictures under every name that people's systems give them, given one after the other."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from tests.conftest import draw
from tests.corpus.case import encoded
from tests.e2e.conftest import Person, Server, settled


@pytest.fixture(scope="module")
def photos(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Photographs by their name, one of them hidden behind its alpha plane, one broken."""
    folder = tmp_path_factory.mktemp("photos")
    pictures = [draw(kind, np.random.default_rng(1), 96, 80) for kind in ("rings", "rows", "discs")]
    hidden = pictures[0].convert("RGBA")
    hidden.putalpha(Image.new("L", hidden.size))
    files = {
        "photo.jfif": encoded(pictures[0], "JPEG"),
        "photo.mpo": encoded(pictures[1], "MPO"),
        "photo.JPE": encoded(pictures[2], "JPEG"),
        "hidden.png": encoded(hidden, "PNG"),
        "broken.jfif": encoded(pictures[0], "JPEG")[:-200],
    }
    for name, data in files.items():
        (folder / name).write_bytes(data)
    return {name: folder / name for name in files}


def give(page: Page, *files: Path) -> None:
    page.locator("input[type=file]").first.set_input_files(list(files))
    expect(page.get_by_test_id("stFileUploader").get_by_text(files[-1].name)).to_be_visible()
    settled(page)


def test_one_photo_after_the_other_leaves_the_filters_alone(
    server: Server, visitor: Person, photos: dict[str, Path]
) -> None:
    """While one takes the place of another, there is none, and the kernels' fields go and come back."""
    page = visitor.open(f"{server.url}/filters?image=upload")
    for name in ("photo.jfif", "photo.mpo", "photo.JPE", "photo.jfif"):
        give(page, photos[name])
        expect(page.get_by_test_id("stAlert")).to_have_count(0)
        expect(page.get_by_role("combobox", name="Second filter")).to_have_value("Laplacian, 4 neighbours")
    assert "custom" not in page.url
    give(page, photos["hidden.png"])
    expect(page.get_by_test_id("stAlert")).to_contain_text("The image: transparent all over, so only white is seen.")


def test_of_several_photos_the_broken_one_stops_no_other(
    server: Server, visitor: Person, photos: dict[str, Path]
) -> None:
    page = visitor.open(f"{server.url}/try")
    page.get_by_text("Upload", exact=True).first.click()
    settled(page)
    for _ in range(2):
        give(page, *photos.values())
        alerts = page.get_by_test_id("stAlert")
        expect(alerts.filter(has_text="'broken.jfif' can't be used: the image is cut off.").first).to_be_visible()
        expect(alerts.filter(has_text="'hidden.png': transparent all over").first).to_be_visible()
        page.get_by_text("All answers as a table").click()
        expect(page.get_by_role("button", name="CSV", exact=True)).to_be_visible()
        page.reload()
        settled(page)
