"""The loop: exact counts, single steps against formulas, and every way in which a run ends."""

import math
from typing import Any

import pytest
import torch
from torch import Tensor

from tests.unit.train.conftest import Lab, Pieces, spec_of
from tlcore.errors import BadSpecError
from tlcore.events import Event, Notice, Stopping
from tlcore.train import events
from tlcore.train.learning import inputs
from tlcore.train.learning import loop as loop_module
from tlcore.train.learning.model import LearningModel
from tlcore.train.recipe.plan import Phase
from tlcore.train.run import DivergedError

FROZEN_IN_TIME = 1e-30  # a learning rate that changes no weight in single precision


def epochs_of(stream: list[Event]) -> list[events.Epoch]:
    """The epochs among the events."""
    return [event for event in stream if isinstance(event, events.Epoch)]


def of_kind(stream: list[Event], kind: type[Event]) -> list[Any]:
    """The events of a kind."""
    return [event for event in stream if isinstance(event, kind)]


# Counts


@pytest.mark.parametrize("batch_size", [1, 7, 32, 33, 1024])
def test_counts_are_exact_whatever_the_batch_size(lab: Lab, batch_size: int) -> None:
    """32 of 33 right in batches of 32 is 0.97; the mean of the batches' accuracies would be 0.5."""
    pieces = lab.pieces(spec_of(batch_size=batch_size, epochs=1, lr=FROZEN_IN_TIME))
    phase = pieces.plan.phases[0]
    cached = pieces.cached(phase)
    (epoch,) = epochs_of(list(pieces.loop().run_phase(phase, 0, cached, None)))
    for part, correct, seen, loss in (
        ("train", epoch.train_correct, epoch.train_seen, epoch.train_loss),
        ("val", epoch.val_correct, epoch.val_seen, epoch.val_loss),
    ):
        features, labels = all_features(pieces, part), pieces.labels(part)  # type: ignore[arg-type]
        with torch.no_grad():
            log_probabilities = pieces.model.staged.head(features).log_softmax(1)
        assert seen == len(labels) == lab.images.dataset.count(part)  # type: ignore[arg-type]
        assert correct == int((log_probabilities.argmax(1) == labels).sum())
        assert loss == pytest.approx(float(-log_probabilities[torch.arange(seen), labels].mean()), rel=1e-4)


def all_features(pieces: Pieces, part: str) -> Tensor:
    """The features of every image of a part, from its pixels."""
    pieces.model.eval_mode()
    count = pieces.lab.images.dataset.count(part)  # type: ignore[arg-type]
    with torch.no_grad():
        return pieces.model.staged.features(pieces.pixels().evaluation(part, torch.arange(count)))  # type: ignore[arg-type]


def test_a_json_epoch_carries_the_accuracies_that_follow_from_its_counts(lab: Lab) -> None:
    epoch = epochs_of(lab.train(spec_of(epochs=1)))[0]
    line = epoch.to_json()
    assert line["event"] == "epoch"
    assert line["train_accuracy"] == epoch.train_correct / lab.images.dataset.count("train")
    assert line["val_accuracy"] == epoch.val_correct / lab.images.dataset.count("val")


NORMED = "stack:3x32x32:c8k3p1-relu-gap-fl-fc8-bn-relu-fc4"


def test_a_last_image_alone_joins_the_batch_before_it(lab: Lab) -> None:
    """Batch normalisation of one value is not defined, so 60 images in batches of 59 would fail."""
    assert lab.images.dataset.count("train") == 60
    told = lab.train(spec_of(backbone=NORMED, strategy="scratch", batch_size=59, epochs=1), checkpoints=False)
    assert [epoch.train_seen for epoch in epochs_of(told)] == [60]
    assert of_kind(told, events.Step)[-1].steps == 1


@pytest.mark.parametrize("size", [1, 2, 7, 8, 12, 60, 64])
@pytest.mark.parametrize("strategy", ["scratch", "full"])
def test_all_other_batches_are_cut_as_they_come(lab: Lab, strategy: str, size: int) -> None:
    pieces = lab.pieces(spec_of(strategy=strategy))
    pieces.model.begin(pieces.plan.phases[0])
    order = torch.randperm(60)
    cut = [batch.tolist() for batch in loop_module._batches(order, size, pieces.model)]
    assert cut == [batch.tolist() for batch in order.split(size)]
    assert len(loop_module._batches(order, 59, pieces.model)) == (1 if strategy == "scratch" else 2)


