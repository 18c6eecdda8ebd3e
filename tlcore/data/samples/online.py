"""Sample sets for machines with a connection: fetched once, kept, and brought into the lab as a manageable part.

torchvision knows how its sets are published, packed and labelled; only the download is ours, so that it shows progress.
"""

import hashlib
import shutil
import tarfile
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

from PIL import Image

from tlcore.data.ingest.reading import ingest_path
from tlcore.data.ingest.report import IngestedImage, IngestReport
from tlcore.data.pixels.blobs import BlobStore
from tlcore.data.pixels.decode import canonical, stored_bytes
from tlcore.download import download
from tlcore.errors import OfflineError, UnknownNameError
from tlcore.settings import Settings, get_settings
from tlcore.wording import Progress

_ANTS_AND_BEES = "https://download.pytorch.org/tutorial/hymenoptera_data.zip"
_UNPACKING = Lock()


@dataclass(frozen=True)
class Resource:
    """A published file: where it is, and its MD5 as published (empty where none is)."""

    url: str
    file: str
    md5: str = ""


@dataclass(frozen=True)
class OnlineSet:
    """A set that needs a connection once; `megabytes` is the size of its download."""

    name: str
    title: str
    description: str
    source: str
    megabytes: int
    classes: int
    per_class: int
    resources: Callable[[], tuple[Resource, ...]]
    folder: str = ""
    images: Callable[[Path], Iterator[tuple[str, Image.Image]]] | None = None
    flip: bool = True


def fetch(name: str, progress: Progress, settings: Settings | None = None) -> Path:
    """Download what is missing of a set; returns the folder that holds it.

    Raises `OfflineError`, in a sentence that names the host, when there is no connection.
    """
    settings, online = settings or get_settings(), get_online(name)
    root = settings.home / "downloads" / name
    resources = online.resources()
    for resource in resources:
        target = root / online.folder / resource.file
        if not target.is_file():
            url = f"{settings.datasets_url.rstrip('/')}/{resource.file}" if settings.datasets_url else resource.url
            _download(online, url, target, resource.md5, progress)
    return root


def _download(online: OnlineSet, url: str, target: Path, md5: str, progress: Progress) -> None:
    try:
        download(url, target, md5, progress, algorithm="md5")
    except OfflineError as error:
        raise OfflineError(
            f"'{online.title}' can't be downloaded: {urlsplit(url).hostname} can't be reached from here. "
            "The embedded sample sets work without a connection."
        ) from error


def take_online(name: str, blobs: BlobStore, progress: Progress, settings: Settings | None = None) -> IngestReport:
    """The images of a set that was fetched, as blobs: at most `per_class` of each class."""
    settings, online = settings or get_settings(), get_online(name)
    root = fetch(name, progress, settings)
    if online.images is None:
        return ingest_path(root / online.folder / online.resources()[0].file, blobs, progress, settings)
    unpacked = _unpacked(online, root, settings)
    blobs.root.mkdir(parents=True, exist_ok=True)
    seen: Counter[str] = Counter()
    images = []
    with TemporaryDirectory(dir=blobs.root, prefix=".online-") as staging:
        for label, image in online.images(unpacked):
            if seen[label] >= online.per_class or (label not in seen and len(seen) == online.classes):
                continue
            seen[label] += 1
            images.append(_store(image, label, f"{label}-{seen[label]:03d}", Path(staging), blobs))
            progress(len(images), online.classes * online.per_class)
    return IngestReport(images=tuple(images))


def get_online(name: str) -> OnlineSet:
    """The online set of that name."""
    try:
        return ONLINE_SETS[name]
    except KeyError as error:
        raise UnknownNameError(f"There is no online set '{name}'; there is {', '.join(ONLINE_SETS)}.") from error


def _unpacked(online: OnlineSet, root: Path, settings: Settings) -> Path:
    """Where the set lies unpacked; all of it or nothing, for torchvision takes a folder that exists for complete."""
    place = root / "unpacked"
    with _UNPACKING:
        if not place.is_dir():
            settings.scratch.mkdir(parents=True, exist_ok=True)  # where what a killed unpacking leaves is tidied away
            with TemporaryDirectory(dir=settings.scratch, prefix="unpack-") as scratch:
                whole = Path(scratch, "set")
                _unpack(online, root, whole)
                root.mkdir(parents=True, exist_ok=True)
                whole.rename(place)
    return place


