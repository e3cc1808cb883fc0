"""What a tuning job tries: values drawn from its ranges, or every combination of its choices."""

import itertools
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

GRID: Final = "Grid"
SUPPORTED: Final = ("Bayesian", "Random", GRID)
_KINDS: Final = ("IntegerParameterRanges", "ContinuousParameterRanges")
_CATEGORICAL: Final = "CategoricalParameterRanges"
_MOST: Final = 30  # ranges of a job

Ranges = Mapping[str, Sequence[Mapping[str, Any]]]


def problems(ranges: Ranges, strategy: str, static: Mapping[str, str]) -> Iterator[str]:
    """What AWS, or this laptop, does not take.

    Args:
        ranges: ParameterRanges.
        strategy: Of the job.
        static: StaticHyperParameters.
    """
    if strategy not in SUPPORTED:
        yield f"the laptop knows no strategy {strategy}; it has {', '.join(SUPPORTED)}"
    if ranges.get("AutoParameters"):
        yield "the laptop knows no AutoParameters"
    names = [each["Name"] for kind in (*_KINDS, _CATEGORICAL) for each in ranges.get(kind, ())]
    if not names:
        yield "there is no range to search"
    if len(names) > _MOST:
        yield f"there are {len(names)} ranges; at most {_MOST} are allowed"
    for name in sorted({each for each in names if names.count(each) > 1 or each in static}):
        yield f"hyperparameter {name} is given more than once"
    for kind in _KINDS:
        for each in ranges.get(kind, ()):
            yield from _of_numbers(kind, each)
            if strategy == GRID:
                yield f"strategy Grid takes categorical ranges only, and {each['Name']} is none"


def combinations(ranges: Ranges) -> int:
    """How many jobs a grid has."""
    return math.prod(len(each["Values"]) for each in ranges.get(_CATEGORICAL, ()))


def candidates(ranges: Ranges, strategy: str, seed: int) -> Iterator[dict[str, str]]:
    """Yield hyperparameters as text: without end, but for a grid.

    Args:
        ranges: ParameterRanges, which are sound.
        strategy: Of the job; Bayesian is drawn at random here.
        seed: Of the drawing.
    """
    choices = {each["Name"]: each["Values"] for each in ranges.get(_CATEGORICAL, ())}
    if strategy == GRID:
        for values in itertools.product(*choices.values()):
            yield dict(zip(choices, values, strict=True))
        return
    chance = random.Random(seed)  # noqa: S311 - a search, not a secret
    while True:
        drawn = {name: chance.choice(values) for name, values in choices.items()}
        for each in ranges.get(_KINDS[0], ()):
            drawn[each["Name"]] = str(round(_drawn(each, chance)))
        for each in ranges.get(_KINDS[1], ()):
            drawn[each["Name"]] = repr(_drawn(each, chance))
        yield drawn


def _of_numbers(kind: str, given: Mapping[str, Any]) -> Iterator[str]:
    name, convert = given["Name"], int if kind == _KINDS[0] else float
    try:
        low, high = convert(given["MinValue"]), convert(given["MaxValue"])
    except ValueError:
        yield f"the range of {name} has a bound that is no {convert.__name__}"
        return
    if not low <= high:
        yield f"the range of {name} ends before it begins"
    if given.get("ScalingType") == "Logarithmic" and low <= 0:
        yield f"the range of {name} is logarithmic and begins at {low}, which is not above 0"
    if given.get("ScalingType") == "ReverseLogarithmic" and not 0 <= low <= high < 1:
        yield f"the range of {name} is reverse logarithmic and not within 0 and 1"


def _drawn(given: Mapping[str, Any], chance: random.Random) -> float:
    """Draw a number: evenly, or evenly over orders of magnitude."""
    low, high = float(given["MinValue"]), float(given["MaxValue"])
    match given.get("ScalingType"):
        case "Logarithmic":
            value = math.exp(chance.uniform(math.log(low), math.log(high)))
        case "ReverseLogarithmic":
            value = 1 - math.exp(chance.uniform(math.log(1 - high), math.log(1 - low)))
        case _:
            value = chance.uniform(low, high)
    return min(max(value, low), high)
