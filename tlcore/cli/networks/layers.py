"""`tlcore layers`: the layer table of a network."""

import csv
import json
import sys
from argparse import Namespace
from typing import Any

from tlcore.measure.columns import COLUMNS, as_json, columns
from tlcore.measure.networks import measure
from tlcore.measure.table import Table


def run(options: Namespace) -> int:
    """Print the table as text, JSON or CSV."""
    size = (options.input[0], options.input[1]) if options.input else None
    table = measure(options.net, size)
    if options.json:
        print(json.dumps(as_json(options.net, size, table)))
    elif options.csv:
        writer = csv.writer(sys.stdout)
        writer.writerow(COLUMNS)
        writer.writerows([_cell(value) for value in columns(row).values()] for row in table.rows)
    else:
        _print(table)
    return 0


def _cell(value: Any) -> Any:
    return "x".join(map(str, value)) if isinstance(value, list) else value


def _print(table: Table) -> None:
    print(f"{'':5}{'name':44} {'type':22} {'output':>15} {'parameters':>13} {'MACs':>16} {'field':>11}")
    for row in table.rows:
        shown = columns(row)
        output, field = _cell(shown["output_shape"] or "–"), _cell(shown["receptive_field"] or "–")
        print(f"{row.index:<5}{row.name:44} {row.type:22} {output:>15} {row.params:>13,} {row.macs:>16,} {field:>11}")
    megabytes = table.activation_bytes / 1e6
    print(f"{table.params:,} parameters, {table.macs:,} multiply-adds, {megabytes:.1f} MB of activations")
