"""The order of classes in which blocks of a confusion matrix are seen."""

import itertools

import numpy as np
import pytest

from tlcore.train.judging.confusion import block_order


def blocks(sizes: tuple[int, ...], rng: np.random.Generator) -> np.ndarray:
    """Counts of classes that are taken for others of their own block alone, and often."""
    table = np.zeros((sum(sizes),) * 2, np.int64)
    start = 0
    for size in sizes:
        inside = slice(start, start + size)
        table[inside, inside] = rng.integers(3, 9, (size, size))
        start += size
    return table + np.diag(rng.integers(10, 30, len(table)))


@pytest.mark.parametrize("seed", range(5))
def test_blocks_that_were_shuffled_are_found_again(seed: int) -> None:
    rng = np.random.default_rng(seed)
    sizes = (4, 2, 5, 6, 3)
    of_block = np.repeat(np.arange(len(sizes)), sizes)
    shuffled = rng.permutation(len(of_block))
    table = blocks(sizes, rng)[np.ix_(shuffled, shuffled)]
    order = block_order(table)
    assert sorted(order) == list(range(20))
    found = [of_block[shuffled[index]] for index in order]
    assert len(list(itertools.groupby(found))) == len(sizes)  # each block in one piece


def test_where_nothing_is_confused_the_order_stays() -> None:
    assert block_order(np.diag([3, 0, 5, 2])) == [0, 1, 2, 3]
    assert block_order(np.array([[1, 5], [5, 1]])) == [0, 1]


def test_a_chain_of_confusions_is_laid_out_along_it() -> None:
    chain = [2, 0, 4, 1, 3]
    table = 10 * np.eye(5, dtype=np.int64)
    for one, other in itertools.pairwise(chain):
        table[one, other] = table[other, one] = 4
    assert block_order(table) in (chain, chain[::-1])
