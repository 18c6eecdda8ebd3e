"""A network as source: it runs by itself, and builds the very same network."""

import subprocess
import sys
from pathlib import Path

from tlcore.zoo import architectures
from tlcore.zoo.source import as_pytorch


def test_it_builds_the_network_without_this_project(tmp_path: Path) -> None:
    """Each script in a namespace of its own, all in one process that cannot see this project."""
    names = ["lenet5", "cifar_plain20", "resnet18_64", "squeezenet1_1", "densenet264", "yolov3_tiny"]
    for name in names:
        assert "tlcore" not in as_pytorch(name)
        (tmp_path / f"{name}.py").write_text(as_pytorch(name))
    runner = tmp_path / "runner.py"
    runner.write_text(
        "import runpy, sys\n"
        "for script in sys.argv[1:]:\n"
        "    print(sum(p.numel() for p in runpy.run_path(script)['network'].parameters()))\n"
    )
    command = [sys.executable, "-I", str(runner), *(f"{name}.py" for name in names)]
    done = subprocess.run(command, capture_output=True, text=True, check=True, cwd=tmp_path)
    own = [architectures.get(name).build("meta") for name in names]
    assert [int(line) for line in done.stdout.split()] == [sum(p.numel() for p in one.parameters()) for one in own]
