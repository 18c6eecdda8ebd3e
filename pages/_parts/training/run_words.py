"""A run in words."""

from tlcore.jobs.running.runs import Run

_WORDS = {"queued": "waiting", "running": "training", "done": "finished", "failed": "failed", "cancelled": "cancelled"}


def state_word(run: Run) -> str:
    """The run's state in a word."""
    return "stopping" if run.is_stopping else "stopped" if run.was_stopped else _WORDS[run.state]


def run_label(run: Run) -> str:
    """A run in one line."""
    score = f" · {run.result.accuracy:.1%} right in validation" if run.result else ""
    where = f" · {run.collection_name}" if run.collection_name else ""
    return f"{run.name}{score}{where} · {state_word(run)}"
