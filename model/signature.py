"""A model's inputs and outputs as data: the contents of signature.json.

Serving learns everything about a model from here: the names, ranges and missing value of its
inputs, its classes and where they lie. A newer `version` is refused rather than guessed at.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from model.errors import SignatureError

VERSION = 1
CONFIDENCE = 0.68  # how likely the true label is within the uncertainty of an answer
MOST_PLACES = 1024  # labels with coordinates: the distances between them are kept in memory

_GREATEST = 3.4e38  # of a float32
_FURTHEST = 1e6  # of a coordinate, in cells


@dataclass(frozen=True)
class Field:
    """One number of a row.

    Attributes:
        name: As requests call it, `b3001` for example.
        minimum: Least value of a reading that is present.
        maximum: Greatest value of a reading that is present.
        unit: `dBm` for example; for messages only.
    """

    name: str
    minimum: float
    maximum: float
    unit: str = ""


@dataclass(frozen=True)
class InputSpec:
    """The rows that the graph takes: float32 of shape (N, number of fields), raw.

    Attributes:
        name: The graph's input.
        fields: One a column, in order.
        missing: The value that stands for "no reading".
        also_missing: Other values that mean the same.
    """

    fields: tuple[Field, ...]
    missing: float
    also_missing: tuple[float, ...] = ()
    name: str = "data"


@dataclass(frozen=True)
class Motion:
    """How devices move and how alike their consecutive scans are; see `model.tracks`.

    Attributes:
        stay: Probability that a device is at the same label one scan later, 0 to 1.
        reach: Cells to either side, along each axis, that it may otherwise have gone to; above 0.
        evidence: Exponent of a scan's probabilities in a track, 0 to 1: scans are not independent.
        standing: Exponent of the number of scans that a standing device's mean log probability is
            multiplied by: 0 for scans that all say the same, 1 for independent ones.
    """

    stay: float = 0.7
    reach: float = 1.0
    evidence: float = 0.7
    standing: float = 0.5


@dataclass(frozen=True)
class OutputSpec:
    """The classes behind the graph's output: float32 probabilities of shape (N, number of labels).

    Attributes:
        name: What an answer calls the class, `location` for example.
        labels: One a column, in order.
        coordinate_names: What the axes of the plane are called; empty without coordinates.
        coordinates: Where each label lies, in cells; empty without coordinates.
        coverage_radius: Answers less certain than this many cells are `out_of_coverage`.
        mass: Share of the posterior that is within the uncertainty of an answer; fitted so that
            68 % of the true labels are, of rows that the model had not seen.
        motion: How devices move between scans; the defaults where the file says nothing.
    """

    labels: tuple[str, ...]
    name: str = "location"
    coordinate_names: tuple[str, ...] = ()
    coordinates: tuple[tuple[float, ...], ...] = ()
    coverage_radius: float | None = None
    mass: float = CONFIDENCE
    motion: Motion = Motion()


@dataclass(frozen=True)
class Signature:
    """What a model takes and gives, and where it comes from.

    Attributes:
        input: Its rows.
        output: Its classes.
        versions: Of the libraries that made it.
        metrics: How it did on validation.
        training: Hyperparameters, data and other facts of the run.
    """

    input: InputSpec
    output: OutputSpec
    versions: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    training: Mapping[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """Give the signature as JSON data."""
        return {
            "version": VERSION,
            "input": {
                "name": self.input.name,
                "fields": [vars(each) for each in self.input.fields],
                "missing": self.input.missing,
                "also_missing": list(self.input.also_missing),
            },
            "output": {
                "name": self.output.name,
                "labels": list(self.output.labels),
                "coordinate_names": list(self.output.coordinate_names),
                "coordinates": [list(each) for each in self.output.coordinates],
                "coverage_radius": self.output.coverage_radius,
                "mass": self.output.mass,
                "motion": vars(self.output.motion),
            },
            "versions": dict(self.versions),
            "metrics": dict(self.metrics),
            "training": dict(self.training),
        }

    @classmethod
    def from_dict(cls, data: object) -> "Signature":
        """Read a signature, keys that are not known ignored.

        Raises:
            SignatureError: Something is missing, of the wrong type or contradicts itself.
        """
        whole = _Reader(data, "signature")
        if (version := whole.number("version")) != VERSION:
            raise SignatureError(
                f"The signature has version {version:g}; this container reads version {VERSION}.",
                hint="Serve the model with the image that trained it, or train it again.",
            )
        return cls(
            _input(whole.child("input")),
            _output(whole.child("output")),
            whole.mapping("versions"),
            whole.mapping("metrics"),
            whole.mapping("training"),
        )


def _input(reader: "_Reader") -> InputSpec:
    fields = tuple(
        Field(each.text("name"), each.number("minimum"), each.number("maximum"), each.text("unit"))
        for each in reader.children("fields")
    )
    names = [each.name for each in fields]
    if not fields or len(set(names)) != len(names):
        raise SignatureError(f"The signature's fields must have different names, got {names!r}.")
    for each in fields:
        if each.minimum > each.maximum:
            raise SignatureError(
                f"The signature's field {each.name!r} has the minimum {each.minimum:g}, "
                f"above its maximum {each.maximum:g}."
            )
    return InputSpec(
        fields, reader.number("missing"), reader.numbers("also_missing"), reader.text("name")
    )


def _output(reader: "_Reader") -> OutputSpec:
    labels = reader.texts("labels")
    names = reader.texts("coordinate_names")
    coordinates = tuple(
        _numbers(each, "signature.output.coordinates") for each in reader.list("coordinates")
    )
    if not labels or len(set(labels)) != len(labels):
        raise SignatureError("The signature's labels must be different, and at least one.")
    if coordinates and (len(coordinates) != len(labels) or {len(c) for c in coordinates} != {2}):
        raise SignatureError(
            f"The signature has {len(coordinates)} coordinates for {len(labels)} labels; "
            "each label needs one pair."
        )
    if len(coordinates) > MOST_PLACES or any(abs(x) > _FURTHEST for c in coordinates for x in c):
        raise SignatureError(
            f"The signature may have coordinates for {MOST_PLACES:,} labels, each within "
            f"{_FURTHEST:,.0f} cells of the origin."
        )
    if len(names) != (2 if coordinates else 0):
        raise SignatureError(f"The signature names {len(names)} coordinates: {names!r}.")
    radius = reader.optional_number("coverage_radius")
    if radius is not None and radius < 0:
        raise SignatureError(f"signature.output.coverage_radius is {radius:g}; at least 0 is due.")
    mass = reader.optional_number("mass")
    if mass is not None and not 0 < mass <= 1:
        raise SignatureError(f"signature.output.mass is {mass:g}; above 0 and at most 1 is due.")
    return OutputSpec(
        labels,
        reader.text("name"),
        names,
        coordinates,
        radius,
        CONFIDENCE if mass is None else mass,
        _motion(reader.optional_child("motion")),
    )


def _motion(reader: "_Reader | None") -> Motion:
    if reader is None:
        return Motion()
    motion = Motion(**{name: reader.number(name) for name in vars(Motion())})
    shares = (motion.stay, motion.evidence, motion.standing)
    if not all(0 <= share <= 1 for share in shares) or motion.reach <= 0:
        raise SignatureError(
            "signature.output.motion must have a reach above 0 and all else from 0 to 1, "
            f"got {vars(motion)}."
        )
    return motion


class _Reader:
    """Takes typed values out of JSON data; an error names the place."""

    def __init__(self, data: object, place: str) -> None:
        if not isinstance(data, dict):
            raise SignatureError(f"{place} is {type(data).__name__}; an object was expected.")
        self._data = data
        self._place = place

    def _get(self, key: str) -> object:
        if key not in self._data:
            raise SignatureError(f"{self._place} lacks {key!r}.")
        value: object = self._data[key]
        return value

    def child(self, key: str) -> "_Reader":
        return _Reader(self._get(key), f"{self._place}.{key}")

    def optional_child(self, key: str) -> "_Reader | None":
        return None if self._data.get(key) is None else self.child(key)

    def children(self, key: str) -> list["_Reader"]:
        place = f"{self._place}.{key}"
        return [_Reader(each, f"{place}[{i}]") for i, each in enumerate(self.list(key))]

    def list(self, key: str) -> Sequence[object]:
        value = self._get(key)
        if not isinstance(value, list):
            raise SignatureError(f"{self._place}.{key} is {value!r:.80}; a list was expected.")
        return value

    def mapping(self, key: str) -> dict[str, Any]:
        return dict(self.child(key)._data)

    def text(self, key: str) -> str:
        return _text(self._get(key), f"{self._place}.{key}")

    def texts(self, key: str) -> tuple[str, ...]:
        return tuple(_text(each, f"{self._place}.{key}") for each in self.list(key))

    def number(self, key: str) -> float:
        return _number(self._get(key), f"{self._place}.{key}")

    def optional_number(self, key: str) -> float | None:
        return None if self._get(key) is None else self.number(key)

    def numbers(self, key: str) -> tuple[float, ...]:
        return _numbers(self._get(key), f"{self._place}.{key}")


def _text(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise SignatureError(f"{place} is {value!r:.80}; a text was expected.")
    return value


def _number(value: object, place: str) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        try:
            number = float(value)
        except OverflowError:
            number = math.inf
        if abs(number) <= _GREATEST:  # false for NaN too
            return number
    raise SignatureError(f"{place} is {value!r:.80}; a number that a float32 holds was expected.")


def _numbers(value: object, place: str) -> tuple[float, ...]:
    if not isinstance(value, list):
        raise SignatureError(f"{place} is {value!r:.80}; a list of numbers was expected.")
    return tuple(_number(each, place) for each in value)
