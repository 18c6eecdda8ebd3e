"""Cached activations against the same computed from pixels at every step."""

from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
import torch
from torch import Tensor

from tests.unit.train.conftest import Lab, Pieces, spec_of
from tlcore.data.dataset import Dataset
from tlcore.data.pixels import shards, transforms
from tlcore.events import Progress
from tlcore.train.learning import inputs
from tlcore.train.recipe.plan import Phase

NO_GENERATOR = torch.Generator()


def logits_and_gradients(pieces: Pieces, data: inputs.Inputs, phase: Phase) -> tuple[Tensor, dict[str, Tensor]]:
    """One step's logits, and the gradients of its loss."""
    indices = torch.arange(12)
    pieces.model.begin(phase)
    pieces.model.staged.network.zero_grad(set_to_none=True)
    logits = pieces.model.logits(data.training(indices, NO_GENERATOR), data.entry, phase)
    torch.nn.functional.cross_entropy(logits, pieces.labels("train")[indices]).backward()
    named = pieces.model.staged.network.named_parameters()
    return logits.detach(), {name: p.grad.clone() for name, p in named if p.grad is not None}


@pytest.mark.parametrize(
    "strategy", [{"strategy": "frozen"}, *({"strategy": "last-k", "stages": k} for k in (1, 2, 3))]
)
def test_cached_activations_give_the_same_logits_and_gradients(lab: Lab, strategy: dict[str, object]) -> None:
    pieces = lab.pieces(spec_of(**strategy))
    phase = pieces.plan.phases[0]
    logits, gradients = logits_and_gradients(pieces, pieces.pixels(), phase)
    cached = pieces.cached(phase)
    assert cached.entry == phase.first > 0
    cached_logits, cached_gradients = logits_and_gradients(pieces, cached, phase)
    torch.testing.assert_close(cached_logits, logits, rtol=0, atol=1e-5)
    assert cached_gradients.keys() == gradients.keys()
    assert all(float(gradient.abs().max()) > 0 for name, gradient in gradients.items() if name.startswith("fc"))
    for name, gradient in gradients.items():
        torch.testing.assert_close(cached_gradients[name], gradient, rtol=0, atol=1e-5)


@pytest.mark.parametrize("part", ["val", "test"])
def test_cached_evaluation_gives_the_same_logits(lab: Lab, part: str) -> None:
    pieces = lab.pieces(spec_of(strategy="last-k", augmentation="strong", views=2))
    phase = pieces.plan.phases[0]
    pieces.model.eval_mode()
    indices = torch.arange(10)
    with torch.no_grad():
        own = pieces.model.logits(pieces.pixels().evaluation(part, indices), 0, phase)  # type: ignore[arg-type]
        cached = pieces.model.logits(pieces.cached(phase).evaluation(part, indices), phase.first, phase)  # type: ignore[arg-type]
    torch.testing.assert_close(cached, own, rtol=0, atol=1e-5)


def test_each_cached_view_is_the_view_that_its_number_and_image_decide(lab: Lab) -> None:
    """View 0 is the image itself, view v has the uniforms of (image, v)."""
    pieces = lab.pieces(spec_of(augmentation="standard", views=3))
    phase, prep = pieces.plan.phases[0], pieces.plan.preprocessing
    cached = pieces.cached(phase)
    blobs = [example.blob for example in lab.images.dataset.of("train")[:6]]
    windows = torch.from_numpy(pieces.windows["train"].take(range(6)))
    pieces.model.eval_mode()
    assert len(cached.views) == 3
    for view, rows in enumerate(cached.views):
        uniforms = transforms.view_uniforms(blobs, view)
        seen = (
            transforms.augmented_view(windows, uniforms, prep, "standard")
            if view
            else transforms.evaluation_view(windows, prep)
        )
        with torch.no_grad():
            expected = pieces.model.staged.features(seen)
        torch.testing.assert_close(rows[:6], expected, rtol=0, atol=1e-5)  # type: ignore[index]


def test_a_batch_takes_every_view_as_often(lab: Lab) -> None:
    pieces = lab.pieces(spec_of(augmentation="light", views=4))
    cached = pieces.cached(pieces.plan.phases[0])
    indices, generator, taken = torch.arange(60), torch.Generator().manual_seed(0), Counter()
    for _ in range(10):
        batch = cached.training(indices, generator)
        for row, index in zip(batch, indices.tolist(), strict=True):
            views = [v for v, rows in enumerate(cached.views) if torch.equal(row, rows[index])]  # type: ignore[index]
            assert len(views) == 1
            taken[views[0]] += 1
    assert sum(taken.values()) == 600
    assert all(abs(count - 150) < 40 for count in taken.values())  # 150 expected, 3.8 standard deviations


