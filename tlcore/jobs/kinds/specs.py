"""What jobs other than training are asked to do; nothing here needs torch, for pages read it too."""

from collections.abc import Mapping
from typing import ClassVar, Literal, get_args

from pydantic import Field, field_validator

from tlcore.errors import BadInputError
from tlcore.gradients.through_time import texts
from tlcore.specs import SEEDS, Spec
from tlcore.zoo import architectures, registry

Racer = Literal["cifar_plain20", "cifar_plain56", "cifar_resnet20", "cifar_resnet56"]
RACERS: tuple[Racer, ...] = get_args(Racer)
"""Plain and residual, of two depths: He et al. 2015, figure 6."""


class SpeedSpec(Spec):
    """The networks to measure, in batches of `batch_size` images of each network's own size."""

    words: ClassVar[Mapping[str, str]] = {"batch_size": "batch", "networks": "list of networks"}

    kind: Literal["speed"] = "speed"
    networks: tuple[str, ...] = Field(min_length=1, max_length=8)
    batch_size: int = Field(8, ge=1, le=256)

    @property
    def title(self) -> str:
        """The networks."""
        return f"Speed of {', '.join(architectures.get(name).title for name in self.networks)}"

    @field_validator("networks")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        try:
            return tuple(dict.fromkeys(architectures.get(name).name for name in names))
        except BadInputError as error:
            raise ValueError(str(error)) from error


class DegradationSpec(Spec):
    """A race of the `networks`, over so many epochs of the same images."""

    words: ClassVar[Mapping[str, str]] = {"networks": "list of networks", "epochs": "number of epochs"}

    kind: Literal["degradation"] = "degradation"
    networks: tuple[Racer, ...] = Field(RACERS, min_length=1)
    epochs: int = Field(40, ge=1, le=1000)
    seed: int = Field(0, ge=0, le=SEEDS[-1])
    batch_size: int = Field(32, ge=1, le=1024)

    @property
    def title(self) -> str:
        """The networks."""
        return f"Race of {', '.join(registry.get(name).title.partition(' ')[0] for name in self.networks)}"


_RUN_ID = r"^[0-9a-f]{16}(/[a-z0-9_]{1,40})?$"
"""A run, or one of several networks that it trained."""


class OnRunSpec(Spec):
    """A measurement of the model of a finished `run`, on some of the images that it was made with."""

    run: str = Field(pattern=_RUN_ID)


class LesionSpec(OnRunSpec):
    """Lesions of the model of a finished `run`, on up to `images` of its validation images.

    Each block is left out alone; `draws` times each, more and more of them are left out together, and exchanged.
    `paths` are drawn of every length, to measure the gradient along them (0: none).
    """

    words: ClassVar[Mapping[str, str]] = {"images": "number of images", "draws": "number of draws"}

    kind: Literal["lesions"] = "lesions"
    images: int = Field(150, ge=2, le=10_000)
    draws: int = Field(5, ge=0, le=20)
    paths: int = Field(5, ge=0, le=20)
    seed: int = Field(0, ge=0, le=SEEDS[-1])
    batch_size: int = Field(64, ge=1, le=1024)

    @property
    def title(self) -> str:
        """The run."""
        return f"Lesions of {self.run}"


class SurfaceSpec(OnRunSpec):
    """The loss around the model of a finished `run`, on up to `images` of its training images.

    `side` x `side` places up to `span` away along two directions, which are drawn with `seed`.
    """

    words: ClassVar[Mapping[str, str]] = {"images": "number of images", "side": "side of the grid"}

    kind: Literal["surface"] = "surface"
    side: Literal[9, 17, 25, 33, 41, 49] = 17
    span: float = Field(1.0, gt=0, le=10)
    images: int = Field(64, ge=2, le=10_000)
    seed: int = Field(0, ge=0, le=SEEDS[-1])
    batch_size: int = Field(64, ge=1, le=1024)

    @property
    def title(self) -> str:
        """The run."""
        return f"Loss around {self.run}"


class LanguageSpec(Spec):
    """A network that learns to write after a `text`, the built-in one where none is given; see `language.Plan`."""

    words: ClassVar[Mapping[str, str]] = {
        "units": "number of units", "lr": "rate", "clip": "clipping", "steps": "number of steps",
    }  # fmt: skip

    kind: Literal["language"] = "language"
    text: str = ""
    cell: Literal["rnn", "lstm", "gru"] = "lstm"
    units: int = Field(128, ge=8, le=256)
    lr: float = Field(0.005, gt=0, le=0.1)
    clip: float = Field(1.0, ge=0, le=100)
    steps: int = Field(1000, ge=10, le=5000)
    batch_size: int = Field(32, ge=1, le=128)
    length: int = Field(64, ge=8, le=256)
    seed: int = Field(0, ge=0, le=SEEDS[-1])

    @property
    def title(self) -> str:
        """The cell, and what it reads."""
        what = f"a text of {len(self.text):,} characters" if self.text else "the built-in text"
        return f"{self.cell.upper()} that learns {what}"

    @field_validator("text")
    @classmethod
    def _readable(cls, text: str) -> str:
        try:
            return texts.checked(text) if text else ""
        except BadInputError as error:
            raise ValueError(str(error)) from error
