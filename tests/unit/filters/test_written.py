"""Kernels as people write them: what is read, what is refused in a sentence, and how they grow and shrink."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tlcore.errors import BadInputError
from tlcore.filters.bank import LARGEST, bank
from tlcore.filters.written import read_kernel, resized, write_kernel


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("1 0 -1; 2, 0, -2 ;1 0 -1;", [[1, 0, -1], [2, 0, -2], [1, 0, -1]]),
        ("1 2\n3 4\n", [[1, 2], [3, 4]]),
        ("[[1, 2],\n [3.5, -4e-1]]", [[1, 2], [3.5, -0.4]]),
        ("1/9 -1/2", [[1 / 9, -0.5]]),
        ("7", [[7]]),
        ("\ufeff1 \u22122", [[1, -2]]),  # a byte order mark, and a minus as it is printed
    ],
)
def test_rows_and_numbers_are_read(text: str, rows: list) -> None:
    kernel = read_kernel(text)
    np.testing.assert_array_equal(kernel.values, rows)
    assert kernel.scale == 1


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "is empty"),
        (" ; ; ", "is empty"),
        ("[]", "is empty"),
        ("1 2;3", "different lengths: 1, 2"),
        ("1 nan", "infinite or not a number"),
        ("inf 1", "infinite or not a number"),
        ("1e400", "infinite or not a number"),
        ("1/0", "a division by zero"),
        ("1/0.0", "a division by zero"),
        ("1 x", "'x', which is not a number"),
        ("1/2/3", "'1/2/3', which is not a number"),
        ("1e7", "between -1,000,000 and 1,000,000"),
        (" ".join("1" * 16), "at most 15x15 values, not 1x16"),
        ("1 " * 20_000, "at most 20,000 characters"),
    ],
)
def test_what_is_no_kernel_is_one_sentence(text: str, sentence: str) -> None:
    with pytest.raises(BadInputError, match=sentence):
        read_kernel(text)


@given(st.text(max_size=60))
def test_no_text_does_worse_than_a_sentence(text: str) -> None:
    try:
        kernel = read_kernel(text)
    except BadInputError:
        return
    assert np.isfinite(kernel.values).all()


@pytest.mark.parametrize("name", bank())
def test_every_kernel_survives_being_written(name: str) -> None:
    values = bank()[name].values
    np.testing.assert_allclose(read_kernel(write_kernel(values)).values, values, rtol=1e-5, atol=1e-12)


def test_a_missing_number_is_written_and_refused() -> None:
    with pytest.raises(BadInputError, match="not a number"):
        read_kernel(write_kernel([[1.0, float("nan")]]))


def test_a_kernel_grows_and_shrinks_around_its_anchor() -> None:
    three = np.arange(1.0, 10).reshape(3, 3)
    np.testing.assert_array_equal(resized(three, 1, 1), [[5]])
    np.testing.assert_array_equal(resized(three, 2, 3), [[1, 2, 3], [4, 5, 6]])  # its anchor is row 1
    np.testing.assert_array_equal(resized(three, 5, 3)[1:4], three)
    assert resized(three, 5, 3)[[0, 4]].tolist() == [[0, 0, 0], [0, 0, 0]]
    np.testing.assert_array_equal(resized(resized(three, 15, 14), 3, 3), three)


@pytest.mark.parametrize("side", [0, LARGEST + 1])
def test_no_kernel_is_larger_than_can_be_edited(side: int) -> None:
    with pytest.raises(BadInputError, match="1 to 15 rows and columns"):
        resized(np.ones((3, 3)), 3, side)
