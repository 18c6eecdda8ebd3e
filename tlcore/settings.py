"""One frozen `Settings`, read once from the environment (`TLCORE_…`)."""

from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from tlcore.errors import BadInputError

PROJECT_ROOT = Path(__file__).resolve().parents[1]
MEGABYTE = 1_000_000


class Limits(BaseModel):
    """What one upload, one image and one person may cost this machine."""

    model_config = ConfigDict(frozen=True)

    zip_bytes: int = 100 * MEGABYTE
    unpacked_bytes: int = 300 * MEGABYTE
    files: int = 2_000
    image_bytes: int = 10 * MEGABYTE
    looked_at_bytes: int = 30 * MEGABYTE
    image_pixels: int = 25 * MEGABYTE
    image_min_side: int = 8
    classes: int = 100
    ingest_memory_bytes: int = 512 * MEGABYTE
    ingest_cpu_seconds: int = 240
    ingest_open_files: int = 64
    owner_bytes: int = 500 * MEGABYTE
    cache_bytes: int = 8_000 * MEGABYTE
    model_bytes: int = 700 * MEGABYTE
    running_runs: int = 1
    queued_runs: int = 3

    @property
    def looked_at(self) -> "Limits":
        """Those of an image that is not kept: it may be smaller than one to learn from, and its file larger."""
        return self.model_copy(update={"image_min_side": 1, "image_bytes": self.looked_at_bytes})


class Settings(BaseSettings):
    """Where things are kept and how much of the machine may be used."""

    model_config = SettingsConfigDict(env_prefix="TLCORE_", env_nested_delimiter="__", frozen=True, extra="ignore")

    home: Path = Field(default_factory=lambda: Path.home() / ".local" / "share" / "transfer-lab")
    database_url: str = ""
    weights: Path | None = None
    weights_url: str = ""
    datasets_url: str = ""
    workers: Literal["supervised", "external"] = "supervised"
    device: str = ""
    threads: int = Field(0, ge=0)
    limits: Limits = Limits()

    @field_validator("home", "weights")
    @classmethod
    def _absolute(cls, folder: Path | None) -> Path | None:
        return folder and folder.expanduser().absolute()

    @property
    def folders(self) -> dict[str, str]:
        """The environment for a process that runs elsewhere, where a relative folder would be another one."""
        given = {"TLCORE_HOME": self.home, "TLCORE_WEIGHTS": self.weights}
        return {name: str(folder) for name, folder in given.items() if folder}

    @property
    def database(self) -> str:
        """The database URL; a file in the home folder unless one is given."""
        return self.database_url or f"sqlite:///{self.home / 'lab.sqlite3'}"

    @property
    def blobs(self) -> Path:
        """Where the images are kept, each named by its hash."""
        return self.home / "blobs"

    @property
    def cache(self) -> Path:
        """Where everything is kept that can be computed again."""
        return self.home / "cache"

    @property
    def runs(self) -> Path:
        """Where checkpoints and finished models are kept, one folder a run."""
        return self.home / "runs"

    @property
    def scratch(self) -> Path:
        """Where uploads are while they are checked, and zips while they are downloaded; what is left is tidied away."""
        return self.home / "scratch"

    @property
    def embedded_backbones(self) -> Path:
        """The pretrained networks that the project itself carries."""
        return PROJECT_ROOT / "assets" / "backbones"


@cache
def get_settings() -> Settings:
    """The settings of this process; the environment is read at the first call."""
    try:
        return Settings()
    except ValidationError as error:
        problem = error.errors()[0]
        name = "TLCORE_" + "__".join(map(str, problem["loc"])).upper()
        rule = problem["msg"][0].lower() + problem["msg"][1:]
        raise BadInputError(f"{name} can't be '{problem['input']}': {rule}.") from error
    except SettingsError as error:
        raise BadInputError(f"The TLCORE_ variables can't be read: {error}.") from error
