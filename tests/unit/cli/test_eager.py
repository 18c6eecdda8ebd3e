"""The stand-in for torch's compiler: what it saves, and that the real one is there for whoever wants it."""

import subprocess
import sys
from pathlib import Path

from tlcore.settings import PROJECT_ROOT

_BEGIN = "import sys\nfrom tlcore.cli.eager import stand_in\nstand_in()\n"
_IS_REAL = "'torch._dynamo.eval_frame' in sys.modules"


def said_by(code: str) -> list[str]:
    """What a fresh process prints that begins with the stand-in."""
    command = [sys.executable, "-c", _BEGIN + code]
    return subprocess.run(command, cwd=PROJECT_ROOT, capture_output=True, text=True, check=True).stdout.splitlines()


def test_training_code_and_an_optimizers_steps_load_no_compiler() -> None:
    """Nor does torchvision; the same steps as with the compiler are tested with each optimizer."""
    code = f"""
import torch, torchvision, tlcore.train.run
for kind in (torch.optim.SGD, torch.optim.AdamW):
    weight = torch.nn.Parameter(torch.tensor([1.0, -2.0]))
    optimizer = kind([weight], lr=0.1, weight_decay=0.0, fused=True)
    for _ in range(2):
        optimizer.zero_grad(set_to_none=True)
        (weight**2).sum().backward()
        optimizer.step()
    state = optimizer.state_dict()
    optimizer.load_state_dict(state)
    print([round(value, 4) for value in weight.tolist()])
print({_IS_REAL})
"""
    sgd, adam, compiler = said_by(code)
    assert sgd == str([0.64, -1.28])  # w -> 0.8 w, twice
    assert adam == str([0.8004, -1.8002])  # the first step is the rate; the second a little less
    assert compiler == "False"


def test_whoever_wants_the_compiler_gets_the_real_one() -> None:
    code = f"""
import torch
print({_IS_REAL})
compiled = torch.compile(lambda x: (x * 2).sum(), backend="eager")
print(float(compiled(torch.ones(3))), {_IS_REAL})
import torch._dynamo.config, torch._dynamo
from torch._dynamo.utils import is_compile_supported
print(torch._dynamo.config is sys.modules["torch._dynamo.config"], torch._dynamo.__spec__.name)
"""
    assert said_by(code) == ["False", "6.0 True", "True torch._dynamo"]


def test_a_part_of_the_compiler_is_imported_from_the_real_one() -> None:
    code = f"""
import torch._dynamo.config as config
print(config.__spec__.loader.__class__.__name__, sys.modules["torch._dynamo.config"] is config, {_IS_REAL})
"""
    assert said_by(code) == ["SourceFileLoader True True"]


def test_what_torchvision_asks_it_is_answered_by_the_real_one() -> None:
    code = f"""
from torchvision.ops.roi_align import is_compile_supported
print({_IS_REAL})
print(is_compile_supported("cuda") in (True, False), {_IS_REAL})
"""
    assert said_by(code) == ["False", "True True"]


def test_a_compiler_that_is_loaded_stays() -> None:
    code = "import torch._dynamo as real\nstand_in()\nimport torch._dynamo\nprint(torch._dynamo is real)"
    assert said_by(code) == ["True"]


def test_commands_answer_without_the_compiler(image_folder: Path, tmp_path: Path) -> None:
    """Training with every sort of setting, predicting with what came of it, and a layer table."""
    out, image = tmp_path / "model.zip", next(image_folder.glob("*/*.png"))
    train = ["train", str(image_folder), "--backbone", "cifar_resnet20", "--strategy", "scratch", "--epochs", "1"]
    commands = [
        [*train, "--set", "optimizer=adamw", "--set", "mixing=0.5", "--set", "averaging=0.9", "--out", str(out)],
        ["predict", str(out), str(image), "--json"],
        ["layers", "resnet18", "--json"],
    ]
    code = f"from tlcore.cli.main import main\nfor command in {commands}:\n    print('ended', main(command))\n"
    said = said_by(f"{code}print({_IS_REAL})")
    assert [line for line in said if line.startswith("ended")] == ["ended 0"] * 3
    assert said[-1] == "False"
