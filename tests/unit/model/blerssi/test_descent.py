import numpy as np
import numpy.typing as npt
import pytest

from model.blerssi.descent import descend

Floats = npt.NDArray[np.float64]


def valley(place: Floats) -> tuple[float, Floats]:
    """Rosenbrock's curved valley; its lowest point is (1, 1)."""
    x, y = place
    gradient = [-2 * (1 - x) - 400 * x * (y - x * x), 200 * (y - x * x)]
    return float((1 - x) ** 2 + 100 * (y - x * x) ** 2), np.array(gradient)


def saddle(place: Floats) -> tuple[float, Floats]:
    """A saddle at 0 between two lowest points at (0, -1) and (0, 1)."""
    x, y = place
    return float(x * x + (y * y - 1) ** 2), np.array([2 * x, 4 * y * (y * y - 1)])


def cliff(place: Floats) -> tuple[float, Floats]:
    """Lowest at 0.01, and not even defined below 0."""
    (x,) = place
    with np.errstate(all="ignore"):
        return float(x - 0.01 * np.log(x)), np.array([1 - 0.01 / x])


def test_a_curved_valley_is_followed_to_its_end() -> None:
    assert descend(valley, np.array([-1.2, 1.0])) == pytest.approx([1, 1], abs=1e-6)


def test_a_start_beside_a_saddle_ends_below_it() -> None:
    x, y = descend(saddle, np.array([0.5, 0.01]))
    assert (x, abs(y)) == pytest.approx((0, 1), abs=1e-6)


def edge(place: Floats) -> tuple[float, Floats]:
    """Lowest at 0, and no slope is known beyond 1."""
    (x,) = place
    return float(x * x), np.array([2 * x if x <= 1 else np.nan])


def test_where_no_curvature_can_be_told_it_ends() -> None:
    assert descend(edge, np.array([1.0])) == pytest.approx([1.0])


def test_no_step_leads_to_where_nothing_is_defined() -> None:
    assert descend(cliff, np.array([5.0])) == pytest.approx([0.01], rel=1e-4)


def test_a_start_at_the_lowest_point_is_the_end() -> None:
    assert descend(valley, np.ones(2)).tolist() == [1, 1]


def test_an_endless_depth_is_not_taken_for_a_lowest_point() -> None:
    def pit(place: Floats) -> tuple[float, Floats]:
        (x,) = place
        return (-np.inf if x > 4 else float((x - 3) ** 4)), np.array([4 * (x - 3) ** 3])

    assert descend(pit, np.array([0.0])) == pytest.approx([3], abs=0.1)
