"""The names in a zip archive as they were meant: in Unicode where the archive says so, else in the likeliest code page.

Entries without the flag for UTF-8 hold bytes of the code page of whoever made the archive, which is not noted. They
are decoded whole before anything splits them, for in Chinese and Japanese code pages the second byte of a character
may look like a backslash.
"""

import re
import struct
import unicodedata
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from zipfile import ZipInfo

from tlcore.data.ingest.zip_records import UTF8_NAME
from tlcore.data.names import clean_name
from tlcore.errors import BadInputError

_UNICODE_PATH = 0x7075
"""The extra field with the name in UTF-8 (Info-ZIP; APPNOTE 4.6.9), valid while its checksum is that of the name."""
CODE_PAGES = {
    **dict.fromkeys(("cp437", "cp850"), "Western European as DOS writes it"),
    "cp1252": "Western European as Windows writes it",
    "cp852": "Central European as DOS writes it",
    "cp1250": "Central European as Windows writes it",
    "cp866": "Cyrillic as DOS writes it",
    "cp1251": "Cyrillic as Windows writes it",
    **dict.fromkeys(("cp737", "cp1253"), "Greek"),
    **dict.fromkeys(("cp857", "cp1254"), "Turkish"),
    **dict.fromkeys(("cp862", "cp1255"), "Hebrew"),
    "cp1256": "Arabic",
    "cp874": "Thai",
    "cp932": "Japanese",
    "gb18030": "Chinese (simplified)",
    "cp950": "Chinese (traditional)",
    "cp949": "Korean",
}
"""The code pages that are considered, as Python calls them, and what each is for."""
_CHARDET = {"cp950": "big5hkscs"}
"""What chardet calls a code page otherwise."""
_WESTERN = ("cp437", "cp850", "cp1252")
_WESTERN_LETTERS = frozenset("äöüßÄÖÜéèêëàâçîïôûùœñáíóúãåæøìòÉÀÇÅØÆÊÈÓÁÍÚÑŒÂÎÔ¿¡")
_WESTERN_FACTOR, _THAI_FACTOR, _ODD_FACTOR = 2.5, 0.1, 1e-3
_MOST_PIECES = 200  # of names are looked at
_PUNCTUATION = frozenset("・、。「」（）！？～－＿：，．《》【】’–")
_MAY_BE_IN_NAMES = ("L", "M", "Nd")
"""Letters, marks and digits, as Unicode's categories begin."""
_WORD = re.compile(r"[^\W\d_]+")


@dataclass(frozen=True)
class Names:
    """The name of each entry in order; `guessed` says in a sentence what was guessed, if anything was."""

    names: tuple[str, ...]
    guessed: str = ""


def names_of(infos: Sequence[ZipInfo], code_page: str = "") -> Names:
    """The name of every entry; `code_page` is what those without Unicode are in, if somebody knows."""
    unicode = [_unicode_name(info) for info in infos]
    raw = [_raw(info) for info, name in zip(infos, unicode, strict=True) if name is None]
    if not raw:
        return Names(tuple(name for name in unicode if name is not None))
    page = _known(code_page, raw) if code_page else likeliest(raw)
    names = tuple(_raw(info).decode(page) if name is None else name for info, name in zip(infos, unicode, strict=True))
    return Names(names, "" if code_page else _said(page, raw))


