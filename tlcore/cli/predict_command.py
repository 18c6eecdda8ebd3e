"""`tlcore predict`: images through a model that was taken home, or through a pretrained network as it is."""

import json
from argparse import Namespace
from pathlib import Path
from typing import Any

from tlcore.data.decode import UnreadableImageError, canonical
from tlcore.errors import BadInputError
from tlcore.export.importing import read_bundle
from tlcore.settings import get_settings
from tlcore.train import trained
from tlcore.zoo import registry


def run(options: Namespace) -> int:
    """Print the class probabilities of each image, the highest first."""
    model = trained.pretrained(options.model) if options.model in registry.names() else read_bundle(Path(options.model))
    rows = []
    for path in options.images:
        probabilities = model.predict([_open(path)])[0]
        ranked = sorted(zip(model.card.classes, probabilities.tolist(), strict=True), key=lambda pair: -pair[1])
        predictions = [{"label": label, "probability": probability} for label, probability in ranked]
        rows.append({"file": str(path), "predictions": predictions})
    if options.json:
        print(json.dumps(rows, ensure_ascii=False))
    else:
        _print(rows)
    return 0


def _open(path: Path) -> Any:
    if not path.is_file():
        raise BadInputError(f"There is no image at {path}.")
    try:
        return canonical(path.read_bytes(), get_settings().limits)
    except UnreadableImageError as error:
        raise BadInputError(f"{path} can't be used: {error}.") from error


def _print(rows: list[dict[str, Any]]) -> None:
    for row in rows:
        best = "  ".join(f"{p['label']} {p['probability']:.3f}" for p in row["predictions"][:5])
        print(f"{row['file']}: {best}")
