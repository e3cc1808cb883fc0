import pytest

from local_test.aws.sagemaker.scaling import Bounds, tracked


@pytest.mark.parametrize(
    ("current", "value", "target", "expected"),
    [(1, 10, 10, 1), (1, 11, 10, 2), (2, 30, 10, 6), (4, 2, 10, 1), (3, 0, 10, 0), (0, 5, 5, 1)],
)
def test_a_metric_is_brought_to_its_target(
    current: int, value: float, target: float, expected: int
) -> None:
    assert tracked(current, value, target) == expected


def test_bounds_hold() -> None:
    assert [Bounds(2, 4).hold(count) for count in (0, 3, 9)] == [2, 3, 4]
