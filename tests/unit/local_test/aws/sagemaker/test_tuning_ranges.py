import itertools
from collections.abc import Mapping
from typing import Any

import pytest

from local_test.aws.sagemaker import tuning_ranges


def number(low: str, high: str, scaling: str = "Linear") -> dict[str, str]:
    return {"Name": "x", "MinValue": low, "MaxValue": high, "ScalingType": scaling}


CHOICES: Mapping[str, Any] = {
    "CategoricalParameterRanges": [
        {"Name": "a", "Values": ["1", "2"]},
        {"Name": "b", "Values": ["x", "y", "z"]},
    ]
}


def test_a_grid_is_every_combination_once() -> None:
    found = [tuple(each.values()) for each in tuning_ranges.candidates(CHOICES, "Grid", 0)]
    assert found == list(itertools.product("12", "xyz"))
    assert tuning_ranges.combinations(CHOICES) == len(found)


@pytest.mark.parametrize("strategy", ["Random", "Bayesian"])
def test_drawing_is_the_same_for_the_same_seed_and_never_ends(strategy: str) -> None:
    def drawn(seed: int) -> list[dict[str, str]]:
        return list(itertools.islice(tuning_ranges.candidates(CHOICES, strategy, seed), 20))

    assert drawn(1) == drawn(1) != drawn(2)
    assert {each["a"] for each in drawn(1)} == {"1", "2"}


@pytest.mark.parametrize(
    ("scaling", "low", "high", "middle"),
    [
        ("Linear", "0", "10", 5),
        ("Logarithmic", "0.001", "10", 0.1),
        ("ReverseLogarithmic", "0", "0.9999", 0.99),
    ],
)
def test_numbers_are_drawn_evenly_on_their_scale(
    scaling: str, low: str, high: str, middle: float
) -> None:
    ranges = {"ContinuousParameterRanges": [number(low, high, scaling)]}
    drawn = itertools.islice(tuning_ranges.candidates(ranges, "Random", 0), 2000)
    values = [float(each["x"]) for each in drawn]
    assert float(low) <= min(values) <= max(values) <= float(high)
    assert sum(each < middle for each in values) / len(values) == pytest.approx(0.5, abs=0.05)


def test_integers_are_whole_and_reach_both_ends() -> None:
    ranges = {"IntegerParameterRanges": [number("1", "3")]}
    drawn = itertools.islice(tuning_ranges.candidates(ranges, "Random", 0), 100)
    assert {each["x"] for each in drawn} == {"1", "2", "3"}


@pytest.mark.parametrize(
    ("ranges", "strategy", "expected"),
    [
        ({}, "Random", "no range"),
        (CHOICES, "Hyperband", "no strategy Hyperband"),
        ({"ContinuousParameterRanges": [number("2", "1")]}, "Random", "ends before it begins"),
        ({"ContinuousParameterRanges": [number("a", "1")]}, "Random", "no float"),
        ({"IntegerParameterRanges": [number("1", "1.5")]}, "Random", "no int"),
        ({"ContinuousParameterRanges": [number("0", "1", "Logarithmic")]}, "Random", "above 0"),
        (
            {"ContinuousParameterRanges": [number("0", "1", "ReverseLogarithmic")]},
            "Random",
            "within 0 and 1",
        ),
        ({"ContinuousParameterRanges": [number("0", "1")]}, "Grid", "categorical ranges only"),
        ({"AutoParameters": [{"Name": "y", "ValueHint": "1"}], **CHOICES}, "Random", "Auto"),
        (
            {"ContinuousParameterRanges": [number(*"01"), number(*"01")]},
            "Random",
            "x is given more than once",
        ),
        (
            {"CategoricalParameterRanges": [{"Name": str(n), "Values": ["1"]} for n in range(31)]},
            "Random",
            "at most 30",
        ),
    ],
)
def test_what_is_wrong_is_said(ranges: Any, strategy: str, expected: str) -> None:
    (found,) = tuning_ranges.problems(ranges, strategy, {})
    assert expected in found


def test_sound_ranges_have_no_problems() -> None:
    assert not list(tuning_ranges.problems(CHOICES, "Grid", {"c": "1"}))
