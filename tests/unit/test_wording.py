"""Times in words; and that no sentence teaches what is often got wrong."""

import re

import pytest

from tlcore.settings import PROJECT_ROOT
from tlcore.wording import about, counted, plural, took

# What course notes get wrong: gradients of weights have one sign, not outputs; low layers are near the input, and early
# ones find what is low-level; the CIFAR ResNets' weights are published; a softmax on pixels is not the whole idea.
UNTRUE = (
    r"outputs?[^.]{0,40}(one[- ]signed|all positive or all negative|of one sign)",
    r"(low|lower|early|first|generic|general) (layers|stages)[^.]{0,60}near the (top|output|answer|end)",
    r"(early|first|low|lower) (layers|stages)[^.]{0,60}high[- ]level",
    r"(late|last|high|higher) (layers|stages)[^.]{0,60}low[- ]level",
    r"cifar[^.]{0,80}(not|never|nobody|none)[^.]{0,20}publish",
    r"whole (idea|lab) in miniature",
)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.2, "a moment"), (0.9, "about 1 second"), (7.4, "about 7 seconds"), (34, "about 35 seconds"),
        (58, "about a minute"), (89, "about a minute"), (95, "about 2 minutes"), (495, "about 8 minutes"),
        (24 * 60 + 28, "about 25 minutes"), (51 * 60, "about 50 minutes"), (53 * 60, "about an hour"),
        (70 * 60, "about an hour"), (90 * 60, "about 1½ hours"), (2 * 3600, "about 2 hours"),
        (9 * 3600 + 20 * 60, "about 9½ hours"),
    ],
)  # fmt: skip
def test_what_is_guessed_is_said_as_people_say_it(seconds: float, words: str) -> None:
    assert about(seconds) == words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "0.0 s"), (0.94, "0.9 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.4, "59 s"), (59.6, "1 min 0 s"),
        (252, "4 min 12 s"), (3599, "59 min 59 s"), (3600, "1 h 0 min"), (7500, "2 h 5 min"),
    ],
)  # fmt: skip
def test_what_was_measured_keeps_what_it_is_good_for(seconds: float, words: str) -> None:
    assert took(seconds) == words


def test_a_longer_guess_is_never_said_to_be_shorter() -> None:
    """Half of a second up to six hours: the number and unit that are said never go down."""
    units = {"moment": 0.1, "second": 1, "seconds": 1, "minute": 60, "minutes": 60, "hour": 3600, "hours": 3600}

    def value(words: str) -> float:
        *_, number, unit = words.split()
        return (1 if number in {"a", "an"} else float(number.replace("½", ".5"))) * units[unit]

    said = [value(about(tenth / 10)) for tenth in range(6 * 36000)]
    assert said == sorted(said)


def prose() -> str:
    """Everything that the project says, with what is broken into lines or into strings put together."""
    files = [
        path for folder in ("pages", "tlcore", "assets") for path in sorted((PROJECT_ROOT / folder).rglob("*"))
        if path.suffix in {".py", ".js", ".toml", ".md", ".template"}
    ]  # fmt: skip
    texts = [path.read_text("utf-8") for path in [*files, PROJECT_ROOT / "README.md"]]
    return re.sub(r"\s+", " ", re.sub(r'"\s*\n\s*f?"', "", "\n".join(texts)))


@pytest.mark.parametrize("untrue", UNTRUE)
def test_nothing_repeats_what_is_often_got_wrong(untrue: str) -> None:
    assert not re.findall(f".{{60}}{untrue}.{{20}}", prose(), re.IGNORECASE)


@pytest.mark.parametrize(
    ("untrue", "sentence"),
    [
        *zip(
            UNTRUE,
            (
                "If the inputs are positive, the output of a sigmoid will be either all positive or all negative.",
                "The transferred ones are low layers, which lie near the top of the network.",
                "The first layers extract high level general features.",
                "The last layers are low-level ones.",
                "For CIFAR the weights of ResNets were not published.",
                "This is the whole idea in miniature.",
            ),
            strict=True,
        )
    ],
)
def test_what_is_got_wrong_would_be_found(untrue: str, sentence: str) -> None:
    assert re.search(untrue, sentence, re.IGNORECASE)


def test_which_layers_are_low_is_said_once_and_rightly() -> None:
    assert re.search(r"Low layers are those near the input: .*general, such as edges.*High layers.*specific", prose())


def test_words_follow_their_number() -> None:
    assert [plural(number, "image") for number in (0, 1, 2)] == ["images", "image", "images"]
    assert [plural(number, "copy", "copies") for number in (1, 2)] == ["copy", "copies"]
    assert [counted(number, "class", "classes") for number in (1, 1200)] == ["1 class", "1,200 classes"]


def test_no_sentence_makes_a_plural_of_its_own() -> None:
    own = re.compile(r"""(['"])(e?s)\1 \*|(['"])[\w ,]+\3 if [^{}]*(==|!=) 1 else \3\w|\w\(s\)[ .,]""")
    files = [file for folder in ("tlcore", "pages") for file in (PROJECT_ROOT / folder).rglob("*.py")]
    lines = {(file.name, line.strip()) for file in files for line in file.read_text("utf-8").splitlines()}
    assert {(name, line) for name, line in lines if own.search(line)} == set()


def test_the_type_of_progress_is_written_once() -> None:
    files = [file for package in ("tlcore", "pages") for file in (PROJECT_ROOT / package).rglob("*.py")]
    assert [file.name for file in files if "Callable[[int, int], None]" in file.read_text("utf-8")] == ["wording.py"]
