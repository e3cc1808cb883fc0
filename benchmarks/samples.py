"""What many measurements of one thing come to."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence


def median(values: Iterable[float]) -> float:
    """The middle of some values."""
    return statistics.median(values)


def quantile(values: Sequence[float], share: float) -> float:
    """The value that a share of the values do not exceed.

    Args:
        values: At least one.
        share: 0 to 1.
    """
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def medians(rounds: Sequence[Mapping[str, float]]) -> dict[str, float]:
    """For every name the median over rounds that all have the same names."""
    return {name: median(each[name] for each in rounds) for name in rounds[0]}


def exponent(points: Mapping[int, float]) -> float:
    """How cost grows with size: the slope of log cost over log size, by least squares.

    1 is linear, 0 is no growth. A fixed part makes it smaller.

    Args:
        points: Cost by size; at least two sizes, all above 0.
    """
    slope, _ = statistics.linear_regression(
        [math.log(size) for size in points], [math.log(cost) for cost in points.values()]
    )
    return slope


def last_exponent(points: Mapping[int, float]) -> float:
    """The exponent between the two largest sizes, where a fixed part weighs least."""
    return exponent({size: points[size] for size in sorted(points)[-2:]})


def step(points: Mapping[int, float]) -> float:
    """What one more costs: the slope of cost over number, by least squares."""
    slope, _ = statistics.linear_regression(list(points), list(points.values()))
    return slope
