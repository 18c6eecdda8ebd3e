"""Uploads into a person's collection: read again as they say, and what is said of classes that were there before."""

from itertools import product
from pathlib import Path
from unittest.mock import Mock

import pytest

from tests.corpus.case import folder_of, photo
from tests.unit.jobs.conftest import ANN, BEN
from tlcore.data.ingest.report import Reading, UploadedFile
from tlcore.errors import LimitExceededError, NotFoundError
from tlcore.jobs.belongings.intake import Intake
from tlcore.jobs.belongings.library import Library
from tlcore.jobs.belongings.storage import Storage


@pytest.fixture
def intake(library: Library, storage: Storage) -> Intake:
    return Intake(library, storage)


@pytest.fixture
def sessions(tmp_path: Path) -> Path:
    """Two classes, each of two sessions."""
    places = list(product(("cats", "dogs"), ("monday", "tuesday")))
    folder_of({f"{label}/{day}/{n}.png": photo(n) for n, (label, day) in enumerate(places)})(tmp_path / "set")
    return tmp_path / "set"


def test_an_upload_is_read_again_and_back(intake: Intake, library: Library, sessions: Path) -> None:
    made = library.create(ANN, "Pets")
    first = intake.archive(ANN, made.id, sessions)
    for _ in range(2):
        last = intake.read_again(ANN, made.id, first, Reading(classes_from="last"))
        assert library.get(ANN, made.id).enabled_counts == last.classes == {"monday": 2, "tuesday": 2}
        first = intake.read_again(ANN, made.id, last, Reading())
        assert library.get(ANN, made.id).enabled_counts == first.classes == {"cats": 2, "dogs": 2}
    with pytest.raises(NotFoundError):
        intake.read_again(BEN, made.id, first, Reading())


def test_parts_are_put_together_and_kept_again(intake: Intake, library: Library, tmp_path: Path) -> None:
    places = list(product(("train", "test"), ("cats", "dogs"), range(3)))
    folder_of({f"{part}/{label}/{n}.png": photo(m) for m, (part, label, n) in enumerate(places)})(tmp_path / "set")
    made = library.create(ANN, "Pets")
    kept = intake.archive(ANN, made.id, tmp_path / "set")
    assert library.freeze(ANN, made.id).count("val") == 6
    pooled = intake.read_again(ANN, made.id, kept, Reading(keep_parts=False))
    assert library.freeze(ANN, made.id).count("val") == 2
    intake.read_again(ANN, made.id, pooled, Reading())
    assert library.freeze(ANN, made.id).count("val") == 6


def _file(folder: Path, label: str, number: int) -> UploadedFile:
    (folder / f"{number}").write_bytes(photo(number))
    return UploadedFile(label=label, name=f"{number}.png", path=str(folder / f"{number}"))


def test_what_goes_into_a_class_of_another_case_is_said(intake: Intake, library: Library, tmp_path: Path) -> None:
    made = library.create(ANN, "Letters")
    assert intake.files(ANN, made.id, [_file(tmp_path, "A", 1)]).warnings == ()
    (said,) = intake.files(ANN, made.id, [_file(tmp_path, "a", 2)]).warnings
    assert said == "Images of 'a' went into the class 'A', whose name differs only in case."
    apart = intake.files(ANN, made.id, [_file(tmp_path, "a", 3)], reading=Reading(case_matters=True))
    assert apart.warnings == ()
    assert library.get(ANN, made.id).enabled_counts == {"A": 2, "a": 1}


def test_a_set_that_can_not_be_filled_is_not_begun(
    intake: Intake, library: Library, sessions: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made, report = intake.new_from_archive(ANN, "Pets", sessions)
    assert made.enabled_counts == report.classes
    monkeypatch.setattr(Library, "add", Mock(side_effect=LimitExceededError("Too many.")))
    with pytest.raises(LimitExceededError):
        intake.new_from_archive(ANN, "More pets", sessions)
    assert [one.name for one in library.all(ANN)] == ["Pets"]
