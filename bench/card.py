"""The card of an embedded backbone, from its figures and from what `bench.curves` measured; and the picture of it.

`python -m bench.card resnet18_64` writes `NAME.md` beside the weights; `--picture` also `assets/pictures/transfer.png`.
"""

import argparse
import json
import sys
from collections.abc import Iterable, Mapping
from pathlib import Path
from statistics import fmean
from typing import Any

from playwright.sync_api import sync_playwright

from bench.curves import HELD_OUT
from pages._parts.training.card import TARGETS
from tests.e2e.conftest import CHROMIUM, FLAGS
from tlcore.plots.transfer import METHODS, Mean, by_count, distinct, means, transfer_grid, whole
from tlcore.settings import PROJECT_ROOT, get_settings
from tlcore.train import pretrain
from tlcore.train.recipe.spec import TrainSpec
from tlcore.zoo import registry
from tlcore.zoo.cards import BackboneCard, read_card
from tlcore.zoo.network import Network, Packaged

TEMPLATE, PACKAGED = (Path(__file__).with_name(name) for name in ("card.md", "card_package.md"))
MOBILENET = Path(__file__).with_name("mobilenet_v2.transfer.jsonl")  # as the command in the card wrote it
PICTURE = PROJECT_ROOT / "assets" / "pictures" / "transfer.png"
_OPTIONS = ("backbone", "epochs", "batch_size", "lr", "seed")


def write(card: BackboneCard) -> str:
    """The card in words."""
    facts, row = card.figures, registry.get(card.name)
    if row.package:
        return PACKAGED.read_text().format(**_packaged(card, row, row.package))
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
        "table": table(whole(means(distinct(card.transfer))), all_of(card.transfer)),
        "command": command(spec),
        "recipe": recipe(spec),
        "hours": sum(facts["epoch_seconds"]) / 3600,
        "epochs": spec.epochs,
        "versions": ", ".join(f"{name} {version}" for name, version in facts["versions"].items()),
    }
    return TEMPLATE.read_text().format(**worded)


def _packaged(card: BackboneCard, row: Network, package: Packaged) -> dict[str, Any]:
    """What is said of a network whose weights a package brings."""
    rows = [row for row in card.transfer if row["method"] == "imagenet"]
    return {
        "title": row.title, "parameters": row.parameters, "size": row.preprocessing.crop, "package": package.name,
        "sha256": package.sha256, "top1": card.figures["top1"], "seeds": max(mean.seeds for mean in means(rows)),
        "table": table(whole(means(distinct(card.transfer))), all_of(card.transfer)),
    }  # fmt: skip


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


def all_of(rows: Iterable[Mapping[str, Any]]) -> dict[str, int]:
    """How many images a class the targets have to learn from, in the mean of their classes, by what was held out."""
    return {row["target"]: round(row["tested"] * (1 - HELD_OUT) / HELD_OUT / row["classes"]) for row in rows}


def table(found: Iterable[Mean], most: Mapping[str, int]) -> str:
    """A row a target and number of images, a column a method; `most` are those of all, by target."""
    cells = {(mean.target, mean.images, mean.method): mean for mean in found}
    methods = [method for method in METHODS if any(m == method for _, _, m in cells)]
    heads = "| images | a class | " + " | ".join(METHODS[method][0] for method in methods) + " |"
    rows = [heads, "|---" * (2 + len(methods)) + "|"]
    for target, title in TARGETS.items():
        for images in sorted({i for t, i, _ in cells if t == target}, key=by_count):
            values = [_cell(cells.get((target, images, method))) for method in methods]
            named = str(images) if images else f"all, about {most[target]}"
            rows.append(f"| {title} | {named} | {' | '.join(values)} |")
    return "\n".join(rows)


def _cell(mean: Mean | None) -> str:
    return "–" if mean is None else f"{mean.mean:.1%} ± {100 * (mean.high - mean.mean):.1f}"


def draw(card: BackboneCard, target: Path) -> None:
    """All curves as one picture, drawn by Chromium."""
    figure = transfer_grid(whole(means(distinct(card.transfer))), TARGETS)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        page = browser.new_page(viewport={"width": figure.layout.width, "height": figure.layout.height})
        page.set_content(figure.to_html())
        page.locator("svg.main-svg").first.wait_for(state="attached")
        page.locator(".js-plotly-plot").screenshot(path=target)
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
