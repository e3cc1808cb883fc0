import pytest

from local_test.aws.sagemaker import statistics


@pytest.mark.parametrize(
    ("statistic", "expected"),
    [("p50", 50.0), ("p99", 99.0), ("p99.9", 100.0), ("p100", 100.0), ("p1", 1.0), ("p0", 1.0)],
)
def test_a_percentile_is_a_value_that_was_measured(statistic: str, expected: float) -> None:
    assert statistics.percentile(map(float, range(100, 0, -1)), statistic) == expected


@pytest.mark.parametrize("statistic", ["Median", "p101", "tm99"])
def test_another_statistic_is_none(statistic: str) -> None:
    assert statistics.percentile([1.0], statistic) is None


def test_nothing_has_no_percentile() -> None:
    assert statistics.percentile([], "p50") is None
