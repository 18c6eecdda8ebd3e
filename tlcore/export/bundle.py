"""The zip that a person takes home: weights, labels, preprocessing, and a script that needs no Transfer Lab."""

import json
import secrets
from importlib import import_module
from inspect import getsource
from pathlib import Path
from string import Template
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from safetensors.torch import save

from tlcore.data import decode
from tlcore.train.trained import ModelCard, TrainedModel
from tlcore.zoo import registry, stack

WEIGHTS, LABELS, PREPROCESSING, SCRIPT = (
    "model.safetensors",
    "labels.json",
    "preprocessing.json",
    "predict.py",
)
_TEMPLATE = Path(__file__).with_name("predict.py.template")
# The script's preprocessing is the source of the functions that train and predict here, not a second version of them.
_SHARED = (
    decode._to_rgb,  # noqa: SLF001 - quoted, not called
    decode._scaled_to_eight_bits,  # noqa: SLF001
    decode._reduced,  # noqa: SLF001
    decode._upright,  # noqa: SLF001
    decode._orientation,  # noqa: SLF001
    decode.resized,
    decode.center_crop,
)


def write_bundle(model: TrainedModel, target: Path) -> Path:
    """Write the model as one zip; the run id is in the weights' metadata, and should be in the file's name."""
    card = model.card
    partial = target.with_name(f".{secrets.token_hex(8)}.part")  # two may write the same zip at the same time
    try:
        with ZipFile(partial, "w", ZIP_DEFLATED) as archive:
            archive.writestr(WEIGHTS, save(_state(model), metadata=metadata(card)), compress_type=ZIP_STORED)
            archive.writestr(LABELS, json.dumps(list(card.classes), indent=1))
            archive.writestr(PREPROCESSING, json.dumps(preprocessing_json(card), indent=1))
            archive.writestr(SCRIPT, script(card.backbone))
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def bundle_name(card: ModelCard) -> str:
    """The file name of a model's zip."""
    name = card.backbone.partition(":")[0]  # a stack's whole name would be no file name
    return f"transfer-lab-{name}-{card.run_id}.zip"


def metadata(card: ModelCard) -> dict[str, str]:
    """What the safetensors header carries: all that is needed to build the network again."""
    row = registry.get(card.backbone)
    return {
        "format": "pt",
        "run_id": card.run_id,
        "backbone": card.backbone,
        "built_as": row.built_as or row.name,
        "class": row.where.partition(":")[2],
        "layers": json.dumps(list(stack.modules(stack.parse(row.name))) if row.family == "Own" else []),
        "options": json.dumps(row.options),
        "changes": json.dumps(row.changes),
        "head": row.head,
        "pooled_head": json.dumps(row.pooled_head),
        "hidden_units": str(card.hidden_units),
        "spec": json.dumps(card.spec),
        "versions": json.dumps(card.versions),
    }


def preprocessing_json(card: ModelCard) -> dict[str, object]:
    """How an image becomes the network's input, as plain JSON."""
    prep = card.preprocessing
    return {
        "canonical_side": decode.CANONICAL_SIDE,
        "resize": prep.resize,
        "crop": prep.crop,
        "interpolation": prep.interpolation,
        "mean": prep.mean,
        "std": prep.std,
    }


def script(backbone: str) -> str:
    """The source of predict.py, with that of the network where it is one of ours."""
    module = registry.get(backbone).where.partition(":")[0]
    own = [getsource(import_module(module))] if module else []
    shared = [getsource(function) for function in _SHARED]
    return Template(_TEMPLATE.read_text("utf-8")).substitute(shared="\n\n".join([*own, *shared]))


def _state(model: TrainedModel) -> dict[str, object]:
    return {name: tensor.contiguous() for name, tensor in model.staged.network.state_dict().items()}
