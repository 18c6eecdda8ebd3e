"""The training page: the picker, the strip, blocked buttons in words, and submitting."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest
from sqlalchemy import Connection
from streamlit.testing.v1 import AppTest

from pages._parts import components
from pages._parts.session import Services
from pages._parts.words import LOW_AND_HIGH
from tests.conftest import BACKBONE, Backbone, finished_with
from tests.pages.conftest import OWNER
from tlcore.jobs.running import runs as runs_module
from tlcore.jobs.running.queue import Queue
from tlcore.jobs.store.database import Database
from tlcore.settings import get_settings
from tlcore.train.recipe.advice import from_scratch, recommended
from tlcore.train.recipe.effects import EFFECTS, Case, idle
from tlcore.train.recipe.spec import MAX_EPOCHS, STRATEGIES, STRATEGY_TITLES, TrainSpec
from tlcore.zoo import registry

Visit = Callable[..., AppTest]


@pytest.fixture
def shapes_set(services: Services, put_shapes: Callable[[str], None]) -> str:
    made = services.library.create(OWNER, "Shapes")
    put_shapes(made.id)
    return made.id


def captions(page: AppTest) -> str:
    return " ".join(caption.value for caption in page.caption)


def knob(widgets: Iterable[Any], label: str) -> Any:
    """The knob of that label; its key changes with the settings it belongs to."""
    return next(widget for widget in widgets if widget.label == label)


def in_steps(page: AppTest) -> None:
    """Have a classifier on frozen features learn epoch by epoch."""
    page.selectbox(key="preset").set_value("Epoch by epoch").run()


def test_without_weights_the_page_says_so_and_offers_training_from_scratch(visit: Visit, shapes_set: str) -> None:
    page = visit("train", set=shapes_set)
    picker = page.selectbox(key="backbone")
    assert len(picker.options) == len(registry.names()) >= 30
    assert all("no weights here" in option for option in picker.options)
    assert page.radio(key="strategy").value == "scratch"
    assert "fetch-weights" in " ".join(markdown.value for markdown in page.markdown)
    assert not page.button(key="train").disabled
    page.radio(key="strategy").set_value("frozen").run()
    assert page.button(key="train").disabled
    assert "weights of ResNet-18 are not on this machine" in captions(page)


def test_with_weights_the_ready_network_comes_first_and_frozen(
    throwaway_backbone: Backbone, visit: Visit, shapes_set: str
) -> None:
    page = visit("train", set=shapes_set)
    assert page.selectbox(key="backbone").value == BACKBONE
    assert page.selectbox(key="backbone").options[0].endswith("ready")
    assert page.radio(key="strategy").value == "frozen"


def test_training_needs_images_in_words(visit: Visit, services: Services) -> None:
    page = visit("train")
    assert page.button(key="train").disabled
    assert "Choose an image set first." in captions(page)
    made = services.library.create(OWNER, "Empty")
    page = visit("train", set=made.id)
    assert "Add images first" in captions(page)


def test_a_click_queues_a_run_with_the_pickers_settings(
    throwaway_backbone: Backbone, visit: Visit, services: Services, shapes_set: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    places: list[str] = []
    monkeypatch.setattr(components, "live_run", lambda *_, place, **__: places.append(place))
    page = visit("train", set=shapes_set)
    page.radio(key="strategy").set_value("last-k").run()
    page.slider(key="stages").set_value(2).run()
    knob(page.slider, "Epochs").set_value(7).run()
    page.button(key="train").click().run()
    (run,) = services.runs.all(OWNER)
    assert (run.state, run.spec.backbone, run.spec.strategy) == ("queued", BACKBONE, "last-k")
    assert (run.spec.stages, run.spec.epochs, run.collection) == (2, 7, shapes_set)
    assert places[-1] == "Next in line."
    assert not page.exception


def test_which_layers_are_low_is_said_where_one_chooses_what_learns(
    throwaway_backbone: Backbone, visit: Visit, shapes_set: str
) -> None:
    """From scratch there is nothing general that is reused."""
    page = visit("train", set=shapes_set)
    for strategy in STRATEGIES:
        page.radio(key="strategy").set_value(strategy).run()
        assert (LOW_AND_HIGH in captions(page)) is (strategy != "scratch"), strategy


def test_another_strategy_brings_its_own_settings(throwaway_backbone: Backbone, visit: Visit, shapes_set: str) -> None:
    page = visit("train", set=shapes_set)
    in_steps(page)
    knob(page.slider, "Epochs").set_value(3).run()
    touched = knob(page.slider, "Epochs").key
    page.radio(key="strategy").set_value("full").run()
    assert knob(page.slider, "Epochs").key != touched  # a browser goes on sending the value of a key that it knows
    expected = recommended({"backbone": BACKBONE, "strategy": "full"})
    assert knob(page.slider, "Epochs").value == expected.epochs
    page.selectbox(key="preset").set_value("PyTorch tutorial").run()
    assert knob(page.slider, "Epochs").value == 25
    assert knob(page.select_slider, "Learning rate").value == 0.001


def test_the_queue_refuses_in_a_sentence(
    throwaway_backbone: Backbone, visit: Visit, services: Services, shapes_set: str
) -> None:
    page = visit("train", set=shapes_set)
    for _ in range(3):
        page.button(key="train").click().run()
        page.button(key="another").click().run()
    page.button(key="train").click().run()
    assert len(services.runs.all(OWNER)) == 3
    assert [error.value for error in page.error] == [
        "You have 3 runs waiting, the most that one person may have; cancel one or wait for its turn."
    ]


def test_copying_settings_sets_the_pickers(
    throwaway_backbone: Backbone, visit: Visit, services: Services, shapes_set: str
) -> None:
    page = visit("train", set=shapes_set)
    page.radio(key="strategy").set_value("full").run()
    knob(page.slider, "Epochs").set_value(3).run()
    page.button(key="train").click().run()
    page.button(key="stop").click().run()
    page.button(key="another").click().run()
    page.radio(key="strategy").set_value("frozen").run()
    page.button(key="back").click().run()
    page.button(key="clone").click().run()
    assert page.radio(key="strategy").value == "full"
    assert knob(page.slider, "Epochs").value == 3


def test_a_link_opens_the_page_in_its_state(throwaway_backbone: Backbone, visit: Visit, shapes_set: str) -> None:
    page = visit("train", set=shapes_set, strategy="Full fine-tuning")
    assert page.radio(key="strategy").value == "full"


def test_copied_sizes_stay_with_the_network_they_were_chosen_for(
    throwaway_backbone: Backbone, visit: Visit, shapes_set: str
) -> None:
    page = visit("train", set=shapes_set)
    copied = recommended({"backbone": "efficientnet_b7", "strategy": "full"})
    assert (copied.train_size or 0) > registry.get(BACKBONE).preprocessing.crop
    page.session_state["_copied"] = copied.model_dump()
    page.radio(key="strategy").set_value("full").run()
    page.selectbox(key="preset").set_value("As copied").run()
    assert "Training views must" not in captions(page)
    assert not page.button(key="train").disabled


def test_no_other_set_stands_in_for_one_that_is_gone(
    throwaway_backbone: Backbone, visit: Visit, services: Services, shapes_set: str
) -> None:
    """A set that was deleted in another tab was once silently replaced by the next one, and trained on."""
    page = visit("train", set=shapes_set)
    services.library.create(OWNER, "Another")
    services.library.delete(OWNER, shapes_set)
    page.button(key="train").click().run()
    assert services.runs.all(OWNER) == ()
    assert ["is gone" in warning.value for warning in page.warning] == [True]
    assert page.button(key="train").disabled
    assert "Choose an image set first." in captions(page)
    assert knob(page.selectbox, "Image set").value is None


def test_a_link_to_a_run_that_is_gone_is_said(visit: Visit, shapes_set: str) -> None:
    page = visit("train", set=shapes_set, run="deleted")
    assert ["was deleted" in warning.value for warning in page.warning] == [True]


def test_what_will_run_is_said_below_the_folded_settings(
    throwaway_backbone: Backbone, visit: Visit, shapes_set: str
) -> None:
    page = visit("train", set=shapes_set)
    assert "The classifier is solved for at once (L-BFGS), 4 views an image, 224 pixels" in captions(page)
    in_steps(page)
    knob(page.slider, "Epochs").set_value(1).run()
    knob(page.select_slider, "Learning rate").set_value(0.3).run()
    assert "1 epoch, AdamW at 0.3, batches of 16, 224 pixels" in captions(page)
    assert not any(slider.label == "Warm-up epochs" for slider in page.slider)  # one epoch has no room for it


def test_a_download_that_fails_leaves_the_form(visit: Visit, shapes_set: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TLCORE_WEIGHTS_URL", "http://127.0.0.1:9/")
    get_settings.cache_clear()
    page = visit("train", set=shapes_set)
    page.button(key="fetch").click().run()
    assert ["could not be downloaded" in error.value for error in page.error] == [True]
    assert page.button(key="train")


def test_copied_settings_are_shown_in_the_open_form(
    throwaway_backbone: Backbone, visit: Visit, services: Services, shapes_set: str
) -> None:
    page = visit("train", set=shapes_set)
    page.button(key="train").click().run()
    page.button(key="clone").click().run()
    assert f"The settings of {services.runs.all(OWNER)[0].name} are filled in." in captions(page)
    assert page.button(key="train")


def test_the_built_in_network_comes_first_beside_its_twin(
    embedded_backbone: Backbone, visit: Visit, services: Services, shapes_set: str
) -> None:
    page = visit("train", set=shapes_set)
    assert page.selectbox(key="backbone").value == BACKBONE
    assert page.selectbox(key="backbone").options[0].endswith("ready, built in")
    page.button(key="train").click().run()
    scratch, transfer = services.runs.all(OWNER)
    assert (transfer.spec.strategy, scratch.spec.strategy) == ("frozen", "scratch")
    assert (transfer.dataset, transfer.spec.backbone) == (scratch.dataset, scratch.spec.backbone)
    assert page.query_params["run"] == transfer.id
    assert "With and without pretrained weights" in [head.value for head in page.subheader]
    assert not page.exception


def test_the_twin_can_be_left_out_and_added_later(
    embedded_backbone: Backbone, visit: Visit, services: Services, shapes_set: str
) -> None:
    page = visit("train", set=shapes_set)
    twin(page).set_value(False).run()
    page.button(key="train").click().run()
    assert len(services.runs.all(OWNER)) == 1
    assert "With and without pretrained weights" not in [head.value for head in page.subheader]
    page.button(key="add-twin").click().run()
    assert [run.spec.strategy for run in services.runs.all(OWNER)] == ["scratch", "frozen"]
    assert "With and without pretrained weights" in [head.value for head in page.subheader]


def test_the_twin_can_be_stopped_beside_the_run(
    embedded_backbone: Backbone, visit: Visit, services: Services, shapes_set: str
) -> None:
    page = visit("train", set=shapes_set)
    page.button(key="train").click().run()
    assert page.button(key="stop-twin").label == "Stop the run from scratch"
    page.button(key="stop-twin").click().run()
    assert {run.spec.strategy: run.state for run in services.runs.all(OWNER)} == {
        "frozen": "queued",
        "scratch": "cancelled",
    }
    assert page.button(key="add-twin")  # and trained again


def test_other_networks_train_alone_unless_asked(
    throwaway_backbone: Backbone, visit: Visit, services: Services, shapes_set: str
) -> None:
    """From scratch a large network takes minutes, and a class would wait for it."""
    page = visit("train", set=shapes_set)
    assert not twin(page).value
    page.button(key="train").click().run()
    assert len(services.runs.all(OWNER)) == 1


def test_a_full_queue_keeps_the_run_and_leaves_the_twin(
    embedded_backbone: Backbone, visit: Visit, services: Services, shapes_set: str
) -> None:
    page = visit("train", set=shapes_set)
    page.button(key="train").click().run()
    page.button(key="another").click().run()
    page.button(key="train").click().run()
    assert len(services.runs.all(OWNER)) == 3
    assert not page.exception
    assert ["3 runs waiting" in toast.value for toast in page.toast] == [True]


def test_a_comparison_that_was_switched_off_stays_off(
    embedded_backbone: Backbone, visit: Visit, services: Services, shapes_set: str
) -> None:
    """Neither another network nor an older run from scratch, of these or other settings, brings it back."""
    page = visit("train", set=shapes_set)
    page.button(key="train").click().run()
    assert "With and without pretrained weights" in [head.value for head in page.subheader]
    page.button(key="another").click().run()
    twin(page).set_value(False).run()
    for _ in range(2):
        page.selectbox(key="backbone").set_value("resnet18").run()  # whose weights are not here
        page.selectbox(key="backbone").set_value(BACKBONE).run()
        assert not twin(page).value
    page.button(key="train").click().run()
    newest, *earlier = services.runs.all(OWNER)
    assert (newest.spec.strategy, len(earlier)) == ("frozen", 2)
    assert newest.dataset == earlier[0].dataset
    assert page.query_params["run"] == newest.id
    assert "With and without pretrained weights" not in [head.value for head in page.subheader]
    assert page.button(key="add-twin")


def test_the_card_of_the_built_in_network_can_be_read(
    embedded_backbone: Backbone, visit: Visit, shapes_set: str
) -> None:
    page = visit("train", set=shapes_set)
    page.button(key="card").click().run()
    assert "six kinds of patterns" in " ".join(markdown.value for markdown in page.markdown)
    assert not page.exception


def twin(page: AppTest) -> Any:
    return next(toggle for toggle in page.toggle if "from scratch" in toggle.label)


def test_a_run_that_begins_while_the_page_is_drawn_can_be_stopped(
    visit: Visit, services: Services, shapes_set: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The page is told only of states after those that it knows of; so it must show the newest of these."""
    spec = TrainSpec(backbone=BACKBONE, strategy="scratch")
    run = services.runs.submit(OWNER, spec, services.library.freeze(OWNER, shapes_set))
    newest = runs_module._newest

    def begins_first(connection: Connection, run_id: str) -> int:
        Queue(Database()).claim("worker")
        return newest(connection, run_id)

    monkeypatch.setattr(runs_module, "_newest", begins_first)
    assert visit("train", run=run.id).button(key="stop").label == "Stop"


