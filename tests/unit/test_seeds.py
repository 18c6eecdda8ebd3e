"""Seeds: a name's is the same everywhere, a number is its own, and nobody derives one otherwise."""

import random
import re
import subprocess
import sys

import numpy as np
import torch

from tlcore.seeds import numpy_generator, python_random, seed_of, torch_generator
from tlcore.settings import PROJECT_ROOT

ELSEWHERE = {
    "seeds.py": "the one place",
    "lesions.py": "measurements that are kept were drawn by these",
    "loop.py": "a run goes on as it began; the worker's own generator draws dropout",
    "model.py": "the worker's own generator draws the weights of a run",
}


def test_a_name_has_the_same_numbers_on_every_machine() -> None:
    """The pixels of the sample sets are drawn by them."""
    assert numpy_generator("signs", "stop", 3).integers(0, 1000, 6).tolist() == [906, 621, 416, 268, 265, 350]
    assert seed_of("7") == 160849114087681892699441458284871181591


def test_a_number_is_its_own_seed() -> None:
    assert seed_of(7) == 7
    assert numpy_generator(7).random() == np.random.default_rng(7).random()
    assert python_random(7).random() == random.Random(7).random()
    own = torch.Generator().manual_seed(7)
    assert torch.equal(torch.rand(3, generator=torch_generator(7)), torch.rand(3, generator=own))


def test_every_part_of_a_name_counts() -> None:
    keys = [(7,), ("7",), (7, 0), (0, 7), (7, "training"), (8, "training")]
    assert len({seed_of(*key) for key in keys}) == len(keys)
    drawn = {float(torch.rand(1, generator=torch_generator(*key))) for key in keys}
    assert len(drawn) == len(keys)


def test_nobody_makes_a_generator_of_their_own() -> None:
    made = re.compile(r"manual_seed\(|default_rng\(|\bRandom\(|np\.random\.seed|random\.seed\(")
    files = [file for folder in ("tlcore", "pages") for file in (PROJECT_ROOT / folder).rglob("*.py")]
    assert {file.name for file in files if made.search(file.read_text("utf-8"))} - {"seeded.py"} == set(ELSEWHERE)


def test_a_seed_needs_no_torch() -> None:
    code = "import sys; from tlcore.seeds import seed_of; seed_of('a'); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], cwd=PROJECT_ROOT, check=False).returncode == 0
