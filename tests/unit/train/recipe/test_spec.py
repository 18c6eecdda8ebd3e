"""What can be asked for, and that nothing else can."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from tlcore.errors import BadSpecError
from tlcore.train.recipe.spec import MAX_EPOCHS, STRATEGIES, TrainSpec
from tlcore.zoo import registry

NAMES = st.sampled_from(registry.names())


@st.composite
def specs(draw: st.DrawFn) -> TrainSpec:
    """Any spec that a person could ask for."""

    def real(low: float, high: float, **bounds: bool) -> float:
        return draw(st.floats(low, high, allow_nan=False, **bounds))  # type: ignore[arg-type]

    network = registry.get(draw(NAMES))
    epochs = draw(st.integers(2, MAX_EPOCHS))
    return TrainSpec(
        backbone=network.name,
        strategy=draw(st.sampled_from(list(STRATEGIES))),
        stages=draw(st.integers(1, len(network.stages))),
        epochs=epochs,
        probe_epochs=draw(st.integers(1, epochs - 1)),
        batch_size=draw(st.integers(1, 1024)),
        optimizer=draw(st.sampled_from(["sgd", "adamw"])),
        lr=real(0, 10, exclude_min=True),
        body_lr_factor=real(0, 1, exclude_min=True),
        stage_decay=real(0, 1, exclude_min=True),
        momentum=real(0, 1, exclude_max=True),
        weight_decay=real(0, 1),
        l1=real(0, 1),
        schedule=draw(st.sampled_from(["constant", "step", "cosine"])),
        step_size=draw(st.integers(1, MAX_EPOCHS)),
        step_factor=real(0, 1, exclude_min=True, exclude_max=True),
        warmup_epochs=draw(st.integers(0, 100)),
        label_smoothing=real(0, 1, exclude_max=True),
        class_weights=draw(st.booleans()),
        hidden_units=draw(st.integers(0, 4096)),
        dropout=real(0, 1, exclude_max=True),
        augmentation=draw(st.sampled_from(["none", "light", "standard", "strong"])),
        flip=draw(st.booleans()),
        views=draw(st.integers(1, 32)),
        image_size=draw(st.none() | st.integers(max(32, network.min_size), 600)),
        patience=draw(st.integers(0, MAX_EPOCHS)),
        seed=draw(st.integers(0, 2**31 - 1)),
        precision=draw(st.sampled_from(["auto", "float32", "bfloat16"])),
    )


@given(specs())
def test_json_and_back_is_the_same_spec(spec: TrainSpec) -> None:
    assert TrainSpec.from_json(spec.to_json()) == spec
    assert TrainSpec.of(spec.model_dump()) == spec
    assert spec.with_changes() == spec


@pytest.mark.parametrize("name", registry.names())
def test_a_network_is_all_that_must_be_said(name: str) -> None:
    assert TrainSpec.of({"backbone": name}) == TrainSpec(backbone=name)


IMPOSSIBLE: list[tuple[dict[str, Any], str]] = [
    ({"backbone": "resnet19"}, "There is no network named 'resnet19'. Did you mean"),
    ({"backbone": 7}, "The backbone can't be 7: "),
    ({"backbone": None}, "The backbone can't be None: "),
    ({"strategy": "magic"}, "The strategy can't be 'magic': "),
    ({"strategy": ["frozen"]}, "The strategy can't be ['frozen']: "),
    ({"stages": 0}, "The stages can't be 0: "),
    ({"strategy": "last-k", "stages": 6}, "ResNet-18 has 5 stages, so 6 can't be trained."),
    ({"epochs": 0}, "The epochs can't be 0: "),
    ({"epochs": 1001}, "The epochs can't be 1001: "),
    ({"epochs": 2.5}, "The epochs can't be 2.5: "),
    ({"epochs": "many"}, "The epochs can't be 'many': "),
    ({"probe_epochs": 0}, "The probe epochs can't be 0: "),
    (
        {"strategy": "probe-then-tune", "epochs": 5, "probe_epochs": 5},
        "With 5 epochs in all, at most 4 can go to the classifier alone.",
    ),
    ({"batch_size": 0}, "The batch size can't be 0: "),
    ({"batch_size": 1025}, "The batch size can't be 1025: "),
    ({"optimizer": "lion"}, "The optimizer can't be 'lion': "),
    ({"lr": 0}, "The learning rate can't be 0: "),
    ({"lr": -0.1}, "The learning rate can't be -0.1: "),
    ({"lr": 11}, "The learning rate can't be 11: "),
    ({"lr": float("nan")}, "The learning rate can't be nan: "),
    ({"lr": float("inf")}, "The learning rate can't be inf: "),
    ({"lr": "fast"}, "The learning rate can't be 'fast': "),
    ({"body_lr_factor": 0}, "The learning-rate factor of the body can't be 0: "),
    ({"body_lr_factor": 1.1}, "The learning-rate factor of the body can't be 1.1: "),
    ({"stage_decay": 0}, "The stage decay can't be 0: "),
    ({"momentum": 1}, "The momentum can't be 1: "),
    ({"weight_decay": -1}, "The weight decay can't be -1: "),
    ({"weight_decay": float("nan")}, "The weight decay can't be nan: "),
    ({"l1": 2}, "The L1 penalty can't be 2: "),
    ({"schedule": "zigzag"}, "The schedule can't be 'zigzag': "),
    ({"step_size": 0}, "The step size can't be 0: "),
    ({"step_factor": 1}, "The step factor can't be 1: "),
    ({"step_factor": 0}, "The step factor can't be 0: "),
    ({"warmup_epochs": -1}, "The warmup epochs can't be -1: "),
    ({"label_smoothing": 1}, "The label smoothing can't be 1: "),
    ({"hidden_units": 4097}, "The hidden units can't be 4097: "),
    ({"dropout": 1}, "The dropout can't be 1: "),
    ({"augmentation": "wild"}, "The augmentation can't be 'wild': "),
    ({"views": 0}, "The views can't be 0: "),
    ({"views": 33}, "The views can't be 33: "),
    ({"image_size": 31}, "The image size can't be 31: "),
    ({"image_size": 601}, "The image size can't be 601: "),
    ({"train_size": 31}, "The size of training views can't be 31: "),
    ({"train_size": 601}, "The size of training views can't be 601: "),
    ({"train_size": 240}, "Training views must have between 32 and 224 pixels a side."),
    ({"train_size": 100, "image_size": 96}, "Training views must have between 32 and 96 pixels a side."),
    ({"start_size": 31}, "The size of training views at the start can't be 31: "),
    ({"start_size": 225}, "Training views can grow from between 32 and 224 pixels a side."),
    ({"start_size": 170, "train_size": 160}, "Training views can grow from between 32 and 160 pixels a side."),
    ({"mixing": 1.1}, "The share of mixed batches can't be 1.1: "),
    ({"averaging": 1}, "The decay of the weights' average can't be 1: "),
    ({"backbone": "inception_v3", "image_size": 74}, "Inception v3 needs images of at least 75 pixels."),
    ({"patience": -1}, "The patience can't be -1: "),
    ({"seed": -1}, "The seed can't be -1: "),
    ({"seed": 2**31}, "The seed can't be 2147483648: "),
    ({"precision": "float16"}, "The precision can't be 'float16': "),
    ({"watch_gradients": True}, "Gradients are watched from scratch only: "),
    ({"kind": "sweep"}, "The kind can't be 'sweep': "),
    ({"learning_rate": 0.1}, "There is no setting called 'learning_rate'."),
]


@pytest.mark.parametrize(("values", "beginning"), IMPOSSIBLE, ids=lambda value: str(value)[:40])
def test_an_impossible_value_is_one_sentence(values: dict[str, Any], beginning: str) -> None:
    with pytest.raises(BadSpecError) as caught:
        TrainSpec.of({"backbone": "resnet18", **values})
    message = str(caught.value)
    assert message.startswith(beginning)
    assert message.endswith((".", "?"))
    assert "\n" not in message
    assert "pydantic" not in message


@pytest.mark.parametrize(("values", "beginning"), IMPOSSIBLE, ids=lambda value: str(value)[:40])
def test_an_impossible_spec_cannot_be_built_at_all(values: dict[str, Any], beginning: str) -> None:
    with pytest.raises(ValidationError):
        TrainSpec(**{"backbone": "resnet18", **values})
    with pytest.raises(BadSpecError):
        TrainSpec(backbone="resnet18").with_changes(**values)


def test_every_bounded_setting_has_an_impossible_value_above() -> None:
    tried = {name for values, _ in IMPOSSIBLE for name in values}
    assert set(TrainSpec.model_fields) - tried == {"flip", "class_weights"}  # true or false


def test_a_spec_without_a_network_is_a_sentence() -> None:
    with pytest.raises(BadSpecError, match="The setting 'backbone' is missing"):
        TrainSpec.of({})


@pytest.mark.parametrize("text", ["", "{", "[]", '{"backbone": "resnet18", "lr": NaN}', '{"backbone": "resnet18"} x'])
def test_json_that_is_no_spec_is_refused(text: str) -> None:
    with pytest.raises(BadSpecError):
        TrainSpec.from_json(text)


def test_a_spec_never_changes() -> None:
    spec = TrainSpec(backbone="resnet18")
    with pytest.raises(ValidationError):
        spec.lr = 1.0  # type: ignore[misc]
    assert spec.with_changes(lr=0.5).lr == 0.5
    assert spec.lr == 0.05


def test_only_from_scratch_starts_without_pretrained_weights() -> None:
    starts = {strategy: TrainSpec(backbone="resnet18", strategy=strategy).pretrained for strategy in STRATEGIES}
    assert starts == {"frozen": True, "last-k": True, "full": True, "probe-then-tune": True, "scratch": False}


@pytest.mark.parametrize("name", registry.names())
def test_any_network_can_train_all_of_its_stages_but_no_more(name: str) -> None:
    count = len(registry.get(name).stages)
    assert TrainSpec.of({"backbone": name, "strategy": "last-k", "stages": count}).stages == count
    with pytest.raises(BadSpecError, match=f"has {count} stages, so {count + 1} can't be trained"):
        TrainSpec.of({"backbone": name, "strategy": "last-k", "stages": count + 1})
