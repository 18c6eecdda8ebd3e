"""`tlcore nets`: the networks that can be looked at."""

import json
from argparse import Namespace
from typing import Any

from tlcore.errors import UnknownNameError
from tlcore.zoo import architectures, registry
from tlcore.zoo.facts import published
from tlcore.zoo.timm import index
from tlcore.zoo.timm.index import has_words


def run(options: Namespace) -> int:
    """Print a row a network with its counted parameters: the curated ones, or all that words find, timm's too."""
    rows = _found(" ".join(options.words)) if options.words else [_row(name) for name in architectures.names()]
    if options.json:
        print(json.dumps(rows, ensure_ascii=False))
        return 0
    for row in rows:
        shape = "x".join(map(str, row["input_shape"]))
        year = row["year"] or "   –"
        print(f"{row['name']:22} {row['family']:14} {year}  {shape:>11}  {row['params']:>11,}  {row['task']}")
    return 0


def _found(words: str) -> list[dict[str, Any]]:
    """The networks whose name, family and year have all of the words between them."""
    curated = [_row(name) for name in architectures.names() if has_words(_described(name), words)]
    found = [*curated, *map(_row_of_timm, index.search(words))]
    if not found:
        near = registry.nearest(words, architectures.names())
        hint = f" Did you mean {', '.join(near)}?" if near else ""
        raise UnknownNameError(f"No network has '{words}' in its name, family or year.{hint}")
    return found


def _described(name: str) -> str:
    return f"{name} {architectures.get(name).title} {architectures.get(name).family} {published(name).year}"


def _row_of_timm(entry: index.Entry) -> dict[str, Any]:
    """A row from the index, which holds what was counted: to build a thousand networks would take minutes."""
    row = architectures.get(registry.timm_name(entry))
    return {
        "name": row.name,
        "family": row.family,
        "year": entry.family.year,
        "input_shape": list(row.input_shape),
        "params": entry.parameters,
        "task": row.task,
        "source": row.source,
    }


def _row(name: str) -> dict[str, Any]:
    row = architectures.get(name)
    return {
        "name": name,
        "family": row.family,
        "year": published(name).year,
        "input_shape": list(row.input_shape),
        "params": sum(parameter.numel() for parameter in row.build("meta").parameters()),
        "task": row.task,
        "source": row.source,
    }
