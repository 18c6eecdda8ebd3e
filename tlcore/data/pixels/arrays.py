"""Images decoded once per preprocessing into memory-mapped uint8 arrays."""

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tlcore.data.pixels.blobs import BlobStore
from tlcore.data.pixels.decode import training_window
from tlcore.data.pixels.shards import Rows, ShardStore
from tlcore.wording import Progress, unheard
from tlcore.zoo.network import Preprocessing


def windows(
    blobs: Sequence[str],
    prep: Preprocessing,
    store: BlobStore,
    cache: Path,
    progress: Progress = unheard,
    threads: int = 2,
) -> Rows:
    """The training windows `(resize, resize, 3)` uint8 of these images, decoded only where they are not yet."""
    shards = ShardStore(cache / "pixels", _key(prep))

    def complete() -> Rows:
        if missing := shards.missing(blobs):
            _decode(missing, prep, store, shards, progress, threads)
        return shards.rows(blobs)

    try:
        return complete()
    except KeyError:  # a shard was evicted, or deleted with somebody else's image beside these, since it was found
        return complete()


def _decode(
    blobs: Sequence[str],
    prep: Preprocessing,
    store: BlobStore,
    shards: ShardStore,
    progress: Progress,
    threads: int,
) -> None:
    shard = shards.create(blobs, (prep.resize, prep.resize, 3), "uint8")
    try:
        with ThreadPoolExecutor(threads) as pool:  # Pillow releases the GIL while it decodes and resizes
            pixels = pool.map(lambda blob: training_window(store.image(blob), prep), blobs)
            for row, window in enumerate(pixels):
                shard.array[row] = window
                progress(row + 1, len(blobs))
        shard.commit()
    except BaseException:
        shard.discard()
        raise


def _key(prep: Preprocessing) -> str:
    """Resizing and cropping decide the pixels; normalising happens later, on the device."""
    text = f"{prep.resize}-{prep.crop}-{prep.interpolation}"
    return f"{text}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"
