"""What tuners may vary, and by what they judge: the declarations, filtered by what is given."""

from collections.abc import Mapping
from typing import NamedTuple

from container.errors import UserError
from train.hyperparameters import Hyperparameters, declarations
from train.ranges import Range


class Space(NamedTuple):
    """A search space.

    Attributes:
        ranges: Where to look, by hyperparameter.
        fixed: The text of those that every trial has alike, without those left at their defaults.
    """

    ranges: Mapping[str, Range]
    fixed: Mapping[str, str]


def space(fixed: Mapping[str, str]) -> Space:
    """Everything that is declared with a range, but what the caller has decided.

    Args:
        fixed: Text by name.

    Raises:
        UserError: A fixed value is not allowed, or nothing is left to vary.
    """
    parsed = Hyperparameters.parse(fixed).to_dict()
    ranges = {
        each.name: each.tuned
        for each in declarations()
        if each.tuned is not None and each.name not in fixed
    }
    if not ranges:
        raise UserError(
            "There is nothing to tune: every hyperparameter with a range has a fixed value.",
            hint="Leave some of them out.",
        )
    return Space(ranges, {name: _text(parsed[name]) for name in fixed})


def defaults(ranges: Mapping[str, Range]) -> dict[str, str]:
    """The defaults of what is varied."""
    return {each.name: each.text for each in declarations() if each.name in ranges}


def _text(value: object) -> str:
    """A value as one word, since Katib hands it to a shell."""
    match value:
        case bool():
            return str(value).lower()
        case list():
            return ",".join(map(str, value))
    return str(value)
