"""`tlcore recurrent`: how much gradient is left a number of steps before the end of a sequence."""

import json
from argparse import Namespace


def run(options: Namespace) -> int:
    """Print the gradient's norm over the lag, and the verdict."""
    from tlcore.gradients.through_time.recurrent import Recurrence, through_time

    network = through_time(
        Recurrence(
            cell=options.cell, task=options.task, lag=options.lag, units=options.units, radius=options.radius,
            forget_bias=options.forget_bias, steps=options.steps, lr=options.lr, clip=options.clip, seed=options.seed,
        )
    )  # fmt: skip
    if options.json:
        print(json.dumps(network.to_json(), allow_nan=False))
        return 0
    for number, step in enumerate(network.training, 1):
        print(f"step {number:4}: loss {step.loss:.4g}, gradient {step.grad_norm:.3g}, clipped {step.clipped_norm:.3g}")
    every = max(1, options.lag // 20)
    for lag in range(0, options.lag + 1, every):
        print(f"{lag:5} before the end: {network.norms[lag]:.3e}")
    print(network.verdict.sentence)
    print(network.verdict.criterion)
    return 0
