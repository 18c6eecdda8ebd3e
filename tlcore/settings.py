"""One frozen `Settings`, read once from the environment (`TLCORE_…`)."""

import os
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict, SettingsError

from tlcore.errors import BadInputError

PROJECT_ROOT = Path(__file__).resolve().parents[1]
MEGABYTE = 1_000_000
_CONTROL_GROUPS = Path("/sys/fs/cgroup")


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
    def most_threads(self) -> int:
        """How many threads a process may use: as many as were set here or for OpenMP, or one a core."""
        told = os.environ.get("OMP_NUM_THREADS", "")
        return self.threads or (int(told) if told.isdecimal() and int(told) else cores())

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


def cores() -> int:
    """How many processor cores this process may use: those it is bound to, and no more than a container's share."""
    bound = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(bound, int(_container_share() or bound)))


def _container_share() -> float | None:
    """The cores that a control group's quota is worth (Linux, version 2 or 1); None without one."""
    for files in (["cpu.max"], ["cpu/cpu.cfs_quota_us", "cpu/cpu.cfs_period_us"]):
        with suppress(OSError, ValueError):
            quota, period = " ".join((_CONTROL_GROUPS / name).read_text() for name in files).split()
            return int(quota) / int(period) if int(quota) > 0 else None  # "max" in version 2, -1 in version 1
    return None


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
