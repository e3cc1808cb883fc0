"""The hyperparameters, each declared once.

Parsing, command-line flags, help, the table of the README and the search spaces of all tuners
(train/tuning) are derived from the declarations.
"""

import difflib
import json
import math
from argparse import _ArgumentGroup
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, fields
from typing import Any, Final, NamedTuple

from container.errors import UserError
from train.ranges import Choice, Range, Span

FLAG_PREFIX: Final = "hyperparameter_"  # of the names under which argparse keeps the flags
MISSPELLINGS: Final = 0.6  # how alike two names have to be for one to be suggested (difflib)


class Row(NamedTuple):
    """One line of the table of hyperparameters."""

    name: str
    type: str
    range: str
    default: str
    help: str


@dataclass(frozen=True)
class Declaration:
    """What one hyperparameter may be.

    Attributes:
        name: As hyperparameters.json spells it; the flag has dashes for underscores.
        type: The kind of value, for people.
        range: What is allowed, for people.
        default: The value that counts when none is given.
        help: One sentence.
        parse: Turns text into a value; raises ValueError for text that is not allowed.
        tuned: Where tuning looks for it; None where it does not.
    """

    name: str
    type: str
    range: str
    default: Any
    help: str
    parse: Callable[[str], Any]
    tuned: Range | None = None

    @property
    def text(self) -> str:
        """The default as hyperparameters.json would have it."""
        return _plain(self.default)

    def read(self, text: str) -> Any:
        """Turn what the platform wrote into a value; text may be JSON-encoded twice (C5.12).

        Raises:
            ValueError: The text is not allowed here; the message is a whole sentence.
        """
        try:
            return self.parse(_decode(text).strip())
        except ValueError:
            raise ValueError(
                f"{self.name} is {text!r:.100}; expected {self.type}, {self.range}."
            ) from None


def _integer(default: int, low: int, high: int, text: str, tuned: Choice | None = None) -> Any:
    def parse(value: str) -> int:
        number = float(value)
        if not number.is_integer():
            raise ValueError(value)
        return int(_inside(number, low, high))

    return _declare(default, "integer", f"{low} to {high}", text, parse, tuned)


def _real(default: float, low: float, high: float, text: str, tuned: Range | None = None) -> Any:
    def parse(value: str) -> float:
        return _inside(float(value), low, high)

    return _declare(default, "number", f"{low:g} to {high:g}", text, parse, tuned)


def _switch(default: bool, text: str, tuned: Choice | None = None) -> Any:
    def parse(value: str) -> bool:
        words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
        if value.lower() not in words:
            raise ValueError(value)
        return words[value.lower()]

    return _declare(default, "switch", "true or false", text, parse, tuned)


def _sizes(
    default: tuple[int, ...], most: int, high: int, text: str, tuned: Choice | None = None
) -> Any:
    def parse(value: str) -> tuple[int, ...]:
        inner = value.removeprefix("[").removesuffix("]").strip()
        if inner.lower() in {"", "none"}:
            return ()
        sizes = tuple(int(_inside(int(part), 1, high)) for part in inner.split(","))
        if len(sizes) > most:
            raise ValueError(value)
        return sizes

    allowed = f"none or up to {most} sizes of 1 to {high}, such as 128,128"
    return _declare(default, "list of integers", allowed, text, parse, tuned)


def _declare(  # noqa: PLR0913, PLR0917 - a declaration has as many parts
    default: Any,
    kind: str,
    allowed: str,
    text: str,
    parse: Callable[[str], Any],
    tuned: Range | None,
) -> Any:
    metadata = {"type": kind, "range": allowed, "help": text, "parse": parse, "tuned": tuned}
    return field(default=default, metadata=metadata)


def _inside(number: float, low: float, high: float) -> float:
    if not low <= number <= high:  # false for NaN too
        raise ValueError(number)
    return number


