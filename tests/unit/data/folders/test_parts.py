"""Names of parts as people use them, and names that only look like one."""

import pytest

from tlcore.data.folders.parts import part_named, parts_among


@pytest.mark.parametrize(
    ("names", "parts"),
    [
        ("train test", "train test"),
        ("TRAIN Valid", "train val"),
        ("Training Testing", "train test"),
        ("training_set test_set", "train test"),
        ("train-images validation-images", "train val"),
        ("trainset testset", "train test"),
        ("TrainData ValData", "train val"),
        ("train2017 val2017", "train val"),
        ("1_train 2_dev 3_test", "train val test"),
        ("train dev eval", "train val test"),
        ("train eval test", "train val test"),
        ("train eval", "train val"),
        ("train holdout", "train val"),
        ("train hold-out", "train val"),
        ("train val held_out", "train val test"),
        ("trainval test", "train test"),
        ("Trainingsdaten Validierungsdaten Testdaten", "train val test"),
        ("entraînement validation", "train val"),
        ("训练集 测试集", "train test"),
        ("обучение валидация тест", "train val test"),
        ("seg_train seg_test", "train test"),
        ("asl_alphabet_train asl_alphabet_test", "train test"),
        ("flowers-Train flowers-Valid", "train val"),
    ],
)
def test_parts_are_known_by_what_people_call_them(names: str, parts: str) -> None:
    found = parts_among(names.split())
    assert [found.get(name) for name in names.split()] == parts.split()


@pytest.mark.parametrize(
    "names",
    [
        ["steam_train", "toy_train"],
        ["freight train", "tram"],
        ["test tube", "test strip"],
        ["contest", "latest"],
        ["train_test_split"],
        ["cats_train", "dogs_test"],
        ["developer", "evaluator"],
        ["unlabelled"],
        [],
    ],
)
def test_other_names_are_no_parts(names: list[str]) -> None:
    assert parts_among(names) == {}


def test_images_without_classes_lie_beside_parts() -> None:
    assert parts_among(["seg_train", "seg_test", "seg_pred"])["seg_pred"] is None
    assert parts_among(["train", "unlabeled"]) == {"train": "train", "unlabeled": None}


def test_a_part_may_be_called_after_the_folder_around_it() -> None:
    assert parts_among(["cats_train"], parent="cats") == {"cats_train": "train"}
    assert parts_among(["cats_train"]) == {}


def test_a_name_alone_says_its_part() -> None:
    assert [part_named(name) for name in ("train", "Testing", "val", "bus")] == ["train", "test", "val", None]