def likeliest(raw: Iterable[bytes]) -> str:
    """The code page in which these names make most sense.

    chardet knows how often which letters follow one another in which language. Names are shorter than what it is made
    for, so a reading that no person would write counts next to nothing, and letters of Western Europe count more.
    """
    from chardet import detect_all

    raw = tuple(raw)
    pages = [page for page in CODE_PAGES if _can_be(page, b"\n".join(raw))]
    pieces = sorted({piece for name in raw for piece in name.split(b"/") if not piece.isascii()})
    pieces = pieces[:: len(pieces) // _MOST_PIECES + 1]
    known = {_CHARDET.get(page, page): page for page in CODE_PAGES}
    guesses = detect_all(b"\n".join(pieces), ignore_threshold=True, include_encodings=known, compat_names=False)
    confidence = {known.get(str(one["encoding"])): one["confidence"] for one in guesses}
    return max(pages, key=lambda page: _likelihood(page, pieces, confidence.get(page, 0.0)))


def _can_be(page: str, text: bytes) -> bool:
    try:
        text.decode(page)
    except UnicodeDecodeError:
        return False
    return True


def _likelihood(page: str, pieces: Iterable[bytes], confidence: float) -> float:
    """How likely these pieces of names are in this code page; the confidence is chardet's."""
    texts = [piece.decode(page) for piece in pieces]
    likelihood = confidence + 1e-4  # chardet says nothing of what it has not seen
    if not all(map(_may_be_a_name, texts)):
        likelihood *= _ODD_FACTOR
    if page in _WESTERN and all(c.isascii() or c in _WESTERN_LETTERS for text in texts for c in text):
        likelihood *= _WESTERN_FACTOR
    return likelihood * (_THAI_FACTOR if page == "cp874" else 1.0)


def _may_be_a_name(text: str) -> bool:
    """Whether a person would write this: no symbols, no word in two scripts, no capital after a small letter."""
    beyond = (c for c in text if not c.isascii() and c not in _PUNCTUATION)
    if not all(unicodedata.category(c).startswith(_MAY_BE_IN_NAMES) for c in beyond):
        return False
    return all(word.isascii() or _may_be_a_word(word) for word in _WORD.findall(text))


def _may_be_a_word(word: str) -> bool:
    scripts = {_script(character) for character in word}
    if len(scripts) > 1 and scripts != {"CJK", "KANA"}:
        return False
    if any(one.islower() and other.isupper() for one, other in pairwise(word)):
        return False
    return scripts != {"LATIN"} or len(word) < 3 or any(character.isascii() for character in word)


def _script(character: str) -> str:
    """The writing that a letter belongs to; halfwidth kana, which single bytes give, are none of anybody's."""
    first = unicodedata.name(character, "?").split()[0].split("-")[0]
    return "KANA" if first in {"HIRAGANA", "KATAKANA"} else first


def _unicode_name(info: ZipInfo) -> str | None:
    """The name as it is, where the archive or the bytes themselves say that it is Unicode."""
    if info.flag_bits & UTF8_NAME:
        return info.orig_filename
    raw = _raw(info)
    given = _unicode_path(info.extra, zlib.crc32(raw))
    try:
        return raw.decode("utf-8") if given is None else given.decode("utf-8")  # macOS writes it without saying so
    except UnicodeDecodeError:
        return None


def _unicode_path(extra: bytes, checksum: int) -> bytes | None:
    """The name in the extra field for it, if it belongs to the name whose checksum this is."""
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<2H", extra)
        data, extra = extra[4 : 4 + size], extra[4 + size :]
        if kind == _UNICODE_PATH and data[:5] == struct.pack("<BL", 1, checksum):
            return data[5:]
    return None


def _raw(info: ZipInfo) -> bytes:
    """The bytes of a name, which zipfile takes for code page 437, where every byte is a character."""
    return info.orig_filename.encode("cp437")


def _known(code_page: str, raw: Iterable[bytes]) -> str:
    try:
        for name in raw:
            name.decode(code_page)
    except LookupError as error:
        raise BadInputError(f"'{clean_name(code_page)}' is no code page; cp1252, cp932 or gbk are some.") from error
    except UnicodeError as error:
        raise BadInputError(f"The names in the archive are not in the code page {clean_name(code_page)}.") from error
    return code_page


def _said(page: str, raw: Iterable[bytes]) -> str:
    pieces = (piece for name in raw for piece in name.decode(page).replace("\\", "/").split("/"))
    example = clean_name(next((piece for piece in pieces if not piece.isascii()), ""))
    return (
        f"The archive does not say how its names are encoded; they were read as {CODE_PAGES[page]} "
        f"(code page {page.removeprefix('cp')}), '{example}' for example."
    )
