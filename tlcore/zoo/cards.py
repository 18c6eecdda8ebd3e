"""What is known of the pretrained networks that come with the lab: how they were made, and what they are worth."""

import json
from dataclasses import dataclass
from typing import Any

from tlcore.errors import NotFoundError
from tlcore.settings import Settings, get_settings


@dataclass(frozen=True)
class BackboneCard:
    """A card in words (Markdown), its figures, and the measured transfer to other images, a row a measurement."""

    name: str
    text: str
    figures: dict[str, Any]
    transfer: tuple[dict[str, Any], ...]


def embedded(settings: Settings | None = None) -> tuple[str, ...]:
    """The names of the networks that the project carries with their weights."""
    folder = (settings or get_settings()).embedded_backbones
    return tuple(sorted(file.stem for file in folder.glob("*.safetensors")))


def read_card(name: str, settings: Settings | None = None) -> BackboneCard:
    """The card of a network that comes with the lab.

    What was measured of ImageNet's features is laid `beside` what was of a network that the project trained itself.
    """
    folder = (settings or get_settings()).embedded_backbones
    try:
        text = (folder / f"{name}.md").read_text("utf-8")
        figures = json.loads((folder / f"{name}.json").read_text("utf-8"))
        lines = (folder / f"{name}.transfer.jsonl").read_text("utf-8").splitlines()
    except FileNotFoundError as error:
        raise NotFoundError(f"{name} has no card in {folder}.") from error
    rows = tuple(json.loads(line) for line in lines if line.strip())
    if beside := figures.get("beside"):
        own = ({**row, "method": "imagenet"} for row in rows)
        rows = (*own, *read_card(beside, settings).transfer)
    return BackboneCard(name, text, figures, rows)
