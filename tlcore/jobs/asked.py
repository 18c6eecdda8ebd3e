"""What jobs other than training are asked to do; nothing here needs torch, for pages read it too."""

from collections.abc import Mapping
from typing import ClassVar, Literal

from pydantic import Field, field_validator

from tlcore.errors import BadInputError
from tlcore.specs import Spec
from tlcore.zoo import architectures


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