def test_without_a_link_the_run_itself_is_shown_and_not_its_twin(
    throwaway_backbone: Backbone, visit: Visit, services: Services, shapes_set: str
) -> None:
    dataset = services.library.freeze(OWNER, shapes_set)
    spec = TrainSpec(backbone=BACKBONE)
    run = services.runs.submit(OWNER, spec, dataset, name="frozen")
    services.runs.submit(OWNER, from_scratch(spec), dataset, name="scratch", beside=run.id)
    claim = (queue := Queue(Database())).claim("worker")
    assert claim is not None
    assert claim.run.name == "frozen"
    queue.finish(claim.run.id, claim.run.attempt, "done", result=finished_with())
    assert visit("train").subheader[0].value == "frozen"


# Settings without effect

NO_KNOB = {"backbone", "strategy", "start_size", "precision"}  # pickers of their own, or the command line's alone


def knobs(page: AppTest) -> dict[str, Any]:
    """The knobs of the form by the setting that each is for."""
    found = {}
    for widget in (*page.slider, *page.select_slider, *page.selectbox, *page.toggle, *page.number_input):
        if widget.key == "stages" or str(widget.key).startswith("s-"):
            found[widget.key.split("-")[1] if widget.key != "stages" else "stages"] = widget
    return found


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_knob_is_greyed_with_the_reason_exactly_where_it_has_no_effect(
    throwaway_backbone: Backbone, visit: Visit, shapes_set: str, strategy: str
) -> None:
    page = visit("train", set=shapes_set, strategy=STRATEGY_TITLES[strategy])
    reasons = idle(Case(recommended({"backbone": BACKBONE, "strategy": strategy})))
    found = knobs(page)
    small = {"train_size"} if strategy == "scratch" else set()  # at 96 pixels, where no smaller views are offered
    assert set(found) == set(EFFECTS) - NO_KNOB - small
    assert reasons
    assert {name for name, knob in found.items() if knob.disabled} == set(reasons) - NO_KNOB
    for name in set(reasons) - NO_KNOB:
        assert f"only {reasons[name].only}" in found[name].label or f"Only {reasons[name].only}." in captions(page)
        assert "No effect here: " in found[name].help
    assert not page.error


