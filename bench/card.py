"""The card of an embedded backbone, from its figures and from what `bench.curves` measured; and the picture of it.

`python -m bench.card resnet18_64` writes `NAME.md` beside the weights; `--picture` also `assets/pictures/transfer.png`.
"""

import argparse
import json
import sys
from collections.abc import Iterable
from pathlib import Path
from statistics import fmean

from playwright.sync_api import sync_playwright

from pages._parts.card import TARGETS
from tests.e2e.conftest import CHROMIUM, FLAGS
from tlcore.plots.transfer import METHODS, Mean, means, transfer_curves, whole
from tlcore.settings import PROJECT_ROOT, get_settings
from tlcore.train import pretrain
from tlcore.train.spec import TrainSpec
from tlcore.zoo import registry
from tlcore.zoo.cards import BackboneCard, read_card

TEMPLATE = Path(__file__).with_name("card.md")
MOBILENET = Path(__file__).with_name("mobilenet_v2.transfer.jsonl")  # as the command in the card wrote it
PICTURE = PROJECT_ROOT / "assets" / "pictures" / "transfer.png"
_OPTIONS = ("backbone", "epochs", "batch_size", "lr", "seed")


def write(card: BackboneCard) -> str:
    """The card in words."""
    facts, row = card.figures, registry.get(card.name)
    spec = TrainSpec.of(facts["spec"])
    worded = {
        **facts,
        "title": row.title,
        "built_as": row.built_as,
        "parameters": row.parameters,
        "size": row.preprocessing.crop,
        "megabytes": facts["bytes"] / 1e6,
        "seeds": max((mean.seeds for mean in means(card.transfer)), default=0),
        "mobilenet": fmean(json.loads(line)["accuracy"] for line in MOBILENET.read_text().splitlines()),
        "table": table(whole(means(card.transfer))),
        "command": command(spec),
        "recipe": recipe(spec),
        "hours": sum(facts["epoch_seconds"]) / 3600,
        "epochs": spec.epochs,
        "versions": ", ".join(f"{name} {version}" for name, version in facts["versions"].items()),
    }
    return TEMPLATE.read_text().format(**worded)


def command(spec: TrainSpec) -> str:
    """The command that trains it again; what the recipe of `pretrain` sets by itself is left out."""
    direct = " ".join(f"--{name.replace('_', '-')} {getattr(spec, name)}" for name in _OPTIONS)
    plain = pretrain.recipe({name: getattr(spec, name) for name in _OPTIONS}).model_dump()
    changed = {name: value for name, value in spec.model_dump().items() if plain[name] != value}
    rest = "".join(f" --set {name}={value}" for name, value in changed.items())
    file = f"{spec.backbone}.safetensors"
    return f"python -m tlcore pretrain tiny-imagenet-64/ {direct}{rest} --work run/ --out {file}"


def recipe(spec: TrainSpec) -> str:
    """What the settings are, in words."""
    views = f"views of {spec.start_size} pixels growing to {spec.train_size}" if spec.start_size else "full views"
    mixing = f", {spec.mixing:.0%} of batches mixed" if spec.mixing else ""
    return (
        f"SGD with momentum {spec.momentum:g}, rate {spec.lr:g} falling along a cosine after {spec.warmup_epochs} "
        f"epoch of warm-up, batches of {spec.batch_size}, weight decay {spec.weight_decay:g}, label smoothing "
        f"{spec.label_smoothing:g}, {spec.augmentation} augmentation with mirroring{mixing}, {views}, and an "
        f"average of the weights with decay {spec.averaging:g}"
    )


def table(found: Iterable[Mean]) -> str:
    """A row a target and number of images, a column a method."""
    cells = {(mean.target, mean.images, mean.method): mean for mean in found}
    rows = ["| images | a class | " + " | ".join(name for name, *_ in METHODS.values()) + " |", "|---" * 5 + "|"]
    for target, title in TARGETS.items():
        for images in sorted({i for t, i, _ in cells if t == target}, key=lambda n: n or 10**9):
            values = [_cell(cells.get((target, images, method))) for method in METHODS]
            rows.append(f"| {title} | {images or 'all'} | {' | '.join(values)} |")
    return "\n".join(rows)


def _cell(mean: Mean | None) -> str:
    return "–" if mean is None else f"{mean.mean:.1%} ± {100 * (mean.high - mean.mean):.1f}"


def draw(card: BackboneCard, target: Path) -> None:
    """All curves as one picture, drawn by Chromium as the app draws them."""
    found = whole(means(card.transfer))
    shown = [target for target in TARGETS if any(mean.target == target for mean in found)]
    parts = [
        transfer_curves(found, name, TARGETS[name]).to_html(full_html=False, include_plotlyjs=not place)
        for place, name in enumerate(shown)
    ]
    grid = "display:grid;grid-template-columns:repeat(3,1fr);width:1320px;background:white;font-family:sans-serif"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": 1340, "height": 700})
        page.set_content(f"<div style='{grid}'>{''.join(f'<div>{part}</div>' for part in parts)}</div>")
        page.locator("svg.main-svg").nth(2 * len(parts) - 1).wait_for(state="attached")
        page.locator("body > div").screenshot(path=target)
        browser.close()


def main() -> int:
    parser = argparse.ArgumentParser(prog="bench.card", description=__doc__)
    parser.add_argument("name")
    parser.add_argument("--picture", action="store_true")
    options = parser.parse_args()
    file = get_settings().embedded_backbones / f"{options.name}.md"
    file.touch()
    card = read_card(options.name)
    file.write_text(write(card))
    if options.picture:
        draw(card, PICTURE)
    return 0


if __name__ == "__main__":
    sys.exit(main())
