"""The zip that a person takes home: weights, labels, preprocessing, and a script that needs no Transfer Lab."""

import json
import secrets
from importlib import import_module
from inspect import getsource
from pathlib import Path
from string import Template
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile

from safetensors.torch import save

from tlcore.data.pixels import decode, picture
from tlcore.train.recipe.spec import STRATEGY_TITLES
from tlcore.train.trained import ModelCard, TrainedModel
from tlcore.wording import listed
from tlcore.zoo import registry, stack

WEIGHTS, LABELS, PREPROCESSING, SCRIPT, README = (
    "model.safetensors",
    "labels.json",
    "preprocessing.json",
    "predict.py",
    "README.md",
)
_TEMPLATE = Path(__file__).with_name("predict.py.template")
_README = Path(__file__).with_name("readme.md.template")
# The script's preprocessing is the source of what trains and predicts here, not a second version of it.
_SHARED = (picture, decode.resized, decode.center_crop)


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
            archive.writestr(README, readme(card))
        partial.replace(target)
    finally:
        partial.unlink(missing_ok=True)
    return target


def bundle_name(card: ModelCard) -> str:
    """The file name of a model's zip."""
    name = card.backbone.partition(":")[0].replace("/", "-")  # a stack's whole name would be no file name
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
    """The source of predict.py, with that of the network where it is one of ours, or the import of what builds it."""
    module, _, builder = registry.get(backbone).where.partition(":")
    imported = f"    from {module} import {builder}\n" if module and not _is_ours(module) else ""
    own = [getsource(import_module(module))] if _is_ours(module) else []
    shared = [getsource(part) for part in _SHARED]
    return Template(_TEMPLATE.read_text("utf-8")).substitute(
        shared="\n\n".join([*own, *shared]), imported=imported, needed=" ".join(needed(backbone)),
        named=listed(needed(backbone)),
    )  # fmt: skip


def needed(backbone: str) -> tuple[str, ...]:
    """The packages that predict.py needs."""
    module = registry.get(backbone).where.partition(":")[0]
    return ("torch", "torchvision", *([module] if module and not _is_ours(module) else []))


def _is_ours(module: str) -> bool:
    return module.startswith("tlcore.")


def readme(card: ModelCard) -> str:
    """What the zip is and how it is used, as Markdown."""
    network, strategy = registry.get(card.backbone).title, card.spec.get("strategy", "")
    return Template(_README.read_text("utf-8")).substitute(
        title=", ".join(card.classes[:3]) + (" and more" if len(card.classes) > 3 else ""),
        count=len(card.classes),
        classes=", ".join(card.classes),
        network=network,
        strategy=STRATEGY_TITLES[strategy].lower() if strategy in STRATEGY_TITLES else "trained",
        crop=card.preprocessing.crop,
        needed=listed([f"`{name}`" for name in needed(card.backbone)]),
        install=" ".join(needed(card.backbone)),
        versions=", ".join(f"{name} {version}" for name, version in sorted(card.versions.items()))
        or "unknown versions",
        run=card.run_id,
    )


def _state(model: TrainedModel) -> dict[str, object]:
    return {name: tensor.contiguous() for name, tensor in model.staged.network.state_dict().items()}