def test_a_knob_wakes_with_what_it_waits_for_and_sleeps_again(
    throwaway_backbone: Backbone, visit: Visit, services: Services, shapes_set: str
) -> None:
    """Twice, and what was chosen in between is not trained with when it has no effect."""
    page = visit("train", set=shapes_set)
    for _ in range(2):
        assert knobs(page)["dropout"].disabled
        knobs(page)["hidden_units"].set_value(64).run()
        assert knobs(page)["dropout"].label == "Dropout"
        knobs(page)["dropout"].set_value(0.3).run()
        assert not knobs(page)["dropout"].disabled
        knobs(page)["hidden_units"].set_value(0).run()
    page.button(key="train").click().run()
    assert [(run.spec.hidden_units, run.spec.dropout) for run in services.runs.all(OWNER)] == [(0, 0.0)]


def test_two_knobs_that_wait_for_one_another_can_both_be_moved(
    throwaway_backbone: Backbone, visit: Visit, shapes_set: str
) -> None:
    """Without augmentation one view is enough, and with one view nothing is augmented."""
    page = visit("train", set=shapes_set)
    knobs(page)["views"].set_value(1).run()
    assert not knobs(page)["augmentation"].disabled or not knobs(page)["views"].disabled
    knobs(page)["views"].set_value(3).run()
    knobs(page)["augmentation"].set_value("none").run()
    assert knobs(page)["views"].disabled
    knobs(page)["augmentation"].set_value("light").run()
    knobs(page)["views"].set_value(1).run()
    assert not knobs(page)["views"].disabled
    knobs(page)["views"].set_value(2).run()
    assert not knobs(page)["augmentation"].disabled


