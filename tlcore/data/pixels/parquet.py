"""Labelled images from Parquet files, as data sets on the web are handed out: a column `image`, a column `label`."""

import json
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from tlcore.data.folders.parts import part_named
from tlcore.data.ingest.report import Part
from tlcore.data.ingest.sources import SourceFile
from tlcore.errors import BadInputError

CLASSES_FILE = "classes.json"
_ROWS_AT_ONCE = 1024


def parquet_files(source: Path) -> tuple[Path, ...]:
    """The Parquet file at a path, or those in the folder there, in the order of their names."""
    if source.is_dir():
        return tuple(sorted(file for file in source.iterdir() if _is_parquet(file)))
    return (source,) if _is_parquet(source) else ()


def _is_parquet(file: Path) -> bool:
    return file.suffix.lower() == ".parquet" and file.is_file()


def read_parquet(files: Sequence[Path]) -> Iterator[SourceFile]:
    """Every row as a file of an upload; `val.parquet` or `train-00.parquet` names the part of its rows.

    An image is its file's bytes, or a struct that holds them under `bytes` (as the Hugging Face Hub stores them). A
    label that is a number counts into `classes.json`, a list of names or of objects with a `name`, beside the files.
    """
    names = _class_names(files[0].with_name(CLASSES_FILE))
    for file in files:
        part = part_named(file.stem.split("-")[0])
        yield from (_row(file, part, number, row, names) for number, row in enumerate(_rows(file)))


def _rows(file: Path) -> Iterator[dict[str, Any]]:
    from pyarrow import ArrowException
    from pyarrow.parquet import ParquetFile

    try:
        with ParquetFile(file) as opened:
            if missing := {"image", "label"} - set(opened.schema_arrow.names):
                raise BadInputError(f"{file.name} has no column named '{min(missing)}'.")
            for batch in opened.iter_batches(_ROWS_AT_ONCE, columns=["image", "label"]):
                yield from batch.to_pylist()
    except (ArrowException, OSError) as error:
        raise BadInputError(f"{file} is not a readable Parquet file.") from error


def _row(file: Path, part: Part | None, number: int, row: dict[str, Any], names: Sequence[str]) -> SourceFile:
    image = row["image"]["bytes"] if isinstance(row["image"], dict) else row["image"]
    if not isinstance(image, bytes):
        raise BadInputError(f"Row {number} of {file.name} holds no image.")
    return SourceFile(_label(row["label"], names, file), part, f"{file.stem}/{number}", partial(bytes, image))


def _label(value: Any, names: Sequence[str], file: Path) -> str:
    if isinstance(value, str):
        return value
    if not isinstance(value, int):
        raise BadInputError(f"{file.name} has a label that is neither a name nor a number.")
    if not names:
        return f"{value:05d}"
    if not 0 <= value < len(names):
        raise BadInputError(f"{file.name} has the label {value}, but {CLASSES_FILE} names {len(names)} classes.")
    return names[value]


def _class_names(file: Path) -> tuple[str, ...]:
    """The names of the classes; of several synonyms the first, as ImageNet's classes are commonly called."""
    if not file.is_file():
        return ()
    try:
        entries = json.loads(file.read_bytes())  # Notepad puts a byte order mark before it
        names = tuple(str(e["name"] if isinstance(e, dict) else e).split(",")[0].strip() for e in entries)
    except (ValueError, TypeError, KeyError) as error:
        raise BadInputError(f"{file} should be a JSON list of names.") from error
    if len(set(names)) < len(names):
        raise BadInputError(f"{file} names two classes alike.")
    return names
