"""What systems leave behind is known by name, and what people call their own folders and files is not taken for it."""

import pytest

from tlcore.data.ingest.leftovers import is_leftover, own_part, tells_of_images

LEFT = (
    "__MACOSX/ants/._1.jpg",
    "ants/.DS_Store",
    "ants/._1.jpg",
    "ants/.AppleDouble/1.jpg",
    "ants/Icon\r",
    ".Trashes/501/1.jpg",
    ".git/config",
    "ants/.ipynb_checkpoints/1-checkpoint.jpg",
    "ants/.picasaoriginals/1.jpg",
    "ants/Thumbs.db",
    "ants/ehthumbs.db",
    "ants/thumbcache_96.db",
    "ants/DESKTOP.INI",
    "ants/1.jpg:Zone.Identifier",
    "ants/1.jpgZone.Identifier",
    "ants/1.jpg\uf03aZone.Identifier",
    "ants/1.jpg:Zone.Identifier:$DATA",
    "$RECYCLE.BIN/S-1-5-21/1.jpg",
    "RECYCLER/S-1-5-21/1.jpg",
    "System Volume Information/1.jpg",
    ".Trash-1000/files/1.jpg",
    "ants/@eaDir/1.jpg/SYNOPHOTO_THUMB_XL.jpg",
    "ants/@EADIR/1.jpg",
    "ants/SYNOFILE_THUMB_M.jpg",
    "ants/1.jpg@SynoEAStream",
    "#recycle/1.jpg",
    "#snapshot/daily/ants/1.jpg",
    "ants/.@__thumb/default1.jpg",
    "@Recycle/1.jpg",
    "lost+found/1.jpg",
)
OWN = (
    "ants/1.jpg",
    "macosx/1.jpg",
    "recycler/1.jpg",
    "recycled/1.jpg",
    "trash/1.jpg",
    "thumbs/1.jpg",
    "icon/1.jpg",
    "icons/Icon.jpg",
    "synopsis/1.jpg",
    "#1/1.jpg",
    "@home/1.jpg",
    "ants/Zone.jpg",
    "desktop/ini.jpg",
)


@pytest.mark.parametrize("path", LEFT)
def test_what_a_system_left_is_no_file_of_a_persons(path: str) -> None:
    assert is_leftover(path.split("/"))


@pytest.mark.parametrize("path", OWN)
def test_what_a_person_named_is_theirs(path: str) -> None:
    assert not is_leftover(path.split("/"))


def test_a_path_is_a_persons_as_far_as_they_made_it() -> None:
    assert own_part(["photos", "ants", "@eaDir", "1.jpg", "SYNOPHOTO_THUMB_M.jpg"]) == ("photos", "ants")
    assert own_part(["__MACOSX", "ants"]) == ()


def test_thumbnails_tell_of_images() -> None:
    assert tells_of_images(["ants", "@eaDir", "1.jpg"])
    assert tells_of_images(["ants", "Thumbs.db"])
    assert not tells_of_images(["ants", ".DS_Store"])
