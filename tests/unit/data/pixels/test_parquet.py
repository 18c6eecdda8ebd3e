"""Parquet files of labelled images: the columns people hand out, and one sentence for what is none of them."""

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from pyarrow import parquet

from tests.corpus.case import photo
from tlcore.data.pixels.parquet import parquet_files, read_parquet
from tlcore.errors import BadInputError


def write(file: Path, image: Any, label: Any) -> Path:
    """A file with these columns."""
    parquet.write_table(pa.table({"image": pa.array(image), "label": pa.array(label)}), file)
    return file


def read(*files: Path) -> list[tuple[str | None, str | None, str, bytes]]:
    """What the files hold, with the bytes read."""
    return [(found.label, found.part, found.name, found.read()) for found in read_parquet(files)]


def test_bytes_and_numbers_are_read_with_the_names_beside_them(tmp_path: Path) -> None:
    (tmp_path / "classes.json").write_text(json.dumps([{"name": "ant, emmet"}, {"name": "bee"}]))
    write(tmp_path / "train-00.parquet", [photo(1), photo(2)], [1, 0])
    write(tmp_path / "val.parquet", [photo(3)], [1])
    assert read(*parquet_files(tmp_path)) == [
        ("bee", "train", "train-00/0", photo(1)),
        ("ant", "train", "train-00/1", photo(2)),
        ("bee", "val", "val/0", photo(3)),
    ]


def test_structs_names_and_files_without_a_part_are_read(tmp_path: Path) -> None:
    file = write(tmp_path / "flowers.parquet", [{"bytes": photo(1), "path": "a.png"}], ["rose"])
    assert parquet_files(file) == (file,)
    assert read(file) == [("rose", None, "flowers/0", photo(1))]


def test_numbers_without_names_keep_their_order(tmp_path: Path) -> None:
    file = write(tmp_path / "x.parquet", [photo(1)] * 3, [2, 10, 1])
    assert sorted(label for label, *_ in read(file) if label) == ["00001", "00002", "00010"]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_names_may_be_a_plain_list_as_any_editor_writes_it(tmp_path: Path, encoding: str) -> None:
    (tmp_path / "classes.json").write_text('["ant", "bee"]', encoding)
    write(tmp_path / "X.PARQUET", [photo(1)], [1])
    assert read(*parquet_files(tmp_path))[0][0] == read(*parquet_files(tmp_path / "X.PARQUET"))[0][0] == "bee"


def test_what_is_no_parquet_is_not_taken_for_one(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("no")
    assert parquet_files(tmp_path) == parquet_files(tmp_path / "notes.txt") == parquet_files(tmp_path / "x") == ()


@pytest.mark.parametrize(
    ("columns", "classes", "sentence"),
    [
        ({"picture": [b"x"], "label": [0]}, None, "x.parquet has no column named 'image'."),
        ({"image": [b"x"]}, None, "x.parquet has no column named 'label'."),
        ({"image": ["text"], "label": [0]}, None, "Row 0 of x.parquet holds no image."),
        ({"image": [None], "label": [0]}, None, "Row 0 of x.parquet holds no image."),
        ({"image": [b"x"], "label": [0.5]}, None, "x.parquet has a label that is neither a name nor a number."),
        ({"image": [b"x"], "label": [None]}, None, "x.parquet has a label that is neither a name nor a number."),
        ({"image": [b"x"], "label": [2]}, '["a", "b"]', "has the label 2, but classes.json names 2 classes."),
        ({"image": [b"x"], "label": [-1]}, '["a", "b"]', "has the label -1, but classes.json names 2 classes."),
        ({"image": [b"x"], "label": [0]}, '["a", "a"]', "names two classes alike."),
        ({"image": [b"x"], "label": [0]}, '{"a": 1', "should be a JSON list of names."),
        ({"image": [b"x"], "label": [0]}, "7", "should be a JSON list of names."),
    ],
)
def test_other_columns_are_a_sentence(
    tmp_path: Path, columns: dict[str, Any], classes: str | None, sentence: str
) -> None:
    if classes is not None:
        (tmp_path / "classes.json").write_text(classes)
    parquet.write_table(pa.table(columns), tmp_path / "x.parquet")
    with pytest.raises(BadInputError) as caught:
        read(tmp_path / "x.parquet")
    assert str(caught.value).endswith(sentence)


@pytest.mark.parametrize("content", [b"", b"PAR1", b"PAR1 and then nothing like it PAR1"])
def test_damaged_files_are_a_sentence(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.parquet").write_bytes(content)
    with pytest.raises(BadInputError, match="is not a readable Parquet file"):
        read(tmp_path / "x.parquet")
