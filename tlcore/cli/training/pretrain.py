"""`tlcore pretrain`: train a backbone from scratch on a large set, to transfer from."""

import json
import sys
from argparse import Namespace

from tlcore.cli.folders import reading_from
from tlcore.cli.progress import counting, shown
from tlcore.cli.said import miss, note
from tlcore.cli.training.train import require_writable, settings_from, tell_in_vain
from tlcore.data.pixels.blobs import BlobStore
from tlcore.data.pixels.pool import Pool, read_pool
from tlcore.errors import BadInputError
from tlcore.settings import get_settings
from tlcore.zoo.network import Preprocessing

_DIRECT = ("backbone", "image_size", "epochs", "batch_size", "lr", "seed")


def run(options: Namespace) -> int:
    """Read, train or go on training, and write the backbone with its figures."""
    from tlcore.gradients.layers.watching import watch
    from tlcore.train import device as devices
    from tlcore.train.pretrain import as_begun, pretrain, recipe, write_backbone
    from tlcore.train.recipe.plan import preprocessing
    from tlcore.train.run import RunContext

    settings = get_settings()
    if options.out.suffix.lower() != ".safetensors":
        raise BadInputError(f"--out should name a .safetensors file, and {options.out} does not.")
    given = settings_from(options, _DIRECT)
    spec = recipe(given)
    require_writable(options.out)
    tell_in_vain(spec, given)
    device = devices.choose(options.device or settings.device)
    threads = settings.most_threads
    pool = as_begun(options.work, _read(options, preprocessing(spec), threads))
    store = BlobStore(settings.blobs)
    context = RunContext(options.work.name, device, store, settings.cache, options.work, threads, watch=watch)
    for _ in shown(pretrain(spec, pool, context), options.json):
        pass
    facts = write_backbone(options.work, options.out, pool, device)
    if options.json:
        print(json.dumps({"event": "result", **facts}))
    else:
        print(
            f"top-1 {facts['top1']:.4f}, top-5 {facts['top5']:.4f} on {facts['val_images']} validation images, "
            f"{sum(facts['epoch_seconds']) / 60:.0f} min of training\n{options.out} written, SHA-256 {facts['sha256']}"
        )
    return 0


def _read(options: Namespace, prep: Preprocessing, threads: int) -> Pool:
    with counting("decode", hidden=options.json) as progress:
        pool = read_pool(options.source, prep, threads, progress, reading_from(options))
    for item in pool.skipped:
        print(f"skipped {item.file}: {item.reason}", file=sys.stderr)
    note([pool.read_as] if pool.read_as else [])
    miss(pool.lost)
    return pool
