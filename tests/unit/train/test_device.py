"""Devices: which there are, which is chosen, and which errors mean what; the GPUs here are invented."""

import pytest
import torch

from tlcore.errors import BadInputError
from tlcore.train import device as devices
from tlcore.train.device import Device


@pytest.fixture
def gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine with an old and a new NVIDIA GPU."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "get_device_capability", lambda index: [(7, 5), (9, 0)][index])
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda index: ["Tesla T4", "H200"][index])


@pytest.fixture
def no_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without any."""
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: False)


@pytest.mark.usefixtures("gpus")
def test_gpus_come_first_and_the_cpu_last() -> None:
    found = devices.available()
    assert [device.name for device in found] == ["cuda:0", "cuda:1", "cpu"]
    assert [device.title for device in found[:2]] == ["Tesla T4", "H200"]


@pytest.mark.usefixtures("gpus")
def test_bfloat16_is_for_gpus_from_ampere_on() -> None:
    old, new, _ = devices.available()
    assert (old.bf16, new.bf16) == (False, True)
    assert (old.precision("auto"), new.precision("auto")) == ("float32", "bfloat16")


@pytest.mark.usefixtures("no_gpu")
def test_without_gpus_there_is_the_cpu() -> None:
    (cpu,) = devices.available()
    assert (cpu.name, cpu.torch) == ("cpu", torch.device("cpu"))
    assert cpu.title


@pytest.mark.usefixtures("no_gpu")
def test_a_mac_has_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.mps, "is_available", lambda: True)
    assert [device.name for device in devices.available()] == ["mps", "cpu"]
    assert devices.choose("").precision("auto") == "float32"


@pytest.mark.usefixtures("gpus")
@pytest.mark.parametrize(("name", "chosen"), [("", "cuda:0"), ("cuda", "cuda:0"), ("cuda:1", "cuda:1"), ("cpu", "cpu")])
def test_a_device_is_chosen_by_its_name(name: str, chosen: str) -> None:
    assert devices.choose(name).name == chosen


@pytest.mark.usefixtures("gpus")
@pytest.mark.parametrize("name", ["cuda:2", "tpu", "CPU", "cuda:", ":"])
def test_a_device_that_is_not_there_is_a_sentence(name: str) -> None:
    with pytest.raises(BadInputError) as caught:
        devices.choose(name)
    assert str(caught.value) == f"There is no device '{name}' here; there is cuda:0, cuda:1, cpu."


@pytest.mark.parametrize(
    ("flags", "faster"),
    [
        ("fpu vme sse2 avx2 avx512f", False),
        ("fpu avx512_bf16 sse2", True),
        ("amx_bf16 amx_tile amx_int8", True),
        ("amx_int8 avx512_vnni", False),
        ("", False),
    ],
)
def test_a_cpu_gains_from_bfloat16_where_it_has_instructions_for_it(
    monkeypatch: pytest.MonkeyPatch, flags: str, faster: bool
) -> None:
    monkeypatch.setattr(devices, "_cpu_flags", lambda: frozenset(flags.split()))
    cpu = devices.available()[-1]
    assert cpu.bf16 == faster
    assert cpu.precision("auto") == ("bfloat16" if faster else "float32")


@pytest.mark.parametrize("bf16", [True, False])
@pytest.mark.parametrize("wanted", ["float32", "bfloat16"])
def test_a_precision_that_is_asked_for_is_taken(bf16: bool, wanted: str) -> None:
    assert Device("cpu", bf16=bf16, title="CPU").precision(wanted) == wanted


@pytest.mark.parametrize(
    ("error", "full"),
    [
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"), True),
        (RuntimeError("MPS backend out of memory (MPS allocated: 5 GB)"), True),
        (MemoryError(), True),
        (RuntimeError("mat1 and mat2 shapes cannot be multiplied"), False),
        (ValueError("out of memory"), False),
        (KeyError("cuda"), False),
    ],
)
def test_full_memory_is_recognised(error: BaseException, full: bool) -> None:
    assert devices.is_out_of_memory(error) == full


def test_full_memory_of_a_cpu_is_recognised() -> None:
    """As torch's own allocator reports it."""
    with pytest.raises(RuntimeError) as caught:
        torch.empty(1 << 55, dtype=torch.uint8)
    assert devices.is_out_of_memory(caught.value)
    assert not devices.is_device_failure(caught.value)


@pytest.mark.parametrize(
    ("error", "broken"),
    [
        (RuntimeError("CUDA error: an illegal memory access was encountered"), True),
        (RuntimeError("CUDA error: device-side assert triggered"), True),
        (RuntimeError("size mismatch"), False),
        (ValueError("CUDA error"), False),
    ],
)
def test_a_broken_gpu_context_is_recognised(error: BaseException, broken: bool) -> None:
    assert devices.is_device_failure(error) == broken


def test_memory_in_use_on_a_cpu_is_the_processs() -> None:
    used = devices.memory_in_use(Device("cpu", bf16=False, title="CPU"))
    held = torch.ones(50_000_000)  # 200 MB
    assert devices.memory_in_use(Device("cpu", bf16=False, title="CPU")) - used > 150_000_000
    assert len(held) == 50_000_000
