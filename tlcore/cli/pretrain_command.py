"""`tlcore pretrain`: train a backbone from scratch on a large set, to transfer from."""

import json
import sys
from argparse import Namespace

from tlcore.cli.progress import cores, counting, shown
from tlcore.cli.train_command import require_writable, settings_from
from tlcore.data.blobs import BlobStore
from tlcore.data.pool import Pool, read_pool
from tlcore.errors import BadInputError
from tlcore.settings import get_settings
from tlcore.zoo.network import Preprocessing

_DIRECT = ("backbone", "image_size", "epochs", "batch_size", "lr", "seed")


def run(options: Namespace) -> int:
    """Read, train or go on training, and write the backbone with its figures."""
    from tlcore.train import device as devices
    from tlcore.train.plan import preprocessing
    from tlcore.train.pretrain import pretrain, recipe, write_backbone
    from tlcore.train.run import RunContext

    settings = get_settings()
    if options.out.suffix != ".safetensors":
        raise BadInputError(f"--out should name a .safetensors file, and {options.out} does not.")
    spec = recipe(settings_from(options, _DIRECT))
    require_writable(options.out)
    device = devices.choose(options.device or settings.device)
    threads = settings.threads or cores()
    pool = _read(options, preprocessing(spec), threads)
    context = RunContext(options.work.name, device, BlobStore(settings.blobs), settings.cache, options.work, threads)
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
        pool = read_pool(options.source, prep, threads, progress)
    for item in pool.skipped:
        print(f"skipped {item.file}: {item.reason}", file=sys.stderr)
    return pool