def test_images_one_by_one_are_refused_where_a_norm_needs_more(lab: Lab) -> None:
    with pytest.raises(BadSpecError, match="choose a batch size of 2 or more"):
        lab.train(spec_of(backbone=NORMED, strategy="scratch", batch_size=1, epochs=1), checkpoints=False)


def test_each_image_is_seen_once_an_epoch_in_an_order_of_its_own(lab: Lab) -> None:
    pieces = lab.pieces(spec_of(epochs=3))
    phase = pieces.plan.phases[0]
    cached = pieces.cached(phase)
    taken: list[int] = []
    own = cached.training

    def watched(indices: Tensor, generator: torch.Generator, progress: float) -> Tensor:
        taken.extend(indices.tolist())
        return own(indices, generator, progress)

    cached.training = watched  # type: ignore[method-assign,assignment]
    list(pieces.loop().run_phase(phase, 0, cached, None))
    count = lab.images.dataset.count("train")
    orders = [taken[start : start + count] for start in range(0, len(taken), count)]
    assert [sorted(order) for order in orders] == [list(range(count))] * 3
    assert len({tuple(order) for order in orders}) == 3


# One step against its formula


def cross_entropy(logits: Tensor, labels: Tensor, smoothing: float = 0.0, weights: Tensor | None = None) -> Tensor:
    """Szegedy et al. 2016 for smoothing; weights as a weighted mean."""
    log_probabilities = logits - torch.logsumexp(logits, 1, keepdim=True)
    own, uniform = log_probabilities[torch.arange(len(labels)), labels], log_probabilities.mean(1)
    if weights is not None:
        return -(weights[labels] * own).sum() / weights[labels].sum()
    return -((1 - smoothing) * own + smoothing * uniform).mean()


BALANCE = torch.tensor([0.5, 2.0, 1.0, 0.8])


