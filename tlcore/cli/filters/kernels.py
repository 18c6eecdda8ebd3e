"""`tlcore kernels`: the bank of classical kernels."""

import json
from argparse import Namespace
from typing import Any

from tlcore.filters.bank import Kernel, bank


def run(options: Namespace) -> int:
    """Print a row a kernel."""
    rows = [_row(kernel) for kernel in bank().values()]
    if options.json:
        print(json.dumps(rows, ensure_ascii=False))
        return 0
    for row in rows:
        size = f"{len(row['kernel'])}x{len(row['kernel'][0])}"
        print(f"{row['name']:14} {row['family']:18} {size:>6}  order {row['order']}  {row['source']}")
    return 0


def _row(kernel: Kernel) -> dict[str, Any]:
    return {
        "name": kernel.name,
        "family": kernel.family,
        "direction": kernel.direction,
        "order": kernel.order,
        "scale": kernel.scale,
        "kernel": kernel.values.tolist(),
        "source": kernel.source,
    }
