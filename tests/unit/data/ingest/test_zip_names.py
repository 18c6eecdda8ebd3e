"""Names in zips: Unicode where it is, and the code page that people's names make most sense in where it is not."""

from pathlib import Path
from zipfile import ZipFile

import pytest

from tests.corpus.rawzip import Entry, raw_zip, unicode_path
from tlcore.data.ingest.zip_names import CODE_PAGES, Names, likeliest, names_of
from tlcore.errors import BadInputError


def names(folder: Path, *entries: Entry, code_page: str = "") -> Names:
    """What the names in an archive of these entries are read as."""
    path = folder / "names.zip"
    path.write_bytes(raw_zip(entries))
    with ZipFile(path) as archive:
        return names_of(archive.infolist(), code_page)


# Names that people give to classes, two to four together, in the code pages that their systems write.
_WESTERN = (
    "Köln München",
    "Äpfel Birnen",
    "Vögel Hunde",
    "Straße Wald",
    "été hiver",
    "crème café",
    "niño niña",
    "città",
)
_WRITTEN = [
    *((text, page) for text in (*_WESTERN, "blåbär smörgås") for page in ("cp850", "cp1252")),
    *((text, "cp437") for text in _WESTERN),
    ("cão maçã pão", "cp1252"),
    ("cão maçã pão", "cp850"),
    ("żółw łoś jabłko", "cp852"),
    ("żółw łoś jabłko", "cp1250"),
    *((text, page) for text in ("кошки собаки", "яблоки груши", "да нет") for page in ("cp866", "cp1251")),
    ("γάτες σκύλοι", "cp1253"),
    ("γάτες σκύλοι", "cp737"),
    ("חתולים כלבים", "cp862"),
    ("قطط كلاب", "cp1256"),
    ("แมว สุนัข", "cp874"),
    *(
        (text, "cp932")
        for text in ("猫 犬", "ねこ いぬ", "ネコ イヌ", "表 裏", "予測 構造", "ソース 能力", "良品 不良品")
    ),
    *((text, "gb18030") for text in ("猫 狗", "苹果 香蕉", "正常 异常", "合格 不合格", "玫瑰 向日葵")),
    *((text, "cp950") for text in ("貓 狗", "功能 許多", "蘋果 香蕉")),
    *((text, "cp949") for text in ("개 고양이", "사과 바나나", "정상 불량")),
]


@pytest.mark.parametrize(("text", "page"), _WRITTEN)
def test_names_are_read_as_they_were_written(text: str, page: str) -> None:
    written = [f"{name}/1.jpg".encode(page) for name in text.split()]
    guessed = likeliest(written)
    assert [raw.decode(guessed) for raw in written] == [f"{name}/1.jpg" for name in text.split()]


def test_the_guess_is_said_in_one_sentence(tmp_path: Path) -> None:
    found = names(tmp_path, *(Entry(name=f"{name}/1.jpg".encode("cp932")) for name in ("猫", "犬")))
    assert found.names == ("猫/1.jpg", "犬/1.jpg")
    assert found.guessed == (
        "The archive does not say how its names are encoded; they were read as Japanese (code page 932), '猫' for "
        "example."
    )


@pytest.mark.parametrize("name", ["ants", "Köln", "ソース"])
def test_what_is_unicode_is_no_guess(name: str, tmp_path: Path) -> None:
    flagged = Entry(name=name.encode(), flags=0x800)
    unflagged = Entry(name=f"{name}2".encode())
    assert names(tmp_path, flagged, unflagged) == Names((name, f"{name}2"))


def test_the_unicode_path_wins_while_its_checksum_fits(tmp_path: Path) -> None:
    legacy = "Кошки/1.jpg".encode("cp866")
    fits = Entry(name=legacy, extra=unicode_path("Кошки/1.jpg", legacy))
    assert names(tmp_path, fits) == Names(("Кошки/1.jpg",))
    stale = Entry(name=b"ants/1.jpg", extra=unicode_path("bees/1.jpg", b"wasps/1.jpg"))
    assert names(tmp_path, stale) == Names(("ants/1.jpg",))


def test_a_person_may_know_the_code_page(tmp_path: Path) -> None:
    entry = Entry(name="groß".encode("cp850"))
    assert names(tmp_path, entry, code_page="cp850") == Names(("groß",))
    with pytest.raises(BadInputError, match="'klingon' is no code page"):
        names(tmp_path, entry, code_page="klingon")
    with pytest.raises(BadInputError, match="are not in the code page ascii"):
        names(tmp_path, entry, code_page="ascii")


def test_every_code_page_is_one_of_pythons() -> None:
    for page in CODE_PAGES:
        assert b"ants".decode(page) == "ants"


def test_thousands_of_names_are_read_too() -> None:
    written = [f"Äpfel/Bild {number} von früher.jpg".encode("cp1252") for number in range(5000)]
    assert likeliest(written) == "cp1252"
