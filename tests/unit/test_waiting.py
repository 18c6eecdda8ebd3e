"""How OpenMP's threads wait for one another, as OpenMP itself reports it when it is loaded."""

import os
import subprocess
import sys

import pytest

from tlcore import WAITING
from tlcore.settings import PROJECT_ROOT

_CLEAN = {name: value for name, value in os.environ.items() if name not in WAITING}
_WHERE_TORCH_BEGINS = {
    "a notebook": ["-c", "import tlcore, torch"],
    "the command line": ["-m", "tlcore", "doctor", "--json"],
    "the web server": ["-c", "import app; from tlcore.serve import lifespan; lifespan._preload()"],
}


def told(arguments: list[str], **environment: str) -> dict[str, str]:
    """What GNU's OpenMP says that it read from its environment."""
    command, env = [sys.executable, *arguments], {**_CLEAN, **environment, "OMP_DISPLAY_ENV": "VERBOSE"}
    done = subprocess.run(command, env=env, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True)
    lines = (line.split(" = ") for line in done.stderr.splitlines() if line.startswith("  ") and " = " in line)
    found = {name.strip(): value.strip("' ") for name, value in lines}
    if "GOMP_SPINCOUNT" not in found:
        pytest.skip("torch has another OpenMP here, which reports nothing")
    return found


@pytest.mark.parametrize("where", _WHERE_TORCH_BEGINS)
def test_threads_that_wait_soon_sleep_wherever_torch_is_loaded(where: str) -> None:
    found = told(_WHERE_TORCH_BEGINS[where])
    assert found["OMP_WAIT_POLICY"] == "PASSIVE"
    assert int(found["GOMP_SPINCOUNT"]) <= 3000  # of 300,000 usually


@pytest.mark.parametrize(
    ("given", "spins"),
    [
        ({"OMP_WAIT_POLICY": "ACTIVE"}, lambda count: count > 1_000_000),
        ({"OMP_WAIT_POLICY": "PASSIVE"}, lambda count: count == 0),
        ({"GOMP_SPINCOUNT": "12345"}, lambda count: count == 12345),
    ],
)
def test_what_a_person_set_stays(given: dict[str, str], spins: object) -> None:
    assert callable(spins)
    assert spins(int(told(["-c", "import tlcore, torch"], **given)["GOMP_SPINCOUNT"]))
