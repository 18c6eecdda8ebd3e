"""What a person asks of a training run."""

from collections.abc import Mapping
from typing import ClassVar, Literal, Self

from pydantic import Field, field_validator, model_validator

from tlcore.errors import BadInputError
from tlcore.specs import SEEDS, Spec
from tlcore.zoo import registry

Strength = Literal["none", "light", "standard", "strong"]
Strategy = Literal["frozen", "last-k", "full", "probe-then-tune", "scratch"]
STRATEGIES: dict[Strategy, str] = {
    "frozen": "Only a new classifier learns, on features that stay as they are",
    "last-k": "The classifier and the last stages learn, the rest stays as it is",
    "full": "Every layer learns, starting from the pretrained weights",
    "probe-then-tune": "The classifier learns first, then every layer",
    "scratch": "Every layer learns, starting from random weights",
}
STRATEGY_TITLES: dict[Strategy, str] = {
    "frozen": "Frozen extractor",
    "last-k": "Last stages",
    "full": "Full fine-tuning",
    "probe-then-tune": "Probe, then tune",
    "scratch": "From scratch",
}
MAX_EPOCHS = 1000
SOLVED_L2 = 3e-4
"""The weight decay of a classifier that is solved for: of what was tried, none did better on all photographs."""


class TrainSpec(Spec):
    """One training run, but for its data.

    `lr` is the classifier's learning rate; a trainable stage learns at `lr * body_lr_factor`, and each earlier one
    at `stage_decay` times the rate of the next. `stages` counts the trainable stages of `last-k`, `probe_epochs`
    the epochs of `probe-then-tune` before the body is unlocked, `views` the augmented views an image that are cached
    for frozen stages (1: none but the image itself), `train_size` the side of augmented training views where it is
    smaller than `image_size` (None: the same), `start_size` the side that they have at first and grow from
    (None: no growing), `patience` the epochs without a better validation loss after which a phase ends (0: never),
    and the next one begins. Schedule, warm-up, growing, patience and averaging are counted within a phase.
    The optimizer `lbfgs` solves for a linear classifier on frozen features in one go, to which nothing applies that
    steps and epochs have; `weight_decay` is then the factor of half the squared weights.
    `mixing` is the share of batches whose images are mixed (mixup and CutMix in turn), `averaging` the decay a step
    of the running average of the weights that is validated and kept instead of the weights (0: none).
    """

    words: ClassVar[Mapping[str, str]] = {
        "lr": "learning rate",
        "body_lr_factor": "learning-rate factor of the body",
        "l1": "L1 penalty",
        "weight_decay": "weight decay",
        "image_size": "image size",
        "train_size": "size of training views",
        "start_size": "size of training views at the start",
        "mixing": "share of mixed batches",
        "averaging": "decay of the weights' average",
    }

    kind: Literal["train"] = "train"
    backbone: str
    strategy: Strategy = "frozen"
    stages: int = Field(1, ge=1, le=20)
    epochs: int = Field(25, ge=1, le=MAX_EPOCHS)
    probe_epochs: int = Field(5, ge=1, le=MAX_EPOCHS)
    batch_size: int = Field(32, ge=1, le=1024)
    optimizer: Literal["sgd", "adamw", "lbfgs"] = "sgd"
    lr: float = Field(0.05, gt=0, le=10)
    body_lr_factor: float = Field(0.1, gt=0, le=1)
    stage_decay: float = Field(1.0, gt=0, le=1)
    momentum: float = Field(0.9, ge=0, lt=1)
    weight_decay: float = Field(1e-4, ge=0, le=1)
    l1: float = Field(0.0, ge=0, le=1)
    schedule: Literal["constant", "step", "cosine"] = "cosine"
    step_size: int = Field(7, ge=1, le=MAX_EPOCHS)
    step_factor: float = Field(0.1, gt=0, lt=1)
    warmup_epochs: int = Field(0, ge=0, le=100)
    label_smoothing: float = Field(0.0, ge=0, lt=1)
    class_weights: bool = False
    hidden_units: int = Field(0, ge=0, le=4096)
    dropout: float = Field(0.0, ge=0, lt=1)
    augmentation: Strength = "standard"
    flip: bool = True
    views: int = Field(4, ge=1, le=32)
    image_size: int | None = Field(None, ge=32, le=600)
    train_size: int | None = Field(None, ge=32, le=600)
    start_size: int | None = Field(None, ge=32, le=600)
    mixing: float = Field(0.0, ge=0, le=1)
    averaging: float = Field(0.0, ge=0, lt=1)
    patience: int = Field(0, ge=0, le=MAX_EPOCHS)
    seed: int = Field(0, ge=0, le=SEEDS[-1])
    precision: Literal["auto", "float32", "bfloat16"] = "auto"
    watch_gradients: bool = False

    @property
    def title(self) -> str:
        """The network, and how much of it learns."""
        return f"{registry.get(self.backbone).title}, {STRATEGY_TITLES[self.strategy].lower()}"

    @property
    def pretrained(self) -> bool:
        """Whether the run starts from pretrained weights."""
        return self.strategy != "scratch"

    @property
    def solves(self) -> bool:
        """Whether the classifier is solved for in one go, and not learned in steps."""
        return self.optimizer == "lbfgs"

    @property
    def views_an_image(self) -> int:
        """How many views of a training image frozen stages look at; one, the image itself, without augmentation."""
        return 1 if self.augmentation == "none" else self.views

    @field_validator("backbone")
    @classmethod
    def _known_backbone(cls, name: str) -> str:
        try:
            return registry.get(name).name
        except BadInputError as error:
            raise ValueError(str(error)) from error

    @model_validator(mode="after")
    def _fits_the_network(self) -> Self:
        network = registry.get(self.backbone)
        if self.strategy == "last-k" and self.stages > len(network.stages):
            raise ValueError(f"{network.title} has {len(network.stages)} stages, so {self.stages} can't be trained.")
        if self.pretrained and network.family == "Own":
            raise ValueError("A network of one's own has no pretrained weights; train it from scratch.")
        if self.solves and (self.strategy != "frozen" or self.hidden_units):
            raise ValueError(
                "L-BFGS solves for a linear classifier on features that stay as they are: with hidden units, or where "
                "other layers learn too, choose AdamW or SGD."
            )
        if self.watch_gradients and self.strategy != "scratch":
            raise ValueError("Gradients are watched from scratch only: pretrained networks are rebuilt for speed.")
        if network.fixed_size and {self.image_size, self.train_size, self.start_size} - {None, network.min_size}:
            raise ValueError(f"This network was built for images of {network.min_size} pixels, and takes no others.")
        if self.image_size is not None and self.image_size < network.min_size:
            raise ValueError(f"{network.title} needs images of at least {network.min_size} pixels.")
        size = self.image_size or network.preprocessing.crop
        if self.train_size is not None and not network.min_size <= self.train_size <= size:
            raise ValueError(f"Training views must have between {network.min_size} and {size} pixels a side.")
        largest = self.train_size or size
        if self.start_size is not None and not network.min_size <= self.start_size <= largest:
            raise ValueError(f"Training views can grow from between {network.min_size} and {largest} pixels a side.")
        if self.strategy == "probe-then-tune" and self.probe_epochs >= self.epochs:
            raise ValueError(
                f"With {self.epochs} epochs in all, at most {self.epochs - 1} can go to the classifier alone."
            )
        return self
