"""Columns of bytes, held to what Python writes of the same values one by one."""

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from serve.columns import NoColumnError, decimals, joined, texts


@given(
    st.lists(
        st.floats(0, 999)
        | st.floats(0, 1e-3)
        | st.integers(0, 10**6).map(lambda number: number / 10**6),
        min_size=1,
        max_size=20,
    ),
    st.sampled_from([3, 6]),
)
@example([0.0, 1.0, 1e-6, 9.9e-5, 1e-4, 0.1, 0.12, 0.100001, 0.0005, 0.9999996, 999.0], 6)
@example([0.0, 0.0005, 0.0015, 0.001, 10.0, 100.01, 998.9996], 3)
def test_decimals_are_what_python_writes_of_rounded_numbers(
    numbers: list[float], digits: int
) -> None:
    values = np.array(numbers, np.float32)
    rounded = values.astype(np.float64).round(digits).tolist()
    written = joined([*decimals(values, digits), b"\n"]).decode()
    assert written == "".join(f"{number}\n" for number in rounded)


@pytest.mark.parametrize("value", [-1.0, -0.0, -1e-9, 999.9999999, 1000.0, 1e30, np.inf, np.nan])
def test_other_numbers_have_no_column(value: float) -> None:
    with pytest.raises(NoColumnError):
        decimals(np.array([0.5, value], np.float32), 6)


def test_parts_stand_in_order_and_without_padding() -> None:
    labels = texts(["a", "", "Ä,"])
    chosen = labels.take([2, 0, 1, 0])
    assert joined([b"<", chosen, b"|", chosen, b">"]) == "<Ä,|Ä,><a|a><|><a|a>".encode()


def test_a_text_with_the_padding_in_it_has_no_column() -> None:
    with pytest.raises(NoColumnError):
        texts(["a", "b\0c"])


def test_records_may_not_be_too_long() -> None:
    with pytest.raises(NoColumnError):
        joined([texts(["a"]), b"x" * 5000])
