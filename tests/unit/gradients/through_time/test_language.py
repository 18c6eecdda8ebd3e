"""A character-level model: entropies by hand, the loss against numpy, sampling by its probabilities, and memory."""

import math
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import chisquare

from tlcore.errors import BadInputError, IncompleteRunError
from tlcore.gradients.through_time import language, texts
from tlcore.gradients.through_time.language import Learned, Lesson, Plan, Tried, Writer, new_model, probabilities

PERIODIC = "aabb" * 200
SMALL = Plan(cell="lstm", units=16, lr=0.02, steps=60, batch=4, length=20)


def writer(cell: str = "lstm", alphabet: str = "\n abc", seed: int = 0) -> Writer:
    return Writer(alphabet, new_model(cell, len(alphabet), 8, seed))  # type: ignore[arg-type]


def test_baselines_are_entropies() -> None:
    """In aabbaabb… all characters and all pairs are equally likely: one bit, and one bit more for each."""
    found = texts.baselines(PERIODIC + "a")
    assert (found.characters, found.uniform) == (2, 1.0)
    assert found.unigram == pytest.approx(1.0, abs=1e-5)
    assert found.bigram == pytest.approx(1.0, abs=1e-5)
    alternating = texts.baselines("ab" * 300)
    assert alternating.bigram == pytest.approx(0.0, abs=1e-2)
    skewed = texts.baselines("aaab" * 200)
    assert skewed.unigram == pytest.approx(2 - 0.75 * math.log2(3))


def test_every_step_of_knowledge_needs_fewer_bits() -> None:
    found = texts.baselines(texts.built_in())
    assert found.uniform > found.unigram > found.bigram > 0
    assert found.characters == len(set(texts.built_in()))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("short", "from 500 to 100,000 characters, not 5"),
        ("x" * 100_001, "not 100,001"),
        ("x" * 1000, "one character again and again"),
        ("text \x00" * 200, r"control character U\+0000"),
        ("text \ud800" * 200, r"U\+D800"),
        ("".join(map(chr, range(0x4E00, 0x4E00 + 1200))), "1,200 different characters"),
    ],
)
def test_a_bad_text_is_a_sentence(text: str, said: str) -> None:
    with pytest.raises(BadInputError, match=said):
        texts.checked(text)


def test_line_ends_and_marks_are_made_plain() -> None:
    assert texts.checked("\ufeffone\r\ntwo\rthree\te\u0301" * 100).startswith("one\ntwo\nthree\té")


@pytest.mark.parametrize("text", ["\ufeff\ufeffab\r\r\n" * 200, "\ufeff" * 3 + "e\u0301\u0958" * 300])
def test_a_checked_text_is_not_changed_by_checking_it_again(text: str) -> None:
    """It is checked whenever it is read back."""
    assert texts.checked(texts.checked(text)) == texts.checked(text)


def test_marks_do_not_stand_in_for_a_second_character() -> None:
    with pytest.raises(BadInputError, match="one character again and again"):
        texts.checked("\ufeff\ufeff" + "a" * 600)


def test_the_last_tenth_is_held_out() -> None:
    learned, held = texts.parts(texts.built_in())
    assert learned + held == texts.built_in()
    assert len(held) == round(len(texts.built_in()) / 10)


def test_the_loss_is_that_of_a_recurrence_in_numpy() -> None:
    made = writer("rnn")
    codes = np.random.default_rng(0).integers(0, 5, 30)
    weights = {name: value.numpy().astype(float) for name, value in made.model.state_dict().items()}
    state, bits = np.zeros(8), []
    for now, after in pairwise(codes):
        inputs = weights["cell.weight_ih_l0"][:, now] + weights["cell.bias_ih_l0"] + weights["cell.bias_hh_l0"]
        state = np.tanh(inputs + weights["cell.weight_hh_l0"] @ state)
        logits = weights["read.weight"] @ state + weights["read.bias"]
        bits.append(-np.log2(np.exp(logits[after]) / np.exp(logits).sum()))
    assert language.bits_per_character(made.model, torch.from_numpy(codes)) == pytest.approx(np.mean(bits), rel=1e-5)


def test_streams_are_the_text_side_by_side() -> None:
    streams = language.streams_of(torch.arange(103), 4, 10)
    assert streams.T.tolist() == [list(range(start, start + 25)) for start in (0, 25, 50, 75)]
    assert language.streams_of(torch.arange(12), 32, 20).shape == (12, 1)


@pytest.mark.parametrize("cell", ["rnn", "lstm", "gru"])
def test_reading_at_once_is_reading_one_by_one(cell: str) -> None:
    made, state = writer(cell), None
    for character in "abcab c":
        logits, state = made.read(character, state)
    assert torch.allclose(made.read("abcab c")[0], logits, atol=1e-6)


def test_near_zero_the_likeliest_is_taken() -> None:
    made, text = writer(seed=3), "ab"
    for _ in range(40):
        logits, _ = made.read(text)
        text += made.alphabet[int(logits.argmax())]
    assert made.write("ab", 40, temperature=1e-4) == text[2:]


