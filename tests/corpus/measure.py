"""What reading an upload costs the ingest process, which is measured from within."""

import json
import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tlcore.data.ingest.report import IngestJob
from tlcore.settings import PROJECT_ROOT, Limits

# VmHWM belongs to one memory image; ru_maxrss would also count that of the process this one was forked from.
_READER = """
import re, sys
from tlcore.data.ingest import sandbox
sandbox.main(sys.argv[1])
status = open("/proc/self/status").read()
numbers = [int(re.search(name + r":\\s+(\\d+)", status)[1]) for name in ("VmHWM", "VmPeak")]
print("cost", *numbers)
"""


@dataclass(frozen=True)
class Cost:
    """What reading one upload took; memory is resident and address space at their highest, in MB."""

    seconds: float
    resident: float
    address_space: float
    answer: str

    def __str__(self) -> str:
        return f"{self.seconds:6.2f} s {self.resident:5.0f} MB {self.address_space:5.0f} MB  {self.answer[:90]:90s}"


def cost(source: Path, limits: Limits | None = None) -> Cost:
    """Run the disposable reader over an upload."""
    with TemporaryDirectory() as staging:
        job = IngestJob(
            kind="folder" if source.is_dir() else "zip",
            staging=staging,
            limits=(limits or Limits()).model_dump_json(),
            source=str(source.resolve()),
        )
        job_file = Path(staging, "job.json")
        job_file.write_text(job.model_dump_json())
        env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(PROJECT_ROOT), "MALLOC_ARENA_MAX": "1"}
        start = time.perf_counter()
        ran = subprocess.run(
            [sys.executable, "-c", _READER, str(job_file)], env=env, capture_output=True, text=True, check=False
        )
        seconds = time.perf_counter() - start
        last = ran.stdout.rstrip().rsplit("\n", 1)[-1].split()
        if last[:1] != ["cost"]:
            return Cost(seconds, float("nan"), float("nan"), f"exit code {ran.returncode}: {ran.stderr[-300:]}")
        answer = json.loads(Path(staging, "report.json").read_text())
        return Cost(seconds, int(last[1]) * 1024 / 1e6, int(last[2]) * 1024 / 1e6, _short(answer))


def _short(answer: dict) -> str:
    if "error" in answer:
        return f"{answer['error']}: {answer['message']}"
    report = answer["report"]
    said = [f"{item['file']}: {item['reason']}" for item in report["skipped"]] + report["warnings"]
    return f"{len(report['images'])} images" + "".join(f"; {line}" for line in said[:3])