def test_a_value_without_effect_is_told_of_below_the_form(
    throwaway_backbone: Backbone, visit: Visit, shapes_set: str
) -> None:
    page = visit("train", set=shapes_set)
    in_steps(page)
    knobs(page)["epochs"].set_value(5).run()
    knobs(page)["schedule"].set_value("step").run()
    told = [caption.value for caption in page.caption if "has no effect" in caption.value]
    assert len(told) == 1
    assert "The schedule has no effect: the learning rate would first fall after epoch 7" in told[0]
    knobs(page)["step_size"].set_value(3).run()
    assert "has no effect" not in captions(page)


def test_how_many_stages_learn_leaves_the_other_settings_alone(
    throwaway_backbone: Backbone, visit: Visit, shapes_set: str
) -> None:
    page = visit("train", set=shapes_set, strategy=STRATEGY_TITLES["last-k"])
    knob(page.slider, "Epochs").set_value(7).run()
    for stages in (2, 3):
        page.slider(key="stages").set_value(stages).run()
        assert (page.slider(key="stages").value, knob(page.slider, "Epochs").value) == (stages, 7)


UNUSUAL = {
    "seed": 2**31 - 1, "epochs": MAX_EPOCHS, "warmup_epochs": 40, "patience": 100, "batch_size": 3, "lr": 0.0123,
    "hidden_units": 100, "dropout": 0.15, "weight_decay": 0.003, "l1": 2e-5, "label_smoothing": 0.07,
    "averaging": 0.5, "precision": "float32",
}  # fmt: skip


