"""Online sets, fetched from a server of our own that publishes them in their real layouts."""

import hashlib
import shutil
import tarfile
import zipfile
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from io import BytesIO
from pathlib import Path
from threading import Thread

import pytest
from PIL import Image
from scipy.io import savemat
from torchvision.datasets import Flowers102, OxfordIIITPet

from tests.conftest import draw_set
from tlcore.data.pixels.blobs import BlobStore
from tlcore.data.pixels.decode import canonical
from tlcore.data.samples import online
from tlcore.data.samples.online import ONLINE_SETS, take_online
from tlcore.download import DamagedDownloadError
from tlcore.errors import OfflineError, UnknownNameError
from tlcore.settings import Settings, get_settings

_LISTS = ("imagelabels.mat", "setid.mat")


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def published(tmp_path: Path) -> Iterator[tuple[Path, Settings]]:
    """A folder that is served, and the settings that look there."""
    folder = tmp_path / "published"
    folder.mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder)))
    Thread(target=server.serve_forever, daemon=True).start()
    home = get_settings().home
    yield folder, Settings(home=home, datasets_url=f"http://127.0.0.1:{server.server_port}")
    server.shutdown()


def jpeg(image: Image.Image) -> bytes:
    buffer = BytesIO()
    image.save(buffer, "JPEG")
    return buffer.getvalue()


def tar(path: Path, files: dict[str, bytes]) -> str:
    """Write a tar.gz of the files; returns its MD5."""
    with tarfile.open(path, "w:gz") as archive:
        for name, data in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, BytesIO(data))
    return hashlib.md5(path.read_bytes(), usedforsecurity=False).hexdigest()


def test_ants_and_bees_keep_the_tutorials_split(published: tuple[Path, Settings]) -> None:
    folder, settings = published
    with zipfile.ZipFile(folder / "hymenoptera_data.zip", "w") as archive:
        for label, name, image in draw_set(("checks", "rings"), each=3, seed=2):
            part = "val" if name.endswith("00.png") else "train"
            archive.writestr(f"hymenoptera_data/{part}/{label}/{name}.jpg", jpeg(image))
    told: list[tuple[int, int]] = []
    report = take_online("ants-bees", BlobStore(settings.blobs), lambda *step: told.append(step), settings)
    assert report.classes == {"checks": 3, "rings": 3}
    assert {image.part for image in report.images} == {"train", "val"}
    size = (folder / "hymenoptera_data.zip").stat().st_size
    assert (size, size) in told


@pytest.fixture
def pets(published: tuple[Path, Settings], monkeypatch: pytest.MonkeyPatch) -> dict[str, bytes]:
    """Two breeds in the layout of Oxford's archives."""
    folder, _ = published
    photos, lines = {}, []
    for number, breed in enumerate(("Abyssinian", "yorkshire_terrier"), 1):
        for name, image in [(n, i) for _, n, i in draw_set(("rows",), each=3, seed=number)]:
            stem = f"{breed}_{name.split('-')[1].split('.')[0]}"
            photos[stem] = jpeg(image)
            lines.append(f"{stem} {number} 1 1")
    images = tar(folder / "images.tar.gz", {f"images/{stem}.jpg": data for stem, data in photos.items()})
    lists = tar(folder / "annotations.tar.gz", {"annotations/trainval.txt": "\n".join(lines).encode()})
    resources = (("http://gone.invalid/images.tar.gz", images), ("http://gone.invalid/annotations.tar.gz", lists))
    monkeypatch.setattr(OxfordIIITPet, "_RESOURCES", resources)
    return photos


def test_pets_come_through_torchvision_with_the_pixels_of_an_upload(
    published: tuple[Path, Settings], pets: dict[str, bytes]
) -> None:
    _, settings = published
    store = BlobStore(settings.blobs)
    report = take_online("pets", store, lambda *_: None, settings)
    assert report.classes == {"Abyssinian": 3, "Yorkshire Terrier": 3}
    expected = {canonical(data).tobytes() for data in pets.values()}
    assert {store.image(image.blob).tobytes() for image in report.images} == expected


