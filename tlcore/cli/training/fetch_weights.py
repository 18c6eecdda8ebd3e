"""`tlcore fetch-weights`: download pretrained weights ahead of a class."""

from argparse import Namespace

from tlcore.cli.progress import counting
from tlcore.zoo import registry, weights


def run(options: Namespace) -> int:
    """Make the weights of the named networks ready, and write copies to hand out if asked."""
    published = (name for name in registry.names() if registry.get(name).weights_file)
    names = tuple(published if options.names == ["all"] else (registry.get(name).name for name in options.names))
    for name in names:
        _say_whose(name)
        with counting(name, in_bytes=True) as progress:
            file = weights.fetch(name, progress)
        print(f"{name}: ready ({file.source}, {file.path})")
        if options.to:
            print(f"{name}: written to {weights.save_for_handing_out(file, options.to)}")
    return 0


def _say_whose(name: str) -> None:
    """Before a download: where the weights come from, and under which licence."""
    hosted = registry.get(name).hosted
    if hosted and weights.locate(name) is None:
        print(f"{name}: from {hosted.place}, {hosted.licensed}", flush=True)