@pytest.mark.parametrize(
    "spec",
    [
        TrainSpec.of({"backbone": BACKBONE, "views": 32, "image_size": 100, **UNUSUAL}),
        TrainSpec.of({
            "backbone": BACKBONE, "strategy": "probe-then-tune", "image_size": 600, "train_size": 77, "mixing": 0.1,
            "body_lr_factor": 0.2, "stage_decay": 0.8, "probe_epochs": 200, **UNUSUAL,
        }),
        TrainSpec.of({"backbone": "stack:3x16x16:fl-fc32-relu-fc10", "strategy": "scratch", **UNUSUAL}),
        TrainSpec.of({  # all in vain, as earlier versions let one ask for
            "backbone": BACKBONE, "stages": 3, "dropout": 0.9, "mixing": 0.3, "train_size": 100, "stage_decay": 0.2,
            "probe_epochs": 400, "epochs": 2, "step_size": 50, "step_factor": 0.7, "body_lr_factor": 0.4,
            "optimizer": "adamw", "momentum": 0.3, "augmentation": "none", "views": 9,
        }),
    ],
    ids=["frozen", "tuned", "own network", "in vain"],
)  # fmt: skip
def test_settings_that_the_command_line_allows_are_copied_unchanged(
    throwaway_backbone: Backbone, visit: Visit, services: Services, shapes_set: str, spec: TrainSpec
) -> None:
    run = services.runs.submit(OWNER, spec, services.library.freeze(OWNER, shapes_set), collection=shapes_set)
    page = visit("train", run=run.id)
    page.button(key="clone").click().run()
    assert not page.error
    page.button(key="train").click().run()
    assert [one.spec for one in services.runs.all(OWNER)] == [spec, spec]
