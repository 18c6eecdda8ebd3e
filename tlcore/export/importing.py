"""Read a model zip back. Only what Transfer Lab itself wrote is accepted, and nothing in it is ever executed."""

import json
import math
import secrets
from json import JSONDecodeError
from pathlib import Path
from typing import Any
from zipfile import ZipFile

import torch
from safetensors import SafetensorError, safe_open
from torch import Tensor

from tlcore.data.pixels.decode import CANONICAL_SIDE
from tlcore.errors import BadModelError, LimitExceededError, UnknownNameError
from tlcore.export.bundle import LABELS, PREPROCESSING, WEIGHTS
from tlcore.settings import Settings, get_settings
from tlcore.train.trained import ModelCard, TrainedModel, assemble
from tlcore.zoo import registry, stack
from tlcore.zoo.network import Preprocessing
from tlcore.zoo.staged import new_network, replace_head

_SMALL_FILE = 1_000_000


def read_bundle(path: Path, settings: Settings | None = None) -> TrainedModel:
    """The model in a zip that `write_bundle` made; a `BadModelError` says why anything else is refused."""
    settings = settings or get_settings()
    if str(path).startswith(stack.PREFIX):
        raise BadModelError("A network of one's own knows nothing until it is trained; give the zip of a trained one.")
    if not path.is_file():
        raise BadModelError(f"There is no model file at {path}.")
    if path.stat().st_size > settings.limits.model_bytes:
        raise LimitExceededError(
            f"The model has {path.stat().st_size / 1e6:.0f} MB; "
            f"at most {settings.limits.model_bytes / 1e6:.0f} MB are allowed."
        )
    try:
        with ZipFile(path) as archive:
            labels, prep = _json(archive, LABELS), _json(archive, PREPROCESSING)
            metadata, tensors = _weights(archive, settings)
    except BadModelError:
        raise
    except Exception as error:  # zipfile and its decompressors raise nearly anything on hostile bytes
        raise BadModelError(f"The file is not a readable model zip ({error}).") from error
    card = _card(metadata, labels, prep)
    _check_tensors(card, tensors)
    return assemble(card, tensors)


def _json(archive: ZipFile, name: str) -> Any:
    try:
        info = archive.getinfo(name)
    except KeyError as error:
        raise BadModelError(f"The zip holds no {name}, so it is not a model from Transfer Lab.") from error
    if info.file_size > _SMALL_FILE:
        raise BadModelError(f"{name} in the zip is far too large.")
    try:
        return json.loads(archive.read(info))
    except (JSONDecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadModelError(f"{name} in the zip is not JSON.") from error


def _weights(archive: ZipFile, settings: Settings) -> tuple[dict[str, str], dict[str, Tensor]]:
    try:
        info = archive.getinfo(WEIGHTS)
    except KeyError as error:
        raise BadModelError(f"The zip holds no {WEIGHTS}, so it is not a model from Transfer Lab.") from error
    if info.file_size > settings.limits.model_bytes:
        raise BadModelError(f"{WEIGHTS} in the zip is larger than a model may be.")
    settings.scratch.mkdir(parents=True, exist_ok=True)
    spool = settings.scratch / f"import-{secrets.token_hex(8)}.safetensors"
    try:
        spool.write_bytes(archive.read(info))
        with safe_open(spool, "pt") as file:
            metadata = file.metadata() or {}
            return metadata, {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
    except SafetensorError as error:
        raise BadModelError(f"{WEIGHTS} in the zip is not a safetensors file.") from error
    finally:
        spool.unlink(missing_ok=True)


def _card(metadata: dict[str, str], labels: Any, prep: Any) -> ModelCard:
    if not isinstance(labels, list) or not 2 <= len(labels) <= 1000 or not all(isinstance(x, str) for x in labels):
        raise BadModelError("labels.json must list the names of at least two classes.")
    try:
        row = registry.get(metadata.get("backbone", ""))
        return ModelCard(
            run_id=metadata.get("run_id", "")[:64],
            backbone=row.name,
            classes=tuple(labels),
            preprocessing=_preprocessing(prep, row.min_size),
            hidden_units=int(metadata.get("hidden_units", "0")),
            spec=json.loads(metadata.get("spec", "{}")),
            versions=json.loads(metadata.get("versions", "{}")),
        )
    except UnknownNameError as error:
        raise BadModelError("The zip does not say which network its weights belong to.") from error
    except (ValueError, TypeError, KeyError, OverflowError, RecursionError) as error:
        raise BadModelError("The description of the model in the zip is not one that Transfer Lab writes.") from error


def _preprocessing(values: Any, min_size: int) -> Preprocessing:
    resize, crop = int(values["resize"]), int(values["crop"])
    mean, std = tuple(map(float, values["mean"])), tuple(map(float, values["std"]))
    if not min_size <= crop <= resize <= CANONICAL_SIDE or values["interpolation"] not in {"bilinear", "bicubic"}:
        raise ValueError("impossible sizes")
    if not len(mean) == len(std) == 3 or not all(map(math.isfinite, (*mean, *std))) or min(std) <= 0:
        raise ValueError("impossible normalisation")
    return Preprocessing(resize=resize, crop=crop, interpolation=values["interpolation"], mean=mean, std=std)


def _check_tensors(card: ModelCard, tensors: dict[str, Tensor]) -> None:
    """Names, types and shapes must equal the architecture's, and every number must be finite."""
    row = registry.get(card.backbone)
    if card.hidden_units not in range(4097):
        raise BadModelError("The model's hidden layer has an impossible size.")
    with torch.device("meta"):
        network = new_network(row, on_meta=True)
        replace_head(network, row, card.head)
    expected, given = _described(network.state_dict()), _described(tensors)
    if expected != given:
        odd = next(name for name in {**expected, **given} if expected.get(name) != given.get(name))
        should, actual = expected.get(odd, "absent"), given.get(odd, "absent")
        raise BadModelError(f"The weights do not fit {row.title}: '{odd}' should be {should}, is {actual}.")
    for name, tensor in tensors.items():
        if tensor.is_floating_point() and not bool(tensor.isfinite().all()):
            raise BadModelError(f"The weights are damaged: '{name}' holds values that are not numbers.")


def _described(tensors: dict[str, Tensor]) -> dict[str, str]:
    """Each tensor's shape and type."""
    return {name: f"{tuple(t.shape)} {str(t.dtype).removeprefix('torch.')}" for name, t in tensors.items()}
