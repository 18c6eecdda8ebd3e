"""What tests cost: processor seconds a file, told at the end of a run, and a budget for each file.

A file above its budget says why in its head, in a line that begins with `Slow:`, or `BUDGET=1` fails the run.
"""

import ast
import os
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import psutil
import pytest

from tlcore.settings import PROJECT_ROOT

BUDGET_SECONDS = 30.0
SHOWN = 10
_BEGUN = pytest.StashKey[float]()
_LAST = pytest.StashKey[bool]()
_COST = "processor seconds"


def processor_seconds(item: pytest.Item) -> float:
    """What this process has used, and those that it has waited for; of some tests, those that still run.

    Of a test with a browser, and of the last, at whose end all is waited for that many tests had kept running.
    """
    used = os.times()
    running = _of_running() if item.get_closest_marker("browser") or item.stash.get(_LAST, False) else 0.0
    return used.user + used.system + used.children_user + used.children_system + running


def _of_running() -> float:
    """What browser, servers and workers have used until now."""
    total = 0.0
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> None:
    """Note which test is the last of this process."""
    item.stash[_LAST] = nextitem is None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """Begin to count."""
    item.stash[_BEGUN] = processor_seconds(item)
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[Any]:
    """Tell with a test's last report what it has cost, fixtures included."""
    report: pytest.TestReport = yield
    if call.when == "teardown":
        report.user_properties.append((_COST, max(0.0, processor_seconds(item) - item.stash[_BEGUN])))
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """List the files that cost most, and those above the budget without a reason."""
    costs = _by_file(terminalreporter.getreports(""))
    if not costs:
        return
    terminalreporter.section("slowest files", sep="-")
    for file, seconds in costs.most_common(SHOWN):
        terminalreporter.write_line(f"{seconds:7.1f} s of processor time  {file}")
    for file in _without_reason(costs):
        terminalreporter.write_line(f"{file} is above {BUDGET_SECONDS:g} s, and its head does not say why (Slow: …).")


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run in which a file is above its budget without a reason, where that is asked for."""
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or os.environ.get("BUDGET") != "1" or session.exitstatus != pytest.ExitCode.OK:
        return
    if _without_reason(_by_file(reporter.getreports(""))):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def _by_file(reports: list[Any]) -> Counter[str]:
    costs: Counter[str] = Counter()
    for report in reports:
        cost = dict(report.user_properties).get(_COST)
        costs[report.nodeid.partition("::")[0]] += cost or 0.0
    return costs


def _without_reason(costs: Counter[str]) -> list[str]:
    above = [file for file, seconds in costs.items() if seconds > BUDGET_SECONDS]
    return sorted(file for file in above if "\nSlow: " not in (_head(file) or ""))


def _head(file: str) -> str | None:
    return ast.get_docstring(ast.parse((PROJECT_ROOT / file).read_text()))