@dataclass(frozen=True)
class Hyperparameters:
    """The values of one run. Defaults are the recipe measured best on new visits."""

    epochs: int = _integer(10, 1, 10_000, "Passes over the training scans.")
    batch_size: int = _integer(128, 1, 65_536, "Scans a step.", tuned=Choice(("64", "128", "256")))
    learning_rate: float = _real(
        0.001,
        1e-7,
        1,
        "Adam's step size at the start; a cosine takes it down to 2 % of that.",
        tuned=Span(2e-4, 0.01, log=True),
    )
    weight_decay: float = _real(
        0.1, 0, 1, "L2 penalty on every weight.", tuned=Span(1e-3, 1, log=True)
    )
    hidden: tuple[int, ...] = _sizes(
        (128, 128),
        8,
        4096,
        "Units of each hidden layer.",
        tuned=Choice(("none", "64", "128", "128,128", "256,256")),
    )
    dropout: float = _real(
        0.2, 0, 0.95, "Share of hidden units left out in each step.", tuned=Span(0, 0.5)
    )
    label_smoothing_cells: float = _real(
        0.8,
        0,
        10,
        "Width in cells of the Gaussian over neighbouring cells that softens a label.",
        tuned=Span(0.4, 1.6),
    )
    label_smoothing_share: float = _real(
        0.5,
        0,
        1,
        "Share of a label that goes to that Gaussian; 0 trains on hard labels.",
        tuned=Span(0, 0.9),
    )
    distance_loss: float = _real(
        0.5,
        0,
        100,
        "Weight of the expected distance, in cells, beside the cross-entropy.",
        tuned=Span(0, 2),
    )
    noise_db: float = _real(
        2, 0, 20, "Standard deviation of the noise added to heard readings.", tuned=Span(0, 5)
    )
    beacon_dropping: float = _real(
        0.1,
        0,
        0.6,
        "How likely a beacon of -80 dBm is dropped from a scan; weaker ones more.",
        tuned=Span(0, 0.3),
    )
    drawn_scans: float = _real(
        5,
        0,
        20,
        "Scans drawn from a radio map of the whole floor for each real one; 0 for none.",
        tuned=Span(0, 10),
    )
    class_balance: bool = _switch(
        True,
        "Weigh scans so that every surveyed cell counts alike.",
        tuned=Choice(("true", "false")),
    )
    validation_fraction: float = _real(
        0.2, 0, 0.9, "Share of visits held out where no validation channel is given; 0 for none."
    )
    early_stopping_patience: int = _integer(
        0, 0, 10_000, "Epochs without a better validation mean error before stopping; 0 for never."
    )
    checkpoint_every: int = _integer(5, 1, 10_000, "Epochs between checkpoints.")
    seed: int = _integer(0, 0, 2**31 - 1, "Start of every random number of the run.")

    @classmethod
    def parse(cls, values: Mapping[str, str]) -> "Hyperparameters":
        """Read hyperparameters as the platform or the command line hands them in.

        Args:
            values: Text by name, reserved names already left out.

        Raises:
            UserError: Some names are unknown or some values not allowed; all of them are named.
        """
        declared = {d.name: d for d in declarations()}
        parsed: dict[str, Any] = {}
        problems = []
        for name, text in values.items():
            if name not in declared:
                problems.append(f"{name} is not a hyperparameter{_suggestion(name, declared)}")
                continue
            try:
                parsed[name] = declared[name].read(text)
            except ValueError as error:
                problems.append(str(error))
        if problems:
            count = "" if len(problems) == 1 else f"{len(problems)} hyperparameters are wrong: "
            raise UserError(
                count + " ".join(problems),
                hint="All hyperparameters are listed by `python -m train --help`.",
            )
        return cls(**parsed)

    def to_dict(self) -> dict[str, Any]:
        """The values as JSON knows them."""
        return {
            name: list(value) if isinstance(value, tuple) else value
            for name, value in asdict(self).items()
        }

    def changes(self) -> dict[str, Any]:
        """The values that differ from the defaults."""
        defaults = Hyperparameters().to_dict()
        return {name: v for name, v in self.to_dict().items() if v != defaults[name]}


def declarations() -> tuple[Declaration, ...]:
    """Every hyperparameter, in the order of the declarations."""
    return tuple(
        Declaration(name=f.name, default=f.default, **f.metadata) for f in fields(Hyperparameters)
    )


def table() -> list[Row]:
    """The declarations as text, for the README and for people."""
    return [Row(d.name, d.type, d.range, d.text, d.help) for d in declarations()]


def add_flags(group: _ArgumentGroup) -> None:
    """Add `--learning-rate VALUE` and so on; values stay text until `Hyperparameters.parse`."""
    for row in table():
        flag = "--" + row.name.replace("_", "-")
        group.add_argument(
            *dict.fromkeys((flag, "--" + row.name)),
            dest=f"{FLAG_PREFIX}{row.name}",
            metavar="VALUE",
            help=f"{row.help} ({row.type}, {row.range}; default {row.default})".replace("%", "%%"),
        )


def nearest(name: str, known: Mapping[str, object]) -> str | None:
    """The known name that a wrong one was probably meant to be."""
    wanted = name.lower().replace("-", "_")
    return next(iter(difflib.get_close_matches(wanted, known, 1, MISSPELLINGS)), None)


def _suggestion(name: str, known: Mapping[str, object]) -> str:
    guess = nearest(name, known)
    return f"; did you mean {guess}?" if guess else "."


def _decode(text: str) -> str:
    """Undo the JSON encoding of strings that some SDKs apply, once or twice (C5.12)."""
    for _ in range(2):
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            break
        if not isinstance(value, str):
            break
        text = value
    return text


def _plain(value: Any) -> str:
    match value:
        case bool():
            return str(value).lower()
        case tuple():
            return ",".join(map(str, value))
        case float() if math.isfinite(value):
            return f"{value:g}"
    return str(value)