def test_samples_follow_the_softmax_at_one() -> None:
    """Two thousand first characters, each with a seed of its own, against the softmax of the logits by hand."""
    made = writer(seed=1)
    logits = made.read("abc")[0].numpy()
    expected = np.exp(logits) / np.exp(logits).sum()
    drawn = [made.write("abc", 1, 1.0, seed) for seed in range(2000)]
    counts = [drawn.count(character) for character in made.alphabet]
    assert min(counts) > 50
    assert chisquare(counts, 2000 * expected).pvalue > 0.01
    assert chisquare(counts, 2000 * np.full(5, 0.2)).pvalue < 1e-6  # the test can tell
    assert list(made.next_characters("abc").values()) == pytest.approx(expected.tolist())


def test_temperature_divides_the_logits() -> None:
    logits = torch.tensor([0.0, 1.0, 3.0], dtype=torch.float64)
    for temperature in (0.1, 0.5, 2.0):
        raised = np.exp(logits.numpy()) ** (1 / temperature)
        assert probabilities(logits, temperature).tolist() == pytest.approx((raised / raised.sum()).tolist())
    for impossible in (0.0, -1.0, 11.0, math.nan):
        with pytest.raises(BadInputError, match="temperature is above 0"):
            probabilities(logits, impossible)


def test_the_same_seed_writes_the_same() -> None:
    made = writer()
    assert made.write("", 50, 1.0, 7) == made.write("", 50, 1.0, 7) != made.write("", 50, 1.0, 8)
    assert len(made.write("", 50)) == 50


def test_what_it_can_not_read_is_a_sentence() -> None:
    with pytest.raises(BadInputError, match="no 'é'"):
        writer().write("cabé", 5)
    with pytest.raises(BadInputError, match="not 0"):
        writer().write("a", 0)


def test_memory_beats_counting_pairs() -> None:
    """After an a comes an a or a b, equally often; only who remembers one character more can tell."""
    lesson = Lesson(PERIODIC, SMALL)
    told = list(lesson.learn())
    tried = [one for one in told if isinstance(one, Tried)]
    assert tried[0].held_out == pytest.approx(1.0, abs=0.2)  # has not learned: two characters, one bit
    assert lesson.best_bits < 0.2 < texts.baselines(PERIODIC).bigram
    assert lesson.best().write("aabb", 8, 0.1) == "aabbaabb"


def test_steps_are_all_told_once() -> None:
    plan = Plan(units=8, steps=410, batch=2, length=8)
    learned = [one for one in Lesson(PERIODIC, plan).learn() if isinstance(one, Learned)]
    assert sum(one.steps for one in learned) == 410
    assert [one.step for one in learned] == np.cumsum([one.steps for one in learned]).tolist()
    assert len(learned) <= 200


def test_clipping_is_counted_and_shortens() -> None:
    def learned(clip: float) -> list[Learned]:
        plan = Plan(units=8, steps=5, batch=2, clip=clip)
        return [one for one in Lesson(PERIODIC, plan).learn() if isinstance(one, Learned)]

    free, clipped = learned(0.0), learned(1e-3)
    assert sum(one.clipped for one in free) == 0
    assert sum(one.clipped for one in clipped) == 5
    assert free[0].grad_norm == clipped[0].grad_norm > 1e-3
    assert free[-1].bits != clipped[-1].bits


def test_a_stop_keeps_what_was_best(tmp_path: Path) -> None:
    asked = iter([False] * 29)
    lesson = Lesson(PERIODIC, SMALL)
    told = list(lesson.learn(lambda: next(asked, True)))
    assert lesson.step == 30
    assert isinstance(told[-1], Tried)
    assert lesson.best_bits == min(one.held_out for one in told if isinstance(one, Tried))
    language.keep(tmp_path / "run", "r1", lesson)
    again = language.load(tmp_path / "run")
    assert again.write("a", 30, 0.5, 1) == lesson.best().write("a", 30, 0.5, 1)
    codes = torch.tensor([again.codes[character] for character in texts.parts(PERIODIC)[1]])
    assert language.bits_per_character(again.model, codes) == pytest.approx(lesson.best_bits)


def test_a_loss_that_is_no_number_ends_it_with_the_best() -> None:
    lesson = Lesson(PERIODIC, SMALL)
    stream = lesson.learn()
    next(stream)
    with torch.no_grad():
        lesson.writer.model.read.bias.fill_(math.nan)
    assert list(stream) == []
    assert math.isfinite(lesson.best_bits)


def test_the_same_lesson_twice_and_nothing_else_is_drawn() -> None:
    before = torch.random.get_rng_state()
    plans = [Plan(units=8, steps=3, batch=2, seed=seed) for seed in (0, 0, 1)]
    one, same, other = (list(Lesson(PERIODIC, plan).learn()) for plan in plans)
    assert one == same != other
    assert torch.equal(before, torch.random.get_rng_state())


def test_where_nothing_was_learned_there_is_no_writer(tmp_path: Path) -> None:
    with pytest.raises(IncompleteRunError):
        language.load(tmp_path)