def test_reading_rows_from_disk_gives_the_same_as_from_memory(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    pieces = lab.pieces(spec_of(augmentation="light", views=2))
    phase, indices = pieces.plan.phases[0], torch.tensor([5, 3, 50, 3])
    resident = pieces.cached(phase)
    monkeypatch.setattr(inputs, "_IN_MEMORY_BYTES", 0)
    from_disk = pieces.cached(phase)
    assert isinstance(resident.views[0], Tensor)
    assert not isinstance(from_disk.views[0], Tensor)
    generators = [torch.Generator().manual_seed(1) for _ in range(2)]
    assert torch.equal(resident.training(indices, generators[0]), from_disk.training(indices, generators[1]))
    assert torch.equal(resident.evaluation("val", indices[:2]), from_disk.evaluation("val", indices[:2]))


def test_a_batch_is_a_copy_of_what_is_cached(lab: Lab) -> None:
    pieces = lab.pieces(spec_of(augmentation="light", views=2))
    cached = pieces.cached(pieces.plan.phases[0])
    indices = torch.arange(20)
    before = cached.views[0][indices].clone()  # type: ignore[index]
    cached.training(indices, torch.Generator().manual_seed(0)).fill_(0)
    assert torch.equal(cached.views[0][indices], before)  # type: ignore[index]


def test_windows_at_hand_give_the_same_batches_as_windows_on_disk(lab: Lab) -> None:
    pieces = lab.pieces(spec_of(strategy="scratch", augmentation="standard"))
    from_disk, indices = pieces.pixels(), torch.tensor([3, 0, 5])
    at_hand = {part: torch.from_numpy(rows.all()) for part, rows in pieces.windows.items()}
    resident = inputs.PixelInputs(at_hand, pieces.plan.preprocessing, pieces.spec, pieces.model)
    batches = [data.training(indices, torch.Generator().manual_seed(1)) for data in (from_disk, resident)]
    assert torch.equal(*batches)
    assert torch.equal(from_disk.evaluation("val", indices), resident.evaluation("val", indices))


def test_views_grow_from_their_first_to_their_full_size(lab: Lab) -> None:
    pieces = lab.pieces(spec_of(strategy="scratch", augmentation="light", image_size=64, start_size=32))
    data = pieces.pixels()
    sides = [data.training(torch.tensor([0]), torch.Generator(), share).shape[-1] for share in (0, 0.25, 0.5, 0.75, 1)]
    assert sides == [32, 40, 56, 64, 64]  # 32 + 32 * share / 0.75, to the nearest 8
    assert data.evaluation("val", torch.tensor([0])).shape[-1] == 64


# What is computed, and how often


def told(pieces: Pieces) -> list[tuple[int, int]]:
    """The progress that extraction tells of."""
    phase = pieces.plan.phases[0]
    return [(event.done, event.total) for event in inputs.extract(pieces.extraction, phase.first)]


def test_extraction_computes_every_row_once(fresh_lab: Lab) -> None:
    dataset = fresh_lab.images.dataset
    pieces = fresh_lab.pieces(spec_of(augmentation="light", views=3))
    everything = 3 * dataset.count("train") + dataset.count("val") + dataset.count("test")
    progress = told(pieces)
    assert progress[-1] == (everything, everything)
    assert [done for done, _ in progress] == sorted({done for done, _ in progress})
    assert told(pieces) == []


def test_one_more_view_costs_one_more_view(fresh_lab: Lab) -> None:
    train = fresh_lab.images.dataset.count("train")
    told(fresh_lab.pieces(spec_of(augmentation="light", views=1)))
    assert told(fresh_lab.pieces(spec_of(augmentation="light", views=2)))[-1] == (train, train)
    assert told(fresh_lab.pieces(spec_of(augmentation="none", views=9))) == []  # the image itself is there already
    assert told(fresh_lab.pieces(spec_of(augmentation="strong", views=2)))[-1] == (train, train)
    assert told(fresh_lab.pieces(spec_of(augmentation="light", views=2, flip=False)))[-1] == (train, train)


@pytest.mark.parametrize("other", [{"image_size": 40}, {"strategy": "last-k"}, {"precision": "bfloat16"}])
def test_what_features_depend_on_is_not_shared(fresh_lab: Lab, other: dict[str, object]) -> None:
    told(fresh_lab.pieces(spec_of()))
    total = len(fresh_lab.images.dataset.examples)
    assert told(fresh_lab.pieces(spec_of(**other)))[-1] == (total, total)


def test_a_data_set_that_shares_images_costs_only_the_new_ones(fresh_lab: Lab) -> None:
    whole = fresh_lab.images.dataset
    part = Dataset(classes=whole.classes, examples=whole.examples[::2])
    pieces = fresh_lab.pieces(spec_of())
    first = pieces.plan.phases[0].first
    work = pieces.extraction
    half = inputs.Extraction(**{**vars(work), "dataset": part, "windows": smaller(work.windows, whole)})
    list(inputs.extract(half, first))
    rest = len(whole.examples) - len(part.examples)
    assert told(pieces)[-1] == (rest, rest)


def smaller(windows: dict[str, object], whole: Dataset) -> dict[str, object]:
    """The windows of every second example of the whole set."""
    kept = {}
    for part in ("train", "val", "test"):
        rows = windows[part]
        positions = [i for i, e in enumerate(whole.of(part)) if whole.examples.index(e) % 2 == 0]  # type: ignore[arg-type]
        kept[part] = type(rows)(rows.shards, tuple(rows.order[i] for i in positions))  # type: ignore[attr-defined,call-arg]
    return kept


def test_a_stop_is_heard_between_batches_and_nothing_half_done_is_kept(fresh_lab: Lab) -> None:
    calls = iter([False] * 11 + [True])  # four pieces of val and of train, one of test, then in the middle of a view
    fresh_lab.should_stop = lambda: next(calls)
    spec = spec_of(augmentation="light", views=2)
    pieces = fresh_lab.pieces(spec)
    with pytest.raises(inputs.ExtractionStoppedError):
        told(pieces)
    leftovers = [path.name for path in (fresh_lab.cache / "features").rglob("*.npy") if path.name.startswith(".")]
    assert leftovers == []
    fresh_lab.should_stop = lambda: False
    train = fresh_lab.images.dataset.count("train")
    assert told(fresh_lab.pieces(spec))[-1] == (train, train)


def test_what_is_evicted_while_the_rest_is_computed_is_computed_again(
    fresh_lab: Lab, monkeypatch: pytest.MonkeyPatch
) -> None:
    pieces = fresh_lab.pieces(spec_of())
    first = pieces.plan.phases[0].first
    expected = pieces.cached(pieces.plan.phases[0]).evaluation("val", torch.arange(3))
    gone = iter([True, False])
    own = inputs.boundary_inputs

    def after_an_eviction(work: inputs.Extraction, first: int) -> inputs.BoundaryInputs:
        if next(gone):
            shards.evict(work.cache / "features", 0)
        return own(work, first)

    monkeypatch.setattr(inputs, "boundary_inputs", after_an_eviction)
    found = []

    def keeping() -> Iterator[Progress]:
        found.append((yield from inputs.at_boundary(pieces.extraction, first)))

    assert [event.done for event in keeping()][-1] == len(fresh_lab.images.dataset.examples)
    assert torch.equal(found[0].evaluation("val", torch.arange(3)), expected)


def test_bfloat16_is_stored_bit_for_bit() -> None:
    values = torch.randn(50, 7).to(torch.bfloat16)
    stored = inputs._to_stored(values, torch.bfloat16)
    assert stored.dtype == np.int16
    assert torch.equal(inputs._from_stored(stored, torch.bfloat16), values)


# Whether caching pays


@pytest.mark.parametrize(
    ("strategy", "pays"), [("frozen", True), ("last-k", True), ("full", False), ("scratch", False)]
)
def test_caching_pays_where_stages_are_frozen(lab: Lab, strategy: str, pays: bool) -> None:
    pieces = lab.pieces(spec_of(strategy=strategy))
    assert inputs.worth_caching(pieces.model, pieces.spec, lab.images.dataset, pieces.plan.phases[0]) == pays


def test_what_is_too_large_is_not_cached(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    """1024 features of 4 bytes for each view of each training image and for each of the others."""
    pieces = lab.pieces(spec_of(augmentation="light", views=3))
    dataset, phase = lab.images.dataset, pieces.plan.phases[0]
    needed = 4096 * (3 * dataset.count("train") + dataset.count("val") + dataset.count("test"))
    for allowed, pays in ((needed, True), (needed - 1, False)):
        monkeypatch.setattr(inputs, "CACHE_BYTES", allowed)
        assert inputs.worth_caching(pieces.model, pieces.spec, dataset, phase) == pays


def test_without_augmentation_there_is_one_view() -> None:
    assert spec_of(augmentation="none", views=8).views_an_image == 1
    assert spec_of(augmentation="light", views=8).views_an_image == 8
