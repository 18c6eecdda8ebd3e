"""`tlcore nets`: the networks that can be looked at."""

import json
from argparse import Namespace
from typing import Any

from tlcore.zoo import architectures
from tlcore.zoo.facts import published


def run(options: Namespace) -> int:
    """Print a row a network, with its counted parameters."""
    rows = [_row(name) for name in architectures.names()]
    if options.json:
        print(json.dumps(rows, ensure_ascii=False))
        return 0
    for row in rows:
        shape = "x".join(map(str, row["input_shape"]))
        print(f"{row['name']:22} {row['family']:14} {row['year']}  {shape:>11}  {row['params']:>11,}  {row['task']}")
    return 0


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
