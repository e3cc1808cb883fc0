"""A signature as JSON: what is written is read back, and what is wrong is named by its place."""

import copy
import json
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import SignatureError
from model.signature import (
    MOST_PLACES,
    CoverageSpec,
    Field,
    InputSpec,
    Motion,
    OutputSpec,
    Signature,
)
from tests.support import models

numbers = st.floats(-1e6, 1e6, width=32)
names = st.text(min_size=1, max_size=8)
shares = st.floats(0, 1)
COVERAGE = {"output": "density", "threshold": -4.0, "false_alarms": 0.03}


@st.composite
def signatures(draw: st.DrawFn) -> Signature:
    fields = tuple(
        Field(name, min(ends), max(ends), draw(st.text(max_size=5)))
        for name in draw(st.lists(names, min_size=1, max_size=5, unique=True))
        for ends in [draw(st.tuples(numbers, numbers))]
    )
    labels = tuple(draw(st.lists(names, min_size=1, max_size=5, unique=True)))
    coordinates = draw(
        st.just(())
        | st.lists(st.tuples(numbers, numbers), min_size=len(labels), max_size=len(labels))
    )
    return Signature(
        InputSpec(fields, draw(numbers), tuple(draw(st.lists(numbers, max_size=3))), draw(names)),
        OutputSpec(
            labels,
            draw(names),
            ("column", "row") if coordinates else (),
            tuple(coordinates),
            draw(st.none() | st.builds(CoverageSpec, names, numbers, shares)),
            draw(st.floats(0.01, 1)),
            Motion(*draw(st.tuples(st.floats(0, 1), st.floats(0.1, 9), shares, shares))),
        ),
        draw(st.dictionaries(names, names, max_size=2)),
        draw(st.dictionaries(names, numbers, max_size=2)),
        draw(st.dictionaries(names, st.lists(st.integers() | st.none()), max_size=2)),
    )


@given(signatures())
def test_what_is_written_is_read_back(signature: Signature) -> None:
    assert Signature.from_dict(json.loads(json.dumps(signature.to_dict()))) == signature


def test_keys_of_a_later_minor_version_are_ignored() -> None:
    data = models.signature().to_dict()
    data["new"] = data["input"]["new"] = data["input"]["fields"][0]["new"] = 1
    assert Signature.from_dict(data) == models.signature()


@pytest.mark.parametrize("key", ["coverage", "mass", "motion"])
def test_what_came_later_may_be_missing(key: str) -> None:
    data = models.signature().to_dict()
    del data["output"][key]
    assert Signature.from_dict(data) == models.signature()


def test_a_model_whose_coverage_was_a_radius_loads_and_calls_nothing_out_of_coverage() -> None:
    data = models.signature().to_dict()
    del data["output"]["coverage"]
    data["output"]["coverage_radius"] = 2.5
    assert Signature.from_dict(data).output.coverage is None


def test_another_version_is_refused_with_a_way_out() -> None:
    with pytest.raises(SignatureError, match="version 2; this container reads version 1") as caught:
        Signature.from_dict({"version": 2})
    assert "image that trained it" in caught.value.hint


REQUIRED = (
    *("version", "input", "output", "versions", "metrics", "training"),
    *("input.name", "input.fields", "input.missing", "input.also_missing"),
    *("input.fields.0.name", "input.fields.0.minimum", "input.fields.0.maximum"),
    *("output.name", "output.labels", "output.coordinate_names", "output.coordinates"),
    "input.fields.0.unit",
)


def changed(path: str, change: Callable[[Any, Any], object]) -> dict[str, Any]:
    data = copy.deepcopy(models.signature().to_dict())
    *parents, last = [int(key) if key.isdigit() else key for key in path.split(".")]
    here: Any = data
    for key in parents:
        here = here[key]
    change(here, last)
    return data


@pytest.mark.parametrize("path", REQUIRED)
def test_what_is_missing_is_named_with_its_place(path: str) -> None:
    data = changed(path, lambda here, key: here.pop(key))
    with pytest.raises(SignatureError, match="signature") as caught:
        Signature.from_dict(data)
    parent, _, key = f"signature.{path.replace('.0', '[0]')}".rpartition(".")
    assert caught.value.message == f"{parent} lacks {key!r}."


VALUES = (True, None, "x", 1, [None], {"a": 1}, float("nan"), 10**400)
TEXTS = ("input.name", "input.fields.0.name", "input.fields.0.unit", "output.name")
FITTING = {
    *((path, "x") for path in TEXTS),
    *((path, 1) for path in ("input.missing", "input.fields.0.maximum")),
}


