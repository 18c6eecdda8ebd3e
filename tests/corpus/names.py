"""Names that people and operating systems give: cleaned and reported, never refused and never used as paths."""

from tests.corpus.case import UploadCase, photo, zip_of
from tests.corpus.rawzip import Entry, raw

_TWO = {"bees/1.png": photo(11), "bees/2.png": photo(12)}
_JUNK = (
    "__MACOSX/ants/._1.png",
    "__MACOSX/._ants",
    ".DS_Store",
    "ants/.DS_Store",
    "ants/Thumbs.db",
    "bees/desktop.ini",
    ".git/config.png",
)
SCRIPT = "<img src=x onerror=alert(1)>"
FORMULA = "=cmd()"
COMPOSED, DECOMPOSED = "K\u00f6ln", "Ko\u0308ln"

NAMES: tuple[UploadCase, ...] = (
    UploadCase(
        "duplicate-names.zip",
        raw(
            *(Entry(name=b"ants/1.png", data=photo(n)) for n in range(3)),
            *(Entry(name=k.encode(), data=v) for k, v in _TWO.items()),
        ),
        "accepted",
        "got a number",
        {"ants": 3, "bees": 2},
    ),
    UploadCase(
        "case-clash.zip",
        zip_of({"Ants/1.png": photo(1), "ants/2.png": photo(2), **_TWO}),
        "accepted",
        "differ only in case ('Ants' and 'ants') were put into one class, 'Ants'",
        {"Ants": 2, "bees": 2},
    ),
    UploadCase(
        "composed-and-decomposed.zip",
        zip_of({f"{COMPOSED}/1.png": photo(1), f"{DECOMPOSED}/2.png": photo(2), **_TWO}),
        "accepted",
        "differ only in spaces or in how accents are stored",
        {COMPOSED: 2, "bees": 2},
    ),
    UploadCase(
        "control-and-direction.zip",
        zip_of({"an\x07t\ns\u202e/1\u202egpj.png": photo(1), "an\x07t\ns\u202e/\x1b[2J.png": photo(2), **_TWO}),
        "accepted",
        classes={"an t s": 2, "bees": 2},
    ),
    UploadCase(
        "script-as-class.zip",
        zip_of({f"{SCRIPT}/1.png": photo(1), f"{SCRIPT}/2.png": photo(2), f"{FORMULA}/1.png": photo(3)}),
        "accepted",
        classes={SCRIPT: 2, FORMULA: 1},
    ),
    UploadCase(
        "device-names.zip",
        zip_of({"CON/1.png": photo(1), "NUL/aux.png": photo(2), "'; DROP TABLE runs; --/1.png": photo(3)}),
        "accepted",
        classes={"CON": 1, "NUL": 1, "'; DROP TABLE runs; --": 1},
    ),
    UploadCase(
        "system-files.zip",
        zip_of({"ants/1.png": photo(1), "ants/2.png": photo(2), **_TWO, **dict.fromkeys(_JUNK, b"junk")}),
        "accepted",
        classes={"ants": 2, "bees": 2},
    ),
    UploadCase(
        "only-system-files.zip", zip_of(dict.fromkeys(_JUNK, b"junk")), "refused", "no files", error="BadInputError"
    ),
    UploadCase(
        "backslashes.zip",
        raw(Entry(name=b"set\\ants\\"), *(Entry(name=f"set\\ants\\{n}.png".encode(), data=photo(n)) for n in range(2))),
        "accepted",
        classes={"ants": 2},
    ),
    UploadCase(
        "utf8-without-flag.zip",
        raw(*(Entry(name=f"{DECOMPOSED}/{n}.png".encode(), data=photo(n)) for n in range(2))),
        "accepted",
        classes={COMPOSED: 2},
    ),
    UploadCase(
        "dos-names.zip",
        raw(*(Entry(name=f"{COMPOSED}/{n}.png".encode("cp437"), data=photo(n)) for n in range(2))),
        "accepted",
        "were read as Western European as DOS writes it",
        classes={COMPOSED: 2},
    ),
    UploadCase(
        "shift-jis-names.zip",
        raw(*(Entry(name=f"{name}/{n}.png".encode("cp932"), data=photo(n)) for n, name in enumerate(("ソース", "猫")))),
        "accepted",
        "were read as Japanese",
        classes={"ソース": 1, "猫": 1},
    ),
    UploadCase(
        "sharp-s.zip",
        zip_of(
            {"Straße/1.png": photo(1), "Strasse/2.png": photo(2), "STRASSE/3.png": photo(3), "Strasse/4.png": photo(4)}
        ),
        "accepted",
        "differ only in case ('Strasse' and 'STRASSE') were put into one class, 'Strasse'",
        {"Straße": 1, "Strasse": 3},
    ),
    UploadCase(
        "long-names-alike.zip",
        zip_of({f"{'a view of the wall ' * 5}{n}/1.png": photo(n) for n in (1, 2)}),
        "accepted",
        "more than 80 characters",
        {f"a view of the wall a view of the wall … view of the wall a view of the wall {n}": 1 for n in (1, 2)},
    ),
    UploadCase(
        "long-names-alike-at-both-ends.zip",
        zip_of({f"{'x' * 60}{n}{'y' * 60}/1.png": photo(n) for n in (1, 2)}),
        "accepted",
        "more than 80 characters",
        {"x" * 38 + " … " + "y" * 38: 1, "x" * 35 + " … " + "y" * 35 + " (2)": 1},
    ),
    UploadCase(
        "long-class-name.zip",
        zip_of({f"{'x' * 200}/1.png": photo(1), **_TWO}),
        "accepted",
        says="more than 80 characters are shortened",
        classes={"x" * 38 + " … " + "x" * 38: 1, "bees": 2},
    ),
    UploadCase(
        "nothing-but-spaces.zip",
        zip_of({" \u200b/1.png": photo(1), **_TWO}),
        "accepted",
        classes={"unnamed": 1, "bees": 2},
    ),
)