def _unpack(online: OnlineSet, source: Path, target: Path) -> None:
    from torchvision.datasets.utils import extract_archive

    folder = target / online.folder
    folder.mkdir(parents=True)
    for resource in online.resources():
        file = source / online.folder / resource.file
        if tarfile.is_tarfile(file):
            extract_archive(str(file), str(folder))
        else:
            shutil.copy(file, folder)


def _store(image: Image.Image, label: str, name: str, staging: Path, blobs: BlobStore) -> IngestedImage:
    picture = _canonical(image)
    stored = stored_bytes(picture)
    blob = hashlib.sha256(stored).hexdigest()
    (staging / blob).write_bytes(stored)
    blobs.adopt(staging / blob, blob)
    return IngestedImage(
        label=label, name=name, blob=blob, width=picture.width, height=picture.height, bytes=len(stored)
    )


def _canonical(image: Image.Image) -> Image.Image:
    """The canonical form, from the file where there is one, so that its pixels are those of an upload."""
    path = getattr(image, "filename", "")
    return canonical(Path(path).read_bytes()) if path else image.convert("RGB")


def _flowers() -> tuple[Resource, ...]:
    from torchvision.datasets import Flowers102 as Set

    files: dict[str, tuple[str, str]] = Set._file_dict  # noqa: SLF001 - torchvision's record of what is published
    return tuple(Resource(Set._download_url_prefix + file, file, md5) for file, md5 in files.values())  # noqa: SLF001


def _flower_images(root: Path) -> Iterator[tuple[str, Image.Image]]:
    from torchvision.datasets import Flowers102

    for split in ("train", "val", "test"):
        part = Flowers102(str(root), split=split)
        names: list[str] = part.classes
        for path, label in zip(part._image_files, part._labels, strict=True):  # noqa: SLF001 - no public list of files
            yield names[label], Image.open(path)


def _pets() -> tuple[Resource, ...]:
    from torchvision.datasets import OxfordIIITPet

    return tuple(Resource(url, url.rsplit("/", 1)[1], md5) for url, md5 in OxfordIIITPet._RESOURCES)  # noqa: SLF001


def _pet_images(root: Path) -> Iterator[tuple[str, Image.Image]]:
    from torchvision.datasets import OxfordIIITPet

    pets = OxfordIIITPet(str(root), split="trainval")
    names: list[str] = pets.classes
    for path, label in zip(pets._images, pets._labels, strict=True):  # noqa: SLF001 - no public list of files
        yield names[label], Image.open(path)


def _cifar() -> tuple[Resource, ...]:
    from torchvision.datasets import CIFAR10

    return (Resource(CIFAR10.url, CIFAR10.filename, CIFAR10.tgz_md5),)


def _cifar_images(root: Path) -> Iterator[tuple[str, Image.Image]]:
    from torchvision.datasets import CIFAR10

    labelled: Any = CIFAR10(str(root), train=True)
    for image, label in labelled:
        yield labelled.classes[label], image


ONLINE_SETS: dict[str, OnlineSet] = {
    online.name: online
    for online in (
        OnlineSet(
            name="ants-bees",
            title="Ants and bees",
            description="The photographs of PyTorch's transfer-learning tutorial, with its split.",
            source="download.pytorch.org, from ImageNet",
            megabytes=47,
            classes=2,
            per_class=210,
            resources=lambda: (Resource(_ANTS_AND_BEES, "hymenoptera_data.zip"),),
        ),
        OnlineSet(
            name="flowers",
            title="Flowers",
            description="Twenty of the 102 British flowers of Nilsback and Zisserman, forty photographs each.",
            source="Nilsback & Zisserman 2008, Oxford Flowers-102",
            megabytes=345,
            classes=20,
            per_class=40,
            resources=_flowers,
            folder="flowers-102",
            images=_flower_images,
        ),
        OnlineSet(
            name="pets",
            title="Pets",
            description="37 breeds of cats and dogs, forty photographs each.",
            source="Parkhi et al. 2012, Oxford-IIIT Pet (CC BY-SA 4.0)",
            megabytes=811,
            classes=37,
            per_class=40,
            resources=_pets,
            folder="oxford-iiit-pet",
            images=_pet_images,
        ),
        OnlineSet(
            name="cifar10",
            title="CIFAR-10",
            description="Ten kinds of things in 32 x 32 pixels, a hundred of each.",
            source="Krizhevsky 2009, CIFAR-10",
            megabytes=170,
            classes=10,
            per_class=100,
            resources=_cifar,
            images=_cifar_images,
        ),
    )
}
