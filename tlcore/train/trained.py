"""A finished model: kept as what training changed, and put together again with the weights that it started from."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import PIL
import torch
import torch.nn.functional as F  # noqa: N812
import torchvision
from numpy.typing import NDArray
from PIL import Image
from pydantic import BaseModel, ConfigDict
from safetensors import safe_open
from safetensors.numpy import load_file as load_arrays
from safetensors.numpy import save_file as save_arrays
from safetensors.torch import save_file
from torch import Tensor

from tlcore import __version__
from tlcore.data.dataset import Dataset
from tlcore.data.ingest.report import Part
from tlcore.data.pixels import transforms
from tlcore.data.pixels.decode import training_window
from tlcore.errors import BadWeightsError, IncompleteRunError
from tlcore.train.judging.evaluation import Predictions
from tlcore.train.learning.model import LearningModel
from tlcore.train.recipe.spec import TrainSpec
from tlcore.zoo import registry
from tlcore.zoo import weights as zoo_weights
from tlcore.zoo.network import Preprocessing
from tlcore.zoo.staged import HeadShape, StagedNetwork, is_head, load_body, new_network, replace_head

LEARNED = "learned.safetensors"
CARD = "model.json"
PREDICTIONS = "predictions.safetensors"


class ModelCard(BaseModel):
    """What a trained model is; `base` is the id of the weights below what was learned, empty when nothing is."""

    model_config = ConfigDict(frozen=True)

    run_id: str
    backbone: str
    classes: tuple[str, ...]
    preprocessing: Preprocessing
    hidden_units: int = 0
    base: str = ""
    dataset: str = ""
    spec: dict[str, Any] = {}
    versions: dict[str, str] = {}

    @property
    def head(self) -> HeadShape:
        """The shape of the model's classifier; dropout is irrelevant once it is trained."""
        return HeadShape(len(self.classes), self.hidden_units)


@dataclass(frozen=True)
class TrainedModel:
    """A model that predicts, in evaluation mode; read-only, so threads may share it."""

    card: ModelCard
    staged: StagedNetwork

    def inputs(self, images: Sequence[Image.Image]) -> Tensor:
        """Canonical images to normalised inputs `(n, 3, crop, crop)`, by the code that training evaluates with."""
        prep = self.card.preprocessing
        windows = np.stack([training_window(image, prep) for image in images])
        return transforms.evaluation_view(torch.from_numpy(windows), prep)

    def predict(self, images: Sequence[Image.Image]) -> NDArray[np.float32]:
        """Class probabilities `(n, classes)` of canonical images."""
        with torch.no_grad():
            rows = [F.softmax(self.staged(self.inputs([image])), 1) for image in images]
        return torch.cat(rows).numpy()


def keep(
    folder: Path,
    run_id: str,
    spec: TrainSpec,
    dataset: Dataset,
    model: LearningModel,
    weights_id: str,
    predictions: dict[Part, Predictions],
) -> None:
    """Write what was learned, the card and the held-out predictions; the card comes last and makes them count."""
    folder.mkdir(parents=True, exist_ok=True)
    learned = {name: tensor.contiguous() for name, tensor in model.learned_state().items()}
    save_file(learned, folder / LEARNED, metadata={"run_id": run_id})
    arrays = {f"{part}.{kind}": value for part, p in predictions.items() for kind, value in vars(p).items()}
    save_arrays(arrays, folder / PREDICTIONS)
    card = ModelCard(
        run_id=run_id,
        backbone=spec.backbone,
        classes=dataset.classes,
        preprocessing=model.plan.preprocessing,
        hidden_units=spec.hidden_units,
        base=weights_id if spec.pretrained else "",
        dataset=dataset.id,
        spec=spec.model_dump(),
        versions=environment(),
    )
    (folder / CARD).write_text(card.model_dump_json(indent=1), "utf-8")


def load_card(folder: Path) -> ModelCard:
    """The card of the model in this folder."""
    try:
        return ModelCard.model_validate_json((folder / CARD).read_text("utf-8"))
    except FileNotFoundError as error:
        raise IncompleteRunError from error


def load(folder: Path) -> TrainedModel:
    """The model in this folder, on the CPU."""
    card = load_card(folder)
    with safe_open(folder / LEARNED, "pt") as file:
        learned = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 - not a mapping
    if card.base:
        file = zoo_weights.require(card.backbone)
        if file.id != card.base:
            raise BadWeightsError(
                f"The model was trained on other weights of {card.backbone} than {file.path}; put the old file back."
            )
        learned = {**zoo_weights.load(file), **learned}
    return assemble(card, learned)


def pretrained(name: str) -> TrainedModel:
    """The network as its pretrained weights make it, with the classes that it was pretrained on."""
    file, row = zoo_weights.require(name), registry.get(name)
    state, classes = zoo_weights.load(file), zoo_weights.class_names(file)
    network = new_network(row, on_meta=True)
    head = network.get_submodule(row.head)
    own = network.state_dict()
    if any(state[name].shape != own[name].shape for name in own if is_head(name, row)):  # not ImageNet's thousand
        head = replace_head(network, row, HeadShape(len(classes)))
    load_body(network, state, row)
    network.eval().requires_grad_(requires_grad=False)
    card = ModelCard(run_id=name, backbone=name, classes=classes, preprocessing=row.preprocessing, base=file.id)
    return TrainedModel(card, StagedNetwork(row, network, head))


def assemble(card: ModelCard, state: dict[str, Tensor]) -> TrainedModel:
    """A model from its card and every tensor of its network; tensors of a replaced classifier are ignored."""
    row = registry.get(card.backbone)
    network = new_network(row, on_meta=True)
    head = replace_head(network, row, card.head)
    load_body(network, state, row)
    network.eval().requires_grad_(requires_grad=False)
    return TrainedModel(card, StagedNetwork(row, network, head))


def load_predictions(folder: Path) -> dict[str, Predictions]:
    """The held-out predictions that were kept with a model, by part of the data set."""
    arrays = load_arrays(folder / PREDICTIONS)
    parts = sorted({name.split(".")[0] for name in arrays})
    return {part: Predictions(arrays[f"{part}.probabilities"], arrays[f"{part}.labels"]) for part in parts}


def environment() -> dict[str, str]:
    """The versions that a result depends on."""
    return {
        "transfer-lab": __version__,
        "torch": torch.__version__,
        "torchvision": torchvision.__version__,
        "numpy": np.__version__,
        "pillow": PIL.__version__,
    }