@pytest.mark.parametrize("path", [path for path in REQUIRED if path != "version"])
@pytest.mark.parametrize("value", VALUES, ids=lambda value: repr(value)[:9])
def test_what_has_the_wrong_type_is_named(path: str, value: object) -> None:
    data = changed(path, lambda here, key: here.__setitem__(key, value))
    if value == {"a": 1} and path in {"versions", "metrics", "training"}:
        assert Signature.from_dict(data).to_dict()[path] == value
    elif any(path == place and value is fits for place, fits in FITTING):
        assert Signature.from_dict(data) != models.signature()
    else:
        with pytest.raises(SignatureError, match="ignature") as caught:
            Signature.from_dict(data)
        assert len(caught.value.message) < 300


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("input", 3, "signature.input is int; an object was expected."),
        ("input.fields", {}, "signature.input.fields is {}; a list was expected."),
        ("input.fields.2", 7, "signature.input.fields[2] is int; an object was expected."),
        ("input.name", None, "signature.input.name is None; a text was expected."),
        ("input.missing", "x", "signature.input.missing is 'x'; a number that a float32 holds"),
        ("input.missing", 1e300, "signature.input.missing is 1e+300; a number that a float32"),
        ("input.also_missing", 1, "signature.input.also_missing is 1; a list of numbers"),
        ("output.labels", [1], "signature.output.labels is 1; a text was expected."),
        ("output.coordinates.0", 1, "signature.output.coordinates is 1; a list of numbers"),
        ("version", "1", "signature.version is '1'; a number"),
    ],
)
def test_the_message_says_what_was_found_and_expected(
    path: str, value: object, message: str
) -> None:
    data = changed(path, lambda here, key: here.__setitem__(key, value))
    with pytest.raises(SignatureError) as caught:
        Signature.from_dict(data)
    assert caught.value.message.startswith(message)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("input.fields", [], "must have different names"),
        ("input.fields.1.name", "b3001", "must have different names"),
        ("input.fields.0.minimum", 5, "'b3001' has the minimum 5, above its maximum 0"),
        ("output.labels", [], "labels must be different, and at least one"),
        ("output.labels.1", "A01", "labels must be different"),
        ("output.coordinates", [[1, 1]], "1 coordinates for 4 labels"),
        ("output.coordinates.0", [1, 2, 3], "each label needs one pair"),
        ("output.coordinates.0", [1, 2e6], "within 1,000,000 cells"),
        ("output.coordinates", [], "names 2 coordinates"),
        ("output.coordinate_names", ["x"], "names 1 coordinates"),
        ("output.coverage", {"output": "density", "threshold": 0}, "lacks 'false_alarms'"),
        ("output.coverage", COVERAGE | {"false_alarms": 1.1}, "false_alarms is 1.1"),
        ("output.coverage", COVERAGE | {"output": 1}, "coverage.output is 1"),
        ("output.coverage", 7.5, "output.coverage is float; an object was expected"),
        ("output.mass", 0, "mass is 0"),
        ("output.mass", 1.1, "mass is 1.1"),
    ],
)
def test_contradictions_are_named(path: str, value: object, message: str) -> None:
    data = changed(path, lambda here, key: here.__setitem__(key, value))
    with pytest.raises(SignatureError) as caught:
        Signature.from_dict(data)
    assert message in caught.value.message


def test_places_are_limited_because_their_distances_are_kept() -> None:
    data = models.signature().to_dict()
    count = MOST_PLACES + 1
    data["output"]["labels"] = [str(number) for number in range(count)]
    data["output"]["coordinates"] = [[number, 0] for number in range(count)]
    with pytest.raises(SignatureError, match="coordinates for 1,024 labels"):
        Signature.from_dict(data)


@pytest.mark.parametrize("data", [None, [], "x", 1])
def test_something_else_is_no_signature(data: object) -> None:
    with pytest.raises(SignatureError, match="an object was expected"):
        Signature.from_dict(data)


@pytest.mark.parametrize("gone", [True, False])
def test_a_file_that_says_nothing_of_motion_has_the_defaults(gone: bool) -> None:
    data = models.signature().to_dict()
    data["output"]["motion"] = None
    if gone:
        del data["output"]["motion"]
    assert Signature.from_dict(data).output.motion == Motion(0.7, 1.0, 0.7, 0.5)


@pytest.mark.parametrize(
    ("name", "value"),
    [("stay", 1.5), ("reach", 0), ("evidence", -0.1), ("standing", 2), ("stay", "often")],
)
def test_motion_that_cannot_be_is_refused(name: str, value: object) -> None:
    data = models.signature().to_dict()
    data["output"]["motion"] = vars(Motion()) | {name: value}
    with pytest.raises(SignatureError, match="motion"):
        Signature.from_dict(data)