@pytest.mark.parametrize(
    ("settings", "loss"),
    [
        ({}, lambda z, y, w: cross_entropy(z, y)),
        ({"label_smoothing": 0.2}, lambda z, y, w: cross_entropy(z, y, smoothing=0.2)),
        ({"l1": 0.01}, lambda z, y, w: cross_entropy(z, y) + 0.01 * w.abs().sum()),
        ({"weight_decay": 0.1}, lambda z, y, w: cross_entropy(z, y)),
        ({"class_weights": True}, lambda z, y, w: cross_entropy(z, y, weights=BALANCE)),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_one_step_of_gradient_descent(
    lab: Lab, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any], loss: Any
) -> None:
    """One epoch of one batch: weight - rate * (gradient + decay * weight), with the first step's momentum of none."""
    decay = settings.get("weight_decay", 0.0)
    spec = spec_of(
        epochs=1, batch_size=1024, optimizer="sgd", lr=0.3, schedule="constant", **{"weight_decay": 0.0, **settings}
    )
    pieces = lab.pieces(spec)
    if "class_weights" in settings:  # as if the classes had these many images; the weights are inverse to them
        monkeypatch.setattr(type(lab.images.dataset), "class_counts", lambda *_: (15 / BALANCE).tolist())
    phase, head = pieces.plan.phases[0], pieces.model.staged.head
    weight, bias = (p.detach().clone().requires_grad_() for p in (head.weight, head.bias))
    features, labels = all_features(pieces, "train"), pieces.labels("train")
    expected = loss(features @ weight.T + bias, labels, weight)
    expected.backward()
    penalty = 0.01 * weight.detach().abs().sum() if "l1" in settings else 0.0
    stream = list(pieces.loop().run_phase(phase, 0, pieces.cached(phase), None))
    with torch.no_grad():
        torch.testing.assert_close(head.weight, weight - 0.3 * (weight.grad + decay * weight), rtol=1e-4, atol=1e-5)
        torch.testing.assert_close(head.bias, bias - 0.3 * (bias.grad + decay * bias), rtol=1e-4, atol=1e-5)
    (step,) = of_kind(stream, events.Step)
    assert step.loss == pytest.approx(float(expected.detach() - penalty), rel=1e-4)  # shown without the penalty
    assert (step.epoch, step.step, step.steps, step.lr) == (1, 1, 1, pytest.approx(0.3))


def test_the_l1_penalty_leaves_biases_and_scales_alone(lab: Lab) -> None:
    """In the limit of a strong penalty and no data to fit, weights shrink by the rate and biases do not."""
    pieces = lab.pieces(spec_of(strategy="last-k", epochs=1, batch_size=1024, lr=1e-3, l1=1.0, schedule="constant"))
    phase, model = pieces.plan.phases[0], pieces.model
    plain = lab.pieces(spec_of(strategy="last-k", epochs=1, batch_size=1024, lr=1e-3, schedule="constant"))
    for each in (pieces, plain):
        list(each.loop().run_phase(phase, 0, each.cached(phase), None))
    fresh = lab.pieces(pieces.spec).model.staged.network.state_dict()
    with_penalty, without = (each.model.staged.network.state_dict() for each in (pieces, plain))
    rate = {"fc": 1e-3, "conv5": 1e-4}
    for name, parameter in model.staged.network.named_parameters():
        if not parameter.requires_grad:
            continue
        shrunk = rate[name.split(".")[0]] * fresh[name].sign() if parameter.dim() > 1 else torch.zeros_like(parameter)
        torch.testing.assert_close(without[name] - with_penalty[name], shrunk, rtol=1e-3, atol=2e-6)


def test_class_weights_have_mean_one_over_the_images(few: Lab) -> None:
    from tlcore.train.learning.objective import class_weights

    pieces = few.pieces(spec_of(class_weights=True))
    weights = class_weights(pieces.spec, few.images.dataset, pieces.model)
    counts = torch.tensor(few.images.dataset.class_counts("train"), dtype=torch.float32)
    assert weights is not None
    assert float((weights * counts).sum() / counts.sum()) == pytest.approx(1)
    torch.testing.assert_close(weights * counts, (weights * counts).mean().expand(4))


def test_rates_follow_the_schedule_stage_by_stage(lab: Lab) -> None:
    """Cosine over two epochs of four steps: the first step of the second epoch is at half of the base rate."""
    spec = spec_of(strategy="last-k", stages=2, epochs=2, lr=0.08, body_lr_factor=0.5, stage_decay=0.25)
    pieces = lab.pieces(spec)
    loop, phase = pieces.loop(), pieces.plan.phases[0]
    seen = []
    for event in loop.run_phase(phase, 0, pieces.pixels(), None):
        if isinstance(event, events.Epoch):
            assert loop.optimizer is not None
            seen.append({group["name"]: group["lr"] for group in loop.optimizer.param_groups})
    for rates, progress in zip(seen, (0.75, 1.75), strict=True):  # the last of four steps
        factor = (1 + math.cos(math.pi * progress / 2)) / 2
        assert rates == pytest.approx({"stage4": 0.01 * factor, "conv5": 0.04 * factor, "head": 0.08 * factor})


@pytest.mark.parametrize("optimizer", ["sgd", "adamw"])
def test_optimizers_are_torchs_with_the_specs_values(lab: Lab, optimizer: str) -> None:
    pieces = lab.pieces(spec_of(optimizer=optimizer, momentum=0.7, weight_decay=0.03))
    loop, phase = pieces.loop(), pieces.plan.phases[0]
    list(loop.run_phase(phase, 0, pieces.cached(phase), None))
    assert isinstance(loop.optimizer, torch.optim.SGD if optimizer == "sgd" else torch.optim.AdamW)
    assert all(group["weight_decay"] == 0.03 for group in loop.optimizer.param_groups)
    assert all(group.get("momentum", 0.7) == 0.7 for group in loop.optimizer.param_groups)


# Mixing


def test_mixed_labels_are_the_shares_of_what_was_mixed(lab: Lab) -> None:
    """Mixup blends two images by their labels' shares; in CutMix the shares are areas (Yun et al. 2019, equation 1)."""
    pieces = lab.pieces(spec_of(strategy="scratch", mixing=1.0))
    loop, generator = pieces.loop(), torch.Generator().manual_seed(3)
    images, labels = torch.rand(4, 3, 32, 32, generator=generator), torch.tensor([2, 0, 3, 1])
    ways = set()
    for _ in range(20):
        mixed, shares = loop._mixed(images, labels, 0, generator)
        for image, share, own, other in zip(mixed, shares, range(4), (3, 0, 1, 2), strict=True):
            first, second = images[own], images[other]
            kept = float(share[labels[own]])
            assert float(share[labels[other]]) == pytest.approx(1 - kept, abs=1e-6)
            blended = torch.allclose(image, kept * first + (1 - kept) * second, atol=1e-5)
            pasted = (image == second).all(0)
            cut = bool(((image == first).all(0) | pasted).all()) and float(pasted.float().mean()) == pytest.approx(
                1 - kept, abs=1e-6
            )
            assert blended or cut
            ways.add("mixup" if blended and not cut else "cutmix")
    assert ways == {"mixup", "cutmix"}


@pytest.mark.parametrize(("mixing", "entry"), [(0.0, 0), (1.0, 1)])
def test_only_pixels_are_mixed_and_only_when_asked(lab: Lab, mixing: float, entry: int) -> None:
    pieces = lab.pieces(spec_of(strategy="scratch", mixing=mixing))
    x, labels = torch.rand(4, 3, 8, 8), torch.tensor([0, 1, 2, 3])
    assert pieces.loop()._mixed(x, labels, entry, torch.Generator()) == (x, labels)


def test_about_the_share_of_batches_that_was_asked_for_is_mixed(lab: Lab) -> None:
    pieces = lab.pieces(spec_of(strategy="scratch", mixing=0.3))
    loop, generator = pieces.loop(), torch.Generator().manual_seed(0)
    x, labels = torch.rand(2, 3, 4, 4), torch.tensor([0, 1])
    mixed = sum(loop._mixed(x, labels, 0, generator)[1].dim() == 2 for _ in range(400))
    assert 85 <= mixed <= 155  # 120, give or take four standard deviations


# The best epoch


@pytest.fixture
def climbing(monkeypatch: pytest.MonkeyPatch) -> None:
    """From the third epoch on the rate is negative, so that the loss climbs and no epoch can be better."""
    own = loop_module.schedule_factor
    monkeypatch.setattr(loop_module, "schedule_factor", lambda s, at, n: -50.0 if at >= 2 else own(s, at, n))


@pytest.mark.usefixtures("climbing")
def test_the_best_epoch_has_the_most_right_then_the_lowest_loss(lab: Lab) -> None:
    epochs = epochs_of(lab.train(spec_of(epochs=5)))
    best = (-1, -math.inf)
    for epoch in epochs:
        score = (epoch.val_correct, -epoch.val_loss)
        assert epoch.best == (score > best)
        best = max(best, score)
    assert [epoch.best for epoch in epochs[2:]] == [False] * 3


@pytest.mark.usefixtures("climbing")
def test_the_kept_model_is_the_best_epochs(lab: Lab) -> None:
    stream = lab.train(spec_of(epochs=5))
    (finished,) = of_kind(stream, events.Finished)
    best = [epoch for epoch in epochs_of(stream) if epoch.best][-1]
    assert finished.best_epoch == best.epoch <= 2
    assert finished.epochs_done == 5
    assert (finished.correct, finished.seen) == (best.val_correct, best.val_seen)
    assert finished.val_loss == pytest.approx(best.val_loss, rel=1e-5)


def test_shown_mistakes_are_wrong_and_the_most_confident_come_first(lab: Lab) -> None:
    pieces = lab.pieces(spec_of(epochs=1, lr=FROZEN_IN_TIME))
    phase = pieces.plan.phases[0]
    cached = pieces.cached(phase)
    (epoch,) = epochs_of(list(pieces.loop().run_phase(phase, 0, cached, None)))
    predictions = pieces.predicted(cached, phase)
    assert len(epoch.wrong) == min(8, predictions.seen - predictions.correct) > 0
    confidences = [row.probability for row in epoch.wrong]
    assert confidences == sorted(confidences, reverse=True)
    examples = {example.blob: example for example in lab.images.dataset.of("val")}
    for row in epoch.wrong:
        assert row.predicted != row.label == lab.images.dataset.classes[examples[row.blob].label]
        assert row.name == examples[row.blob].name


# Ends


def test_patience_ends_a_run_that_no_longer_improves(lab: Lab) -> None:
    stream = lab.train(spec_of(epochs=20, lr=FROZEN_IN_TIME, patience=3))
    assert [epoch.epoch for epoch in epochs_of(stream)] == [1, 2, 3, 4]
    (notice,) = of_kind(stream, Notice)
    assert notice.message == "Stopped after epoch 4: the validation loss has not improved for 3 epochs."
    (finished,) = of_kind(stream, events.Finished)
    assert (finished.best_epoch, finished.epochs_done, finished.stopped) == (1, 4, False)


def test_patience_in_the_probe_ends_the_probe_alone(few: Lab) -> None:
    """The classifier has learned what it can; whether the whole network can do more is not known yet."""
    spec = spec_of(strategy="probe-then-tune", epochs=9, probe_epochs=5, lr=FROZEN_IN_TIME, patience=2)
    stream = few.train(spec)
    epochs = epochs_of(stream)
    assert [epoch.phase for epoch in epochs] == ["classifier"] * 3 + ["fine-tuning"] * 3
    assert [epoch.epochs for epoch in epochs] == [9, 9, 7, 7, 7, 6]  # what is still to come is known anew
    probe, tune = (notice.message for notice in of_kind(stream, Notice))
    why = "the validation loss has not improved for 2 epochs."
    assert probe == f"The phase 'classifier' stopped after epoch 3: {why} Now every layer learns, for 4 epochs."
    assert tune == f"The phase 'fine-tuning' stopped after epoch 6: {why}"
    (finished,) = of_kind(stream, events.Finished)
    assert (finished.epochs_done, finished.stopped) == (6, False)


@pytest.mark.usefixtures("climbing")
def test_a_probe_that_patience_ended_is_followed_as_a_shorter_one_is(few: Lab) -> None:
    """By the same rates, schedule, averages and number of epochs, bit for bit."""
    settings = {"strategy": "probe-then-tune", "averaging": 0.9, "optimizer": "adamw", "schedule": "constant"}
    impatient = epochs_of(few.train(spec_of(**settings, epochs=11, probe_epochs=8, patience=2), "impatient"))
    probed = sum(epoch.phase == "classifier" for epoch in impatient)
    assert 2 < probed < 8
    short = epochs_of(few.train(spec_of(**settings, epochs=probed + 3, probe_epochs=probed), "short"))
    for one, other in zip(impatient, short, strict=True):
        assert (one.lr, one.train_correct) == (other.lr, other.train_correct)
        assert (one.train_loss, one.val_loss) == (other.train_loss, other.val_loss)


def test_progress_is_counted_within_a_phase(few: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """Growing views begin small when the phase begins that trains on them."""
    told: list[float] = []
    own = inputs.PixelInputs.training

    def watched(self: Any, indices: Tensor, generator: torch.Generator, progress: float = 0.0) -> Tensor:
        told.append(progress)
        return own(self, indices, generator, progress)

    monkeypatch.setattr(inputs.PixelInputs, "training", watched)
    few.train(spec_of(strategy="probe-then-tune", epochs=6, probe_epochs=2, batch_size=1024))
    assert told == [0, 0.25, 0.5, 0.75]


def test_without_patience_a_run_goes_on(lab: Lab) -> None:
    assert len(epochs_of(lab.train(spec_of(epochs=5, lr=FROZEN_IN_TIME)))) == 5


@pytest.mark.parametrize("after", [1, 3])
def test_a_stop_keeps_the_best_epoch(lab: Lab, after: int) -> None:
    wanted = {"stop": False}
    lab.should_stop = lambda: wanted["stop"]
    stream = []
    for event in lab.events(spec_of(epochs=50, lr=0.05)):
        stream.append(event)
        wanted["stop"] = len(epochs_of(stream)) == after
    (finished,) = of_kind(stream, events.Finished)
    epochs = epochs_of(stream)
    best = [epoch for epoch in epochs if epoch.best][-1]
    assert len(epochs) == finished.epochs_done == after
    assert finished.stopped
    assert (finished.best_epoch, finished.correct) == (best.epoch, best.val_correct)
    assert len(of_kind(stream, Stopping)) == 1


def test_a_stop_in_the_first_epoch_keeps_what_was_learned_so_far(lab: Lab) -> None:
    wanted = {"stop": False}
    lab.should_stop = lambda: wanted["stop"]
    stream = []
    for event in lab.events(spec_of(strategy="full", epochs=50, batch_size=4)):
        stream.append(event)
        wanted["stop"] = bool(of_kind(stream, events.Step))
    (finished,) = of_kind(stream, events.Finished)
    (partial,) = epochs_of(stream)
    assert finished.stopped
    assert (finished.epochs_done, partial.epoch) == (0, 0)
    assert 0 < partial.train_seen < lab.images.dataset.count("train")
    assert finished.correct == partial.val_correct


def test_a_loss_that_is_no_number_ends_the_run_with_a_sentence(lab: Lab) -> None:
    """Ten times a rate that is too high already; before the first epoch is over, so there is nothing to keep."""
    spec = spec_of(strategy="full", lr=10, body_lr_factor=1, optimizer="sgd", epochs=4, batch_size=4)
    with pytest.raises(DivergedError) as caught:
        lab.train(spec)
    message = str(caught.value)
    assert message.startswith("The loss was no longer a number in epoch 1, step ")
    assert message.endswith("the learning rate of 10 is too high for this network and these images. Try 1.")


def breaking_at(epochs_done: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """From that moment on the rate is infinite."""
    own = loop_module.schedule_factor
    monkeypatch.setattr(
        loop_module, "schedule_factor", lambda s, at, n: math.inf if at >= epochs_done else own(s, at, n)
    )


def test_a_loss_that_breaks_later_leaves_the_best_model(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    breaking_at(2, monkeypatch)
    stream = lab.train(spec_of(epochs=6, lr=0.01))
    (notice,) = of_kind(stream, Notice)
    assert "no longer a number in epoch 3" in notice.message
    assert notice.message.endswith("The best model up to then is kept.")
    (finished,) = of_kind(stream, events.Finished)
    assert finished.best_epoch == [epoch.epoch for epoch in epochs_of(stream) if epoch.best][-1] <= 2
    assert math.isfinite(finished.val_loss)


def test_weights_that_break_in_the_last_step_are_not_kept(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """With one step an epoch its loss is that of the weights before it; only validation sees what it did."""
    breaking_at(1, monkeypatch)
    stream = lab.train(spec_of(epochs=3, batch_size=1024))
    assert [epoch.epoch for epoch in epochs_of(stream)] == [1]
    (notice,) = of_kind(stream, Notice)
    assert "no longer a number after epoch 2" in notice.message
    (finished,) = of_kind(stream, events.Finished)
    assert finished.best_epoch == 1
    assert math.isfinite(finished.val_loss)


def overflowing(monkeypatch: pytest.MonkeyPatch, epochs: int) -> None:
    """In the first epochs logits are numbers while training, and are not while evaluating."""
    own = LearningModel.logits
    done = iter([True] * epochs)

    def logits(self: LearningModel, x: Tensor, entry: int, phase: Phase) -> Tensor:
        values = own(self, x, entry, phase)
        return values * math.nan if not values.requires_grad and next(done, False) else values

    monkeypatch.setattr(LearningModel, "logits", logits)


def test_an_epoch_whose_activations_overflow_is_not_the_best(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """From scratch the statistics of batch normalisation lag behind, and may overflow until they fit."""
    overflowing(monkeypatch, epochs=1)
    stream = lab.train(spec_of(epochs=2))
    overflowed, fitting = epochs_of(stream)
    assert (overflowed.best, overflowed.val_correct) == (False, 0)
    assert overflowed.val_loss == pytest.approx(12 * math.log(10))  # the loss of a probability of 1e-12
    assert fitting.best
    (finished,) = of_kind(stream, events.Finished)
    assert (finished.best_epoch, finished.correct) == (2, fitting.val_correct)


def test_a_run_that_never_answers_has_no_model(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    overflowing(monkeypatch, epochs=99)
    with pytest.raises(DivergedError, match=r"no longer a number after every epoch: the learning rate of 0\.05 is"):
        lab.train(spec_of())
