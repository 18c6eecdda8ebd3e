"""`tlcore worker`: take runs from the queue by hand, without the web server's own workers."""

import logging
import os
import signal
import threading
from argparse import Namespace

from tlcore.settings import get_settings


def run(options: Namespace) -> int:
    """Supervise one worker in the foreground, or be one (`--child`)."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(name)s %(message)s")
    logging.getLogger("alembic").setLevel(logging.WARNING)
    return _be_worker(options) if options.child else _supervise(options)


def _supervise(options: Namespace) -> int:
    from tlcore.jobs.running.supervisor import LocalExecutor
    from tlcore.train.device import choose

    device = choose(options.device or get_settings().device)
    executor = LocalExecutor([device.name])
    over = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: over.set())
    executor.start()
    print(f"worker on {device.title}; Ctrl-C ends it", flush=True)
    over.wait()
    executor.shutdown()
    return 0


def _be_worker(options: Namespace) -> int:
    from tlcore.jobs.running.worker import Worker
    from tlcore.train.device import choose

    if hasattr(os, "nice"):
        os.nice(5)  # pages stay quick while it trains
    return Worker(options.child, choose(options.device), options.threads).serve()
