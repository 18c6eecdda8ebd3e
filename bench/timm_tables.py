"""Every network of timm measured on the meta device, against torch's own counts; and the index that is made of it.

`python -m bench.timm_tables`: parameters must equal the sum of all tensors that learn, and multiply-adds half of what
`torch.utils.flop_counter` counts in a pass of its own, without an exception.
Rows are kept in `build/` as they come, so that a run that was stopped goes on; `--again` measures all anew. Once all
are there, `tlcore/zoo/timm/index.tsv` is written, which is where pages find names, figures and stages.
"""

import argparse
import json
import sys
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from importlib.metadata import version
from typing import Any

import torch
from torch.utils.flop_counter import FlopCounterMode

from tlcore.measure.table import layer_table
from tlcore.measure.trace import trace
from tlcore.settings import PROJECT_ROOT
from tlcore.zoo.timm import index, reading
from tlcore.zoo.timm.cutting import cut

KEPT = PROJECT_ROOT / "build" / "timm_tables.jsonl"
_VERSIONS = {"timm": version("timm"), "torch": torch.__version__}
_FIGURES = ("parameters", "macs")


def measure(name: str) -> dict[str, Any]:
    """Both counts of a network, and its entry as a line of the index."""
    torch.set_num_threads(1)
    begun, worked = time.perf_counter(), time.process_time()
    network = reading.build(name)
    image = reading.image(network)
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        found = cut(network, image)  # which runs it once, as it is
    torchs = [sum(parameter.numel() for parameter in network.parameters()), counter.get_total_flops() // 2]
    table = layer_table(trace(network, image))
    entry = reading.read(name, network, reading.Counted(table.params, table.macs), found)
    took = {"seconds": round(time.perf_counter() - begun, 2), "cpu": round(time.process_time() - worked, 2)}
    ours = [table.params, table.macs]
    return {"name": name, **_VERSIONS, "ours": ours, "torchs": torchs, **took, "line": index.line(entry)}


def kept() -> dict[str, dict[str, Any]]:
    """What was measured before with these versions, by name."""
    lines = KEPT.read_text("utf-8").splitlines() if KEPT.exists() else []
    rows = [json.loads(line) for line in lines if line.endswith("}")]
    return {row["name"]: row for row in rows if {key: row[key] for key in _VERSIONS} == _VERSIONS}


def measured(names: list[str], processes: int) -> Iterator[dict[str, Any]]:
    """The rows of these networks, each kept as soon as it is there."""
    KEPT.parent.mkdir(exist_ok=True)
    with ProcessPoolExecutor(processes) as pool, KEPT.open("a", encoding="utf-8") as file:
        for row in pool.map(measure, names):
            print(json.dumps(row), file=file, flush=True)
            yield row


def report(rows: Iterable[dict[str, Any]]) -> bool:
    """Say which counts differ, and how many are equal; whether all are."""
    rows = list(rows)
    unequal = [row for row in rows if row["ours"] != row["torchs"]]
    for row in unequal:
        for figure, ours, torchs in zip(_FIGURES, row["ours"], row["torchs"], strict=True):
            if ours != torchs:
                print(f"{row['name']}: {ours:,} {figure}, and {torchs:,} by torch")
    print(
        f"{len(rows)} networks: {len(rows) - len(unequal)} equal torch's parameters and multiply-adds, excepted none; "
        f"{sum(row['seconds'] for row in rows):.0f} s of waiting, {sum(row['cpu'] for row in rows):.0f} s of one core; "
        + ("met" if not unequal else f"MISSED by {', '.join(row['name'] for row in unequal)}")
    )
    return not unequal


def write(rows: dict[str, dict[str, Any]], names: list[str]) -> None:
    """The index, in timm's order."""
    lines = [index.title_line(), *(rows[name]["line"] for name in names)]
    index.INDEX.write_text("\n".join(lines) + "\n", "utf-8")
    print(f"{index.INDEX.relative_to(PROJECT_ROOT)}: {len(names)} rows")


def main() -> int:
    """Measure what is not measured yet, then say what came of it."""
    parser = argparse.ArgumentParser(prog="bench.timm_tables", description=__doc__)
    parser.add_argument("names", nargs="*", help="networks; all of timm's unless given")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--again", action="store_true", help="measure anew what was measured before")
    options = parser.parse_args()
    names, rows = options.names or reading.names(), {} if options.again else kept()
    missing = [name for name in names if name not in rows]
    for count, row in enumerate(measured(missing, options.processes), 1):
        rows[row["name"]] = row
        if count % 50 == 0:
            print(f"{count} of {len(missing)}", file=sys.stderr, flush=True)
    met = report(rows[name] for name in names)
    if not options.names:
        write(rows, names)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
