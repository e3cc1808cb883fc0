"""A model's inputs and outputs as data: the contents of signature.json.

Serving learns everything about a model from here: the names, ranges and missing value of its
inputs, its classes and where they lie. A newer `version` is refused rather than guessed at.
"""

import functools
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from model.errors import SignatureError
from model.reader import Reader, numbers
from model.sharing import shared

VERSION = 1
CONFIDENCE = 0.68  # how likely the true label is within the uncertainty of an answer
MOST_PLACES = 1024  # labels with coordinates: the distances between them are kept in memory

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

    @functools.cached_property
    def names(self) -> tuple[str, ...]:
        """Of the fields."""
        return tuple(field.name for field in self.fields)

    @functools.cached_property
    def positions(self) -> Mapping[str, int]:
        """The column of each name."""
        return {name: column for column, name in enumerate(self.names)}

    @functools.cached_property
    def all_missing(self) -> tuple[float, ...]:
        """All values that stand for "no reading"."""
        return (self.missing, *self.also_missing)

    @functools.cached_property
    def lows(self) -> tuple[float, ...]:
        """Least value of each column."""
        return tuple(field.minimum for field in self.fields)

    @functools.cached_property
    def highs(self) -> tuple[float, ...]:
        """Greatest value of each column."""
        return tuple(field.maximum for field in self.fields)


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
class CoverageSpec:
    """What tells that the training data does not support a row.

    Attributes:
        output: The graph's output that holds a density of each row, (N,).
        threshold: Rows with less are `out_of_coverage`.
        false_alarms: Share of genuine rows, new to the model, that had less.
    """

    output: str
    threshold: float
    false_alarms: float


@dataclass(frozen=True)
class OutputSpec:
    """The classes behind the graph's output: float32 probabilities of shape (N, number of labels).

    Attributes:
        name: What an answer calls the class, `location` for example.
        labels: One a column, in order.
        coordinate_names: What the axes of the plane are called; empty without coordinates.
        coordinates: Where each label lies, in cells; empty without coordinates.
        coverage: What is `out_of_coverage`; None where nothing is.
        mass: Share of the posterior that is within the uncertainty of an answer; fitted so that
            68 % of the true labels are, of rows that the model had not seen.
        motion: How devices move between scans; the defaults where the file says nothing.
    """

    labels: tuple[str, ...]
    name: str = "location"
    coordinate_names: tuple[str, ...] = ()
    coordinates: tuple[tuple[float, ...], ...] = ()
    coverage: CoverageSpec | None = None
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
                "coverage": vars(self.output.coverage) if self.output.coverage else None,
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
        whole = Reader(data, "signature")
        if (version := whole.number("version")) != VERSION:
            raise SignatureError(
                f"The signature has version {version:g}; this container reads version {VERSION}.",
                hint="Serve the model with the image that trained it, or train it again.",
            )
        return cls(
            shared(_input(whole.child("input"))),
            shared(_output(whole.child("output"))),
            whole.mapping("versions"),
            whole.mapping("metrics"),
            whole.mapping("training"),
        )


def _input(reader: Reader) -> InputSpec:
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


def _output(reader: Reader) -> OutputSpec:
    labels = reader.texts("labels")
    names = reader.texts("coordinate_names")
    coordinates = tuple(
        numbers(each, "signature.output.coordinates") for each in reader.list("coordinates")
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
    mass = reader.optional_number("mass")
    if mass is not None and not 0 < mass <= 1:
        raise SignatureError(f"signature.output.mass is {mass:g}; above 0 and at most 1 is due.")
    return OutputSpec(
        labels,
        reader.text("name"),
        names,
        coordinates,
        _coverage(reader.optional_child("coverage")),
        CONFIDENCE if mass is None else mass,
        _motion(reader.optional_child("motion")),
    )


def _coverage(reader: Reader | None) -> CoverageSpec | None:
    if reader is None:
        return None
    share = reader.number("false_alarms")
    if not 0 <= share <= 1:
        raise SignatureError(
            f"signature.output.coverage.false_alarms is {share:g}; 0 to 1 is possible."
        )
    return CoverageSpec(reader.text("output"), reader.number("threshold"), share)


def _motion(reader: Reader | None) -> Motion:
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