@pytest.fixture
def flowers(published: tuple[Path, Settings], monkeypatch: pytest.MonkeyPatch) -> int:
    """Six flowers of two kinds in the layout of Oxford's archive; how many there are."""
    folder, _ = published
    photos = [jpeg(image) for _, _, image in draw_set(("rings",), each=6, seed=4)]
    archive = tar(folder / "102flowers.tgz", {f"jpg/image_{n:05d}.jpg": data for n, data in enumerate(photos, 1)})
    savemat(folder / "imagelabels.mat", {"labels": [1, 2, 1, 2, 1, 2]})
    savemat(folder / "setid.mat", {"trnid": [1, 2], "valid": [3, 4], "tstid": [5, 6]})
    md5 = {name: hashlib.md5((folder / name).read_bytes(), usedforsecurity=False).hexdigest() for name in _LISTS}
    labels, ids = md5.items()
    files = {"image": ("102flowers.tgz", archive), "label": labels, "setid": ids}
    monkeypatch.setattr(Flowers102, "_file_dict", files)
    return len(photos)


def test_whoever_comes_while_a_set_is_unpacked_finds_all_of_it(
    published: tuple[Path, Settings], flowers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, settings = published
    own, found, others = online._unpack, [], []

    def take() -> None:
        found.append(len(take_online("flowers", BlobStore(settings.blobs), lambda *_: None, settings).images))

    def unpack(which: online.OnlineSet, source: Path, target: Path) -> None:
        others.append(Thread(target=take))
        others[-1].start()
        (target / "flowers-102" / "jpg").mkdir(parents=True)  # what torchvision takes for all of the set
        others[-1].join(0.1)
        shutil.rmtree(target)
        own(which, source, target)

    monkeypatch.setattr(online, "_unpack", unpack)
    take()
    for thread in others:
        thread.join()
    assert found == [flowers] * 2


def test_an_unpacking_that_was_broken_off_is_begun_anew(
    published: tuple[Path, Settings], flowers: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, settings = published

    class Killed(BaseException):
        pass

    def killed(_online: online.OnlineSet, _source: Path, target: Path) -> None:
        (target / "flowers-102" / "jpg").mkdir(parents=True)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(online, "_unpack", killed)
        with pytest.raises(Killed):
            take_online("flowers", BlobStore(settings.blobs), lambda *_: None, settings)
    report = take_online("flowers", BlobStore(settings.blobs), lambda *_: None, settings)
    assert len(report.images) == flowers
    assert report.classes == {"pink primrose": 3, "hard-leaved pocket orchid": 3}


def test_what_was_fetched_is_not_fetched_again(published: tuple[Path, Settings], pets: dict[str, bytes]) -> None:
    folder, settings = published
    store = BlobStore(settings.blobs)
    first = take_online("pets", store, lambda *_: None, settings)
    for file in folder.iterdir():
        file.unlink()
    assert take_online("pets", store, lambda *_: None, settings) == first


def test_a_damaged_download_is_refused(published: tuple[Path, Settings], pets: dict[str, bytes]) -> None:
    folder, settings = published
    (folder / "images.tar.gz").write_bytes(b"something else")
    with pytest.raises(DamagedDownloadError, match="arrived damaged"):
        take_online("pets", BlobStore(settings.blobs), lambda *_: None, settings)
    assert not list((settings.home / "downloads").rglob("*.tar.gz"))


def test_without_a_connection_there_is_one_clear_sentence() -> None:
    settings = Settings(home=get_settings().home, datasets_url="http://127.0.0.1:9")
    with pytest.raises(OfflineError) as caught:
        take_online("ants-bees", BlobStore(settings.blobs), lambda *_: None, settings)
    assert str(caught.value) == (
        "'Ants and bees' can't be downloaded: 127.0.0.1 can't be reached from here. "
        "The embedded sample sets work without a connection."
    )


def test_every_set_fits_the_limits_of_an_upload() -> None:
    limits = Settings().limits
    for found in ONLINE_SETS.values():
        assert 2 <= found.classes <= limits.classes
        assert found.classes * found.per_class <= limits.files
        assert all(resource.url.startswith("https://") for resource in found.resources())


def test_an_unknown_set_is_a_sentence() -> None:
    with pytest.raises(UnknownNameError, match="no online set 'cars'; there is ants-bees"):
        take_online("cars", BlobStore(get_settings().blobs), lambda *_: None)
