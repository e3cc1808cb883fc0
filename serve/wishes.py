"""What a request asks for beside one answer a record: in its custom attributes or in its body."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

from model.errors import InputError, Problem
from serve import media

DEFAULT_TOP_K: Final = 3
SWITCHES: Final = ("sequence", "standing", "explain")


@dataclass(frozen=True)
class Wishes:
    """The options of one request.

    Attributes:
        top_k: How many candidates an answer lists.
        sequence: Whether the records of a device are one track; an answer a record.
        standing: Whether all records of a device are one place; an answer a device.
        explain: Whether answers say what each field contributes.
        devices: Who made each record; None where the records do not say: then one device did.
    """

    top_k: int = DEFAULT_TOP_K
    sequence: bool = False
    standing: bool = False
    explain: bool = False
    devices: tuple[str, ...] | None = None

    @property
    def plain(self) -> bool:
        """Whether every record is answered for itself, and no more than that is asked."""
        return not (self.sequence or self.standing or self.explain or self.devices)

    def joined(self, other: "Wishes | None") -> "Wishes":
        """Add what the body asks for.

        Raises:
            InputError: The wishes exclude each other.
        """
        if other is None and self.plain:
            return self
        other = other or Wishes()
        both = Wishes(
            self.top_k,
            self.sequence or other.sequence,
            self.standing or other.standing,
            self.explain or other.explain,
            other.devices,
        )
        if both.sequence and both.standing:
            raise InputError(
                "The request asks for sequence and standing at once; a device either moves or "
                "stands still.",
                [Problem(None, "sequence", True, "only one of sequence and standing")],
            )
        if both.explain and (both.sequence or both.standing or both.devices):
            raise InputError(
                "The request asks to explain answers that several records make; only single ones "
                "can be explained.",
                [Problem(None, "explain", True, "no sequence, standing or device beside it")],
            )
        return both

    def check(self, media_type: str) -> None:
        """See whether the answers' media type can hold what is asked for.

        Raises:
            InputError: It cannot.
        """
        if self.explain and media_type not in {media.JSON, media.JSON_LINES}:
            raise InputError(
                f"The answers are asked for as {media_type}, which has no place for what explain "
                f"adds; ask with Accept: {media.JSON} or {media.JSON_LINES}.",
                [Problem(None, "explain", media_type, f"{media.JSON} or {media.JSON_LINES}")],
            )


class Read(NamedTuple):
    """A body that was read.

    Attributes:
        data: The records, as the model's kind has them.
        asked: What the body asks for beside them; None for nothing.
    """

    data: Any
    asked: Wishes | None = None


def of_body(given: Mapping[Any, object]) -> Wishes:
    """Read the switches beside the instances of a JSON body.

    Raises:
        InputError: One is neither true nor false.
    """
    problems = [
        Problem(None, name, value, "true or false")
        for name, value in given.items()
        if not isinstance(value, bool)
    ]
    if problems:
        first = problems[0]
        raise InputError(
            f'The JSON has {first.got!r:.60} for "{first.field}"; true or false is expected.',
            problems,
        )
    return _wishes(DEFAULT_TOP_K, {name for name, value in given.items() if value})


def of_attributes(options: Mapping[str, str]) -> Wishes:
    """Read the options among the custom attributes.

    Raises:
        ValueError: One has a wrong value; the message is a sentence.
    """
    chosen = {name for name in SWITCHES if name in options and _switch(name, options[name])}
    return _wishes(_top_k(options.get("top_k")), chosen)


def _wishes(top_k: int, chosen: Collection[str]) -> Wishes:
    return Wishes(
        top_k,
        sequence="sequence" in chosen,
        standing="standing" in chosen,
        explain="explain" in chosen,
    )


def _switch(name: str, text: str) -> bool:
    if text.lower() not in {"true", "false"}:
        raise ValueError(
            f"{name} is {text!r:.60} in the custom attributes; true or false is expected."
        )
    return text.lower() == "true"


def _top_k(text: str | None) -> int:
    if text is None:
        return DEFAULT_TOP_K
    if not re.fullmatch("[0-9]{1,6}", text) or int(text) < 1:
        raise ValueError(
            f"top_k is {text!r:.60} in the custom attributes; a whole number from 1 is expected."
        )
    return int(text)
