"""`python -m bench.gradients`: how long a gradient flow takes, beside a bare step, and how fast its page reacts."""

import argparse
import os
import statistics
import sys
import time
from collections.abc import Callable
from tempfile import TemporaryDirectory

import torch
import torch.nn.functional as F  # noqa: N812
from streamlit.testing.v1 import AppTest

from tlcore.gradients.layers import batches
from tlcore.gradients.layers.batches import Images
from tlcore.gradients.layers.flow import flow
from tlcore.gradients.layers.measured import Named, build
from tlcore.settings import PROJECT_ROOT, get_settings
from tlcore.zoo.nets.configurable import Design

FLOW_SECONDS, PAGE_SECONDS = 1.5, 0.15
NETWORKS: dict[str, tuple[Design | Named, Images, float | None]] = {
    "ResNet-56, 32 images of 32": (Design(), Images(), FLOW_SECONDS),
    "Plain-56, 32 images of 32": (Design(skip="none"), Images(), FLOW_SECONDS),
    "Plain-152, 32 images of 32": (Design(depth=152, skip="none"), Images(), None),
    "Dense-56, 32 images of 32": (Design(skip="dense"), Images(), None),
    "ResNet-50, 8 images of 64": (Named("resnet50"), Images(count=8, side=64), None),
    "VGG-16, 8 images of 64": (Named("vgg16"), Images(count=8, side=64), None),
}


def flows(repeats: int) -> None:
    """Each network's flow against one forward and backward pass that measures nothing."""
    for title, (network, images, target) in NETWORKS.items():
        batch, built = batches.load(images), build(network, 10, 0).train()

        def bare() -> None:
            F.cross_entropy(built(batch.images), batch.labels).backward()  # noqa: B023 - called before the next one
            built.zero_grad()  # noqa: B023

        def measured() -> None:
            flow(built, batch.images, batch.labels)  # noqa: B023

        alone, found = seconds(bare, repeats), seconds(measured, repeats)
        print(f"{title:28} bare {told(alone)}, measured {told(found)} {verdict(found, target)}", flush=True)


def page(repeats: int) -> None:
    """The page's reaction to a control, once both settings were measured."""
    app = AppTest.from_file(str(PROJECT_ROOT / "pages" / "_parts" / "shell.py"), default_timeout=60)
    app.run()
    app.switch_page("../gradient_flow.py").run()
    depths = [30, 56] * repeats
    taken = []
    for depth in depths:
        started = time.perf_counter()
        app.slider(key="b-depth").set_value(depth).run()
        taken.append(time.perf_counter() - started)
    assert not app.exception
    cached = taken[2:]
    print(f"{'page, settings measured before':28} {told(cached)} {verdict(cached, PAGE_SECONDS)}", flush=True)


def seconds(work: Callable[[], None], repeats: int) -> list[float]:
    """How long each of several times takes, after one that does not count."""
    taken = []
    for _ in range(repeats + 1):
        started = time.perf_counter()
        work()
        taken.append(time.perf_counter() - started)
    return taken[1:]


def told(taken: list[float]) -> str:
    return f"{min(taken):.3f} / {statistics.median(taken):.3f} / {max(taken):.3f} s"


def verdict(taken: list[float], target: float | None) -> str:
    if target is None:
        return ""
    return f"(wanted <= {target:g}, {'met' if statistics.median(taken) <= target else 'MISSED'})"


def main() -> int:
    """Measure with as many threads as are asked for; one is what the web server computes with."""
    parser = argparse.ArgumentParser(prog="bench.gradients", description=__doc__)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--repeats", type=int, default=5)
    options = parser.parse_args()
    torch.set_num_threads(options.threads)
    print(f"{options.threads} threads; min / median / max", flush=True)
    flows(options.repeats)
    with TemporaryDirectory(prefix="bench-gradients-") as home:
        os.environ["TLCORE_HOME"] = home
        get_settings.cache_clear()
        page(options.repeats)
    return 0


if __name__ == "__main__":
    sys.exit(main())
