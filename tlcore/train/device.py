"""Which device trains, and in which precision."""

from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import Literal

import torch

from tlcore.errors import BadInputError

Precision = Literal["float32", "bfloat16"]
_MEMORY_IS_FULL = ("out of memory", "can't allocate memory")  # of a GPU, and of torch's allocator on a CPU
_BF16_CPU_FLAGS = {"amx_bf16", "avx512_bf16"}


@dataclass(frozen=True)
class Device:
    """A device that can train; `bf16` says that bfloat16 with channels_last is faster there than float32."""

    name: str
    bf16: bool
    title: str

    @property
    def torch(self) -> torch.device:
        """The device as torch names it."""
        return torch.device(self.name)

    def precision(self, wanted: str) -> Precision:
        """The precision to train in: what was wanted, or what the hardware gains from."""
        if wanted == "auto":
            return "bfloat16" if self.bf16 else "float32"
        return "bfloat16" if wanted == "bfloat16" else "float32"


def available() -> tuple[Device, ...]:
    """The devices of this machine, the fastest first; the CPU is always the last."""
    cuda = tuple(
        Device(f"cuda:{i}", torch.cuda.get_device_capability(i) >= (8, 0), torch.cuda.get_device_name(i))
        for i in range(torch.cuda.device_count() if torch.cuda.is_available() else 0)
    )
    mps = (Device("mps", bf16=False, title="Apple GPU"),) if torch.backends.mps.is_available() else ()
    return (*cuda, *mps, Device("cpu", bool(_BF16_CPU_FLAGS & _cpu_flags()), _cpu_title()))


def choose(name: str = "") -> Device:
    """The device of that name, or the fastest one."""
    devices = available()
    if not name:
        return devices[0]
    for device in devices:
        if device.name == name or device.name.split(":")[0] == name:
            return device
    raise BadInputError(f"There is no device '{name}' here; there is {', '.join(d.name for d in devices)}.")


def random_state(device: Device) -> list[torch.Tensor]:
    """The state of torch's own generators, from which dropout is drawn: the CPU's, and the device's if it has one."""
    if device.name == "mps":
        return [torch.get_rng_state(), torch.mps.get_rng_state()]
    return [torch.get_rng_state(), *([torch.cuda.get_rng_state(device.torch)] if device.name != "cpu" else [])]


def set_random_state(device: Device, state: list[torch.Tensor]) -> None:
    """Put back what `random_state` gave, as far as this device has such generators."""
    torch.set_rng_state(state[0])
    if len(state) > 1 and device.name != "cpu":
        (torch.mps.set_rng_state if device.name == "mps" else partial(torch.cuda.set_rng_state, device=device.torch))(
            state[1]
        )


def memory_in_use(device: Device) -> int:
    """Bytes that tensors hold on the device; the process's resident memory on a CPU."""
    if device.name.startswith("cuda"):
        return int(torch.cuda.max_memory_allocated(device.torch))
    if device.name == "mps":
        return int(torch.mps.current_allocated_memory())
    import psutil

    return int(psutil.Process().memory_info().rss)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether the error says that the device's memory is full."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or (
        isinstance(error, RuntimeError) and any(words in str(error).lower() for words in _MEMORY_IS_FULL)
    )


def is_device_failure(error: BaseException) -> bool:
    """Whether the error leaves a CUDA context behind that no process should go on using."""
    return isinstance(error, RuntimeError) and "cuda error" in str(error).lower()


@cache
def _cpu_flags() -> frozenset[str]:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return frozenset()
    line = next((line for line in text.splitlines() if line.startswith("flags")), "")
    return frozenset(line.split(":")[-1].split())


@cache
def _cpu_title() -> str:
    try:
        text = Path("/proc/cpuinfo").read_text()
    except OSError:
        return "CPU"
    line = next((line for line in text.splitlines() if line.startswith("model name")), "CPU")
    return line.split(":")[-1].strip()
