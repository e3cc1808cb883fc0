"""The JSONPath that DataProcessing knows: InputFilter and OutputFilter (C2.11).

    $                    all of it                $['id','SageMakerOutput']   some children
    $.features           a child                  $[0,5:]                     some items
    $[-1]                an item                  $.* and $[*]                all of them

A path that names one thing gives that thing; several children give an object of these, and
several items a list.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from container.errors import UserError

LONGEST: Final = 63  # characters
_STEP: Final = re.compile(
    r"""
    \.(?P<child>[^.\[\]*'"\s]+)
    | (?P<all>\.\*|\.?\[\*\])
    | \.?\[\s*(?P<names>'[^']+'(?:\s*,\s*'[^']+')*)\s*\]
    | \[\s*(?P<items>-?\d*(?::-?\d*)?(?:\s*,\s*-?\d*(?::-?\d*)?)*)\s*\]
    """,
    re.VERBOSE,
)


@dataclass(frozen=True)
class _Children:
    names: tuple[str, ...]


@dataclass(frozen=True)
class _Items:
    picks: tuple[int | slice, ...]


_ALL: Final = "*"
_Step = _Children | _Items | str


@dataclass(frozen=True)
class Filter:
    """A path, ready to be followed.

    Attributes:
        text: As it was given.
        steps: What follows the `$`.
    """

    text: str
    steps: tuple[_Step, ...]

    @classmethod
    def parse(cls, text: str) -> "Filter":
        """Read a path; an empty one means all, as the platform has it.

        Raises:
            UserError: It is none, or uses more of JSONPath than the platform knows.
        """
        steps, at = list[_Step](), 1
        if text and not text.startswith("$"):
            raise UserError(f"{text!r} is no JSONPath: it does not begin with $.")
        while at < len(text):
            found = _STEP.match(text, at)
            if not found or (step := _step(found)) is None:
                raise UserError(
                    f"{text!r} is no JSONPath that a transform job knows, from {text[at:]!r} on.",
                    hint="Known are $, .child, ['child','child'], [item,item], [from:to] and *.",
                )
            steps.append(step)
            at = found.end()
        return cls(text, tuple(steps))

    @property
    def is_everything(self) -> bool:
        """Whether nothing is left out."""
        return not self.steps

    def __call__(self, value: Any) -> Any:
        """Give what the path leads to.

        Raises:
            UserError: It leads nowhere.
        """
        try:
            return _follow(self.steps, value)
        except (LookupError, TypeError) as error:
            raise UserError(f"{self.text} finds nothing: {error.args[0]}.") from error


def _step(found: re.Match[str]) -> _Step | None:
    if child := found["child"]:
        return _Children((child,))
    if found["all"]:
        return _ALL
    if names := found["names"]:
        return _Children(tuple(re.findall(r"'([^']+)'", names)))
    try:
        return _Items(tuple(map(_pick, found["items"].split(","))))
    except ValueError:
        return None


def _pick(text: str) -> int | slice:
    first, colon, last = text.strip().partition(":")
    if not colon:
        return int(first)
    return slice(int(first) if first else None, int(last) if last else None)


def _follow(steps: tuple[_Step, ...], value: Any) -> Any:
    if not steps:
        return value
    step, rest = steps[0], steps[1:]
    if isinstance(step, _Children):
        found = {name: _follow(rest, _child(value, name)) for name in step.names}
        return found[step.names[0]] if len(step.names) == 1 else found
    if isinstance(step, _Items):
        if len(step.picks) == 1 and isinstance(step.picks[0], int):
            return _follow(rest, _item(value, step.picks[0]))
        return [_follow(rest, each) for pick in step.picks for each in _some(value, pick)]
    return [_follow(rest, each) for each in _everything(value)]


def _child(value: Any, name: str) -> Any:
    if not isinstance(value, dict):
        raise TypeError(f"{_kind(value)} has no child {name!r}")
    if name not in value:
        raise LookupError(f"there is no {name!r} among {', '.join(map(repr, value)) or 'nothing'}")
    return value[name]


def _item(value: Any, number: int) -> Any:
    items = _list(value)
    if not -len(items) <= number < len(items):
        raise LookupError(f"there is no item {number} among {len(items)}")
    return items[number]


def _some(value: Any, pick: int | slice) -> Sequence[Any]:
    if isinstance(pick, int):
        return [_item(value, pick)]
    if not (found := _list(value)[pick]):
        first, last = ("" if each is None else each for each in (pick.start, pick.stop))
        raise LookupError(f"there are no items {first}:{last} among {len(value)}")
    return found


def _everything(value: Any) -> Sequence[Any]:
    return list(value.values()) if isinstance(value, dict) else _list(value)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"{_kind(value)} has no items")
    return value


def _kind(value: Any) -> str:
    names: dict[type, str] = {dict: "an object", list: "a list", str: "a text"}
    return names.get(type(value), repr(value))
