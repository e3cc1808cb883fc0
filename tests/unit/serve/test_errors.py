import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from container.contract import ERROR_BODY_LIMIT
from model.errors import EngineError, InputError, Problem
from serve.errors import Kind, ServeError

PROBLEM = st.builds(
    Problem,
    st.none() | st.integers(0, 10**9),
    st.none() | st.text(),
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.lists(st.text()),
    st.text(),
)


@given(st.text(), st.text(), st.lists(PROBLEM, max_size=60))
def test_a_body_is_one_short_line_of_ascii_json(
    message: str, hint: str, problems: list[Problem]
) -> None:
    body = ServeError(Kind.INVALID_INPUT, message, hint=hint, problems=problems).body("id")
    assert len(body) < ERROR_BODY_LIMIT
    assert body.isascii()
    assert b"\n" not in body
    error = json.loads(body)["error"]
    assert list(error)[:2] == ["code", "message"]
    assert error["problems_total"] == len(problems)
    assert len(error["problems"]) <= len(problems)


def test_as_many_problems_as_fit_are_listed() -> None:
    problems = [Problem(row, "b3001", 7, "-120 to 0") for row in range(100)]
    error = json.loads(ServeError(Kind.INVALID_INPUT, "m", problems=problems).body("id"))["error"]
    assert 15 < len(error["problems"]) < 100
    assert error["problems"][0] == {
        "row": 0, "field": "b3001", "got": 7, "expected": "-120 to 0",
    }  # fmt: skip
    assert error["problems_total"] == 100


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ServeError(Kind.OVERLOADED, "m"), Kind.OVERLOADED),
        (InputError("m", [Problem(0, None, 1, "2")], 5), Kind.INVALID_INPUT),
        (EngineError("m"), Kind.MODEL_FAILURE),
        (ValueError("secret"), Kind.INTERNAL_ERROR),
    ],
)
def test_the_kind_follows_from_the_cause(error: Exception, kind: Kind) -> None:
    known = ServeError.of(error)
    assert known.kind is kind
    assert b"secret" not in known.body("id")


def test_codes_are_stable_names() -> None:
    assert {kind.code for kind in Kind} >= {"invalid_input", "not_ready", "overloaded"}
    assert all(400 <= kind.status < 600 and kind.text for kind in Kind)
