"""`tlcore predict`: images through a model that was taken home, or through a pretrained network as it is."""

import json
from argparse import Namespace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tlcore.cli.image_files import open_file
from tlcore.cli.said import BAD_INPUT, complain
from tlcore.errors import BadInputError
from tlcore.export.importing import read_bundle
from tlcore.settings import get_settings
from tlcore.train import trained
from tlcore.zoo import registry

if TYPE_CHECKING:
    from tlcore.train.trained import TrainedModel


def run(options: Namespace) -> int:
    """Print the class probabilities of each image, the highest first; one that can't be used stops no other."""
    model = trained.pretrained(options.model) if options.model in registry.names() else read_bundle(Path(options.model))
    rows = []
    for path in options.images:
        rows.append(_row(model, path))
        if not options.json:
            _print(rows[-1])
    if options.json:
        print(json.dumps(rows, ensure_ascii=False))
    return BAD_INPUT if any("error" in row for row in rows) else 0


def _row(model: "TrainedModel", path: Path) -> dict[str, Any]:
    """The image's `predictions`, or the `error` for which there are none."""
    name = str(path).encode(errors="replace").decode()  # a name may hold bytes that are no text, and can't be printed
    try:
        image = open_file(path, get_settings().limits)
    except BadInputError as error:
        complain(str(error))
        return {"file": name, "error": str(error).encode(errors="replace").decode()}
    probabilities = model.predict([image])[0].tolist()
    ranked = sorted(zip(model.card.classes, probabilities, strict=True), key=lambda pair: -pair[1])
    predictions = [{"label": label, "probability": probability} for label, probability in ranked]
    return {"file": name, "predictions": predictions}


def _print(row: dict[str, Any]) -> None:
    if "predictions" in row:
        best = "  ".join(f"{p['label']} {p['probability']:.3f}" for p in row["predictions"][:5])
        print(f"{row['file']}: {best}")
