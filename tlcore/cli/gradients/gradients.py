"""`tlcore gradients`: one backward pass through a network, layer by layer."""

import json
from argparse import Namespace
from typing import TYPE_CHECKING

from tlcore.errors import BadInputError

if TYPE_CHECKING:
    from tlcore.gradients.layers.batches import Images
    from tlcore.gradients.layers.measured import Named
    from tlcore.zoo.nets.configurable import Design


def run(options: Namespace) -> int:
    """Print every layer's gradient and the verdict."""
    from tlcore.gradients.layers.measured import Setting, measured

    setting = Setting(
        network=_network(options), off=tuple(options.off), images=_images(options), seed=options.seed,
        double=options.double, optimizer=options.optimizer, lr=options.lr,
    )  # fmt: skip
    flow = measured(setting)
    if options.json:
        print(json.dumps(flow.to_json(), allow_nan=False))
        return 0
    print(f"{'layer':44} {'depth':>5} {'gradient':>10} {'of weights':>10} {'mean':>10} {'spread':>10} {'dead':>5}")
    for row in flow.layers:
        numbers = (row.grad_norm, row.weight_grad_norm, row.activation_mean, row.activation_std)
        shown = " ".join(f"{number:>10.2e}" for number in numbers)
        print(f"{row.name:44} {row.depth:>5} {shown} {row.dead:>5.0%}")
    print(flow.verdict.sentence)
    print(flow.verdict.criterion)
    return 0


def _network(options: Namespace) -> "Design | Named":
    from tlcore.gradients.layers.measured import Named
    from tlcore.zoo import registry
    from tlcore.zoo.nets.configurable import Design

    if options.net:
        return Named(registry.get(options.net).name, options.pretrained)
    if options.pretrained:
        raise BadInputError("--pretrained needs --net: only well-known networks have pretrained weights.")
    return Design(
        depth=options.depth, width=options.width, activation=options.activation, init=options.init,
        batch_norm=options.bn, skip=options.shortcut if options.skip else "none", alpha=options.alpha,
        beta=options.beta, pre_activation=options.pre_activation, stages=options.stages,
    )  # fmt: skip


def _images(options: Namespace) -> "Images":
    from tlcore.gradients.layers.batches import Images

    count, side = (8, 64) if options.net else (32, 32)
    count = count if options.images is None else options.images
    side = side if options.side is None else options.side
    return Images(sample=options.sample, count=count, side=side, seed=options.seed)
