"""The result page's numbers, against counts made by hand."""

import numpy as np
import pytest
from safetensors.numpy import save_file

from tests.unit.jobs.conftest import ANN
from tlcore.data.dataset import Dataset, Example
from tlcore.errors import IncompleteRunError
from tlcore.jobs.running.results import load_result
from tlcore.jobs.running.runs import Runs
from tlcore.settings import get_settings
from tlcore.train.recipe.spec import TrainSpec
from tlcore.train.trained import PREDICTIONS

# four validation images: a right, b called a twice (once with more confidence), b right
PROBABILITIES = np.array([[0.9, 0.1], [0.7, 0.3], [0.95, 0.05], [0.2, 0.8]], np.float32)
LABELS = np.array([0, 1, 1, 1], np.int64)


@pytest.fixture
def dataset() -> Dataset:
    held_out = [Example(blob=f"{i:064d}", label=int(label), part="val", name=f"v{i}") for i, label in enumerate(LABELS)]
    train = [Example(blob=f"{9 + i:064d}", label=i, part="train", name=f"t{i}") for i in range(2)]
    return Dataset(classes=("a", "b"), examples=(*train, *held_out))


def test_the_numbers_of_a_part(runs: Runs, spec: TrainSpec, dataset: Dataset) -> None:
    run = runs.submit(ANN, spec, dataset)
    folder = get_settings().runs / run.id
    folder.mkdir(parents=True)
    save_file({"val.probabilities": PROBABILITIES, "val.labels": LABELS}, folder / PREDICTIONS)
    part = load_result(run, dataset).parts["val"]
    assert (part.correct, part.seen, part.accuracy) == (2, 4, 0.5)
    assert part.confusion == [[1, 0], [2, 1]]
    assert [image.name for image in part.mistakes] == ["v2", "v1"]
    assert [image.name for image in part.in_cell(1, 0)] == ["v2", "v1"]
    assert part.in_cell(0, 1) == []
    rows = {row["class"]: row for row in part.class_rows}
    assert rows["a"]["precision"] == pytest.approx(1 / 3)
    assert rows["b"]["recall"] == pytest.approx(1 / 3)
    assert rows["b"]["precision"] == 1.0
    assert [rows[name]["recall within"] for name in "ab"] == ["21% to 100%", "6% to 79%"]  # Wilson's of 1/1 and 1/3
    assert (part.balance.accuracy, part.balance.always) == (pytest.approx(2 / 3), 0.25)
    assert (part.balance.uneven, part.balance.few) == (True, {"a": 1, "b": 3})
    low, high = part.interval
    assert low < 0.5 < high
    assert part.mistakes[0].caption == "said a 95%\nis b"


def test_a_model_that_came_without_images_says_so(runs: Runs, spec: TrainSpec, dataset: Dataset) -> None:
    run = runs.submit(ANN, spec, dataset)
    with pytest.raises(IncompleteRunError, match="without its images"):
        load_result(run, Dataset(classes=("a", "b"), examples=()))
