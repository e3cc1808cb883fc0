from typing import Any

import pytest

from deploy.endpoint.likeness import covers


@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        ({"a": 1, "b": 2}, {"a": 1}),
        ({"a": {"b": 1, "default": False}}, {"a": {"b": 1}}),
        ({"a": 1}, {"a": 1, "actions": []}),
        ({"a": [1, 2]}, {"a": [1, 2]}),
    ],
)
def test_what_aws_adds_makes_no_difference(there: Any, wanted: Any) -> None:
    assert covers(there, wanted)


@pytest.mark.parametrize(
    ("there", "wanted"),
    [
        (None, {"a": 1}),
        ({}, {"a": 1}),
        ({"a": 1}, {"a": 2}),
        ({"a": {"b": 1}}, {"a": {"b": 1, "c": 2}}),
        ({"actions": ["topic"]}, {"actions": []}),
        ({"a": True}, {"a": False}),
    ],
)
def test_what_differs_is_seen(there: Any, wanted: Any) -> None:
    assert not covers(there, wanted)
