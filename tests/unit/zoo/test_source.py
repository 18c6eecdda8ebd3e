"""A network as source: it runs by itself, and builds the very same network."""

import subprocess
import sys
from pathlib import Path

import pytest

from tlcore.zoo import architectures
from tlcore.zoo.source import as_pytorch


@pytest.mark.parametrize(
    "name", ["lenet5", "cifar_plain20", "resnet18_64", "squeezenet1_1", "densenet264", "yolov3_tiny"]
)
def test_it_builds_the_network_without_this_project(name: str, tmp_path: Path) -> None:
    script = tmp_path / "network.py"
    script.write_text(as_pytorch(name) + "print(sum(p.numel() for p in network.parameters()))\n")
    done = subprocess.run([sys.executable, "-I", str(script)], capture_output=True, text=True, check=True, cwd=tmp_path)
    own = architectures.get(name).build("meta")
    assert int(done.stdout.split()[-1]) == sum(p.numel() for p in own.parameters())
    assert "tlcore" not in as_pytorch(name)
