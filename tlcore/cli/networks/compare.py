"""`tlcore compare`: networks beside one another."""

import json
from argparse import Namespace
from typing import Any

from tlcore.measure.networks import measure
from tlcore.zoo import architectures
from tlcore.zoo.facts import published
from tlcore.zoo.network import OWN


def run(options: Namespace) -> int:
    """Print a row a network."""
    rows = [_row(name) for name in options.nets]
    if options.json:
        print(json.dumps(rows, ensure_ascii=False))
        return 0
    wide = max(24, *(len(row["name"]) + 1 for row in rows))
    print(f"{'':{wide}}{'year':>6}{'input':>13}{'parameters':>14}{'MACs':>18}{'activations':>14}{'layers':>8}")
    for row in rows:
        shape = "x".join(map(str, row["input_shape"]))
        print(
            f"{row['name']:{wide}}{row['year'] or '–':>6}{shape:>13}{row['params']:>14,}{row['macs']:>18,}"
            f"{row['activation_bytes'] / 1e6:>11.1f} MB{row['weighted_layers']:>8}"
        )
    return 0


def _row(name: str) -> dict[str, Any]:
    row, table = architectures.get(name), measure(name)
    return {
        "name": row.name,
        "family": row.family,
        "year": None if row.family == OWN else published(name).year,
        "input_shape": list(row.input_shape),
        "params": table.params,
        "macs": table.macs,
        "activation_bytes": table.activation_bytes,
        "weighted_layers": table.weighted_layers,
    }
