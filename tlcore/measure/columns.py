"""The layer table in its published form: the columns that `layers --json` and the page's download have in common."""

from typing import Any

from tlcore.measure.networks import input_shape
from tlcore.measure.table import Row, Table

COLUMNS = (
    "index", "name", "type", "block", "kernel", "stride", "padding", "dilation", "groups", "input_shape",
    "output_shape", "params", "macs", "activation_bytes", "receptive_field", "jump", "start",
)  # fmt: skip


def as_json(net: str, size: tuple[int, int] | None, table: Table) -> dict[str, Any]:
    """The table as JSON values."""
    totals = {"params": table.params, "macs": table.macs, "activation_bytes": table.activation_bytes}
    rows = [columns(row) for row in table.rows]
    return {"net": net, "input_shape": list(input_shape(net, size)), "rows": rows, "totals": totals}


def columns(row: Row) -> dict[str, Any]:
    """A row's published columns; whole numbers as such."""
    return {name: _plain(getattr(row, name)) for name in COLUMNS}


def _plain(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_plain(part) for part in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value
