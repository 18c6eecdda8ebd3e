"""Uploads whose folders are more than one a class, and what systems leave in them."""

from tests.corpus.case import UploadCase, folder_of, photo, zip_of

_NUMBERS = iter(range(100, 10_000))


def images(*folders: str, each: int = 1) -> dict[str, bytes]:
    """So many different images in each of these folders."""
    return {f"{folder}/{n}.png": photo(next(_NUMBERS)) for folder in folders for n in range(each)}


_TWO_CLASSES = {"cats": 2, "dogs": 2}
_JUNK = {
    "cats/@eaDir/0.png/SYNOPHOTO_THUMB_M.png": photo(1),
    "cats/SYNOFILE_THUMB_M.png": photo(2),
    "#recycle/cats/0.png": photo(3),
    "$RECYCLE.BIN/S-1-5-21/0.png": photo(4),
    ".Trash-1000/files/0.png": photo(5),
    "cats/.@__thumb/0.png": photo(6),
    "__MACOSX/cats/._0.png": photo(7),
    "cats/0.png:Zone.Identifier": b"[ZoneTransfer]",
    "cats/0.pngZone.Identifier": b"[ZoneTransfer]",
    "dogs/ehthumbs.db": b"x",
    "dogs/Icon\r": b"",
    "dogs/.ipynb_checkpoints/0-checkpoint.png": photo(8),
}


def _both(name: str, files: dict[str, bytes], says: str = "", classes: dict[str, int] | None = None, skipped: int = 0):
    """The same files as a zip and as a folder, which must give the same."""
    stated = classes or _TWO_CLASSES
    return (
        UploadCase(f"{name}.zip", zip_of(files), "accepted", says, stated, skipped),
        UploadCase(f"{name}-folder", folder_of(files), "accepted", says, stated, skipped),
    )


def _refused(name: str, files: dict[str, bytes], says: str) -> UploadCase:
    return UploadCase(f"{name}.zip", zip_of(files), "refused", says, error="BadInputError")


LAYOUTS: tuple[UploadCase, ...] = (
    *_both(
        "sessions",
        images("cats/monday", "cats/tuesday", "dogs/monday", "dogs/tuesday"),
        "folders below the classes, such as 'monday', only group their images",
    ),
    *_both("depths", images("photos/cats", "photos/cats/close", "photos/dogs/a/b", "photos/dogs")),
    *_both(
        "part-below-class",
        images("cats/train", "cats/test", "dogs/train", "dogs/test"),
        "'train' and 'test' below them for parts of the set",
    ),
    *_both(
        "images-in-parts",
        images("set/train/images/cats", "set/train/images/dogs", "set/val/images/cats", "set/val/images/dogs"),
        "in 'train' and 'val' are taken for classes ('cats' and 'dogs'), and those two for parts of the set.",
    ),
    *_both(
        "unlabelled",
        images(
            *(f"seg_{part}/seg_{part}/{label}" for part in ("train", "test") for label in ("cats", "dogs")), "seg_pred"
        ),
        "1 image lies in no class folder and is left out.",
        skipped=1,
    ),
    *_both(
        "beside-parts",
        images(*(f"{part}/{label}" for part in ("train", "test", "more") for label in ("cats", "dogs"))),
        "The folder 'more' beside 'test' and 'train' is left out.",
        skipped=2,
    ),
    *_both(
        "annotations",
        images("images/cats", "images/dogs", each=2) | images("annotations/cats"),
        "The folder 'annotations' beside a folder that is called after its images is left out.",
        skipped=1,
    ),
    *_both("loose", images("photos/cats", "photos/dogs", each=2) | images("photos"), "1 image lies in no", skipped=1),
    *_both("left-by-systems", images("cats", "dogs", each=2) | _JUNK),
    *_both(
        "class-of-thumbnails",
        images("cats", "dogs", each=2) | {"owls/@eaDir/1.png/SYNOPHOTO_THUMB_M.png": photo(9), "owls/Thumbs.db": b"x"},
        "The class 'owls' is missing: its folder holds no image that can be used.",
    ),
    *_both(
        "classes-of-broken-images",
        images("cats", "dogs", each=2) | {"owls/1.jpg": b"", "newts/1.jpg": b"\xff\xd8\xff"},
        "The classes 'newts' and 'owls' are missing: their folders hold no image that can be used ('",
        skipped=2,
    ),
    *_both("natural", images(*map(str, (1, 2, 10))), classes={"1": 1, "2": 1, "10": 1}),
    _refused("parts-alone", images("train", "test"), "'test' and 'train' are parts of a data set, and no classes"),
    _refused("part-alone", images("data/Training"), "'Training' is a part of a data set, and no class"),
    _refused("prefixed-parts-alone", images("mri_train", "mri_test"), "are parts of a data set, and no classes"),
    _refused("parts-of-images", images("train/images", "val/images"), "not in class folders"),
)
