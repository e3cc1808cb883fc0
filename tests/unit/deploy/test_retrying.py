from collections.abc import Callable
from dataclasses import replace

import pytest
from botocore import exceptions as boto

from deploy.retrying import ONCE, Retry
from tests.support.runtime import aws_error, model_error, refusal

URL = "http://127.0.0.1:1"
NOT_COMPUTED = [
    aws_error("ThrottlingException"),
    aws_error("ModelNotReadyException"),
    aws_error("ServiceUnavailable"),
    model_error(503, refusal(code="overloaded")),
    model_error(429),
    boto.EndpointConnectionError(endpoint_url=URL),
    boto.ConnectTimeoutError(endpoint_url=URL),
]
NOBODY_KNOWS = [
    aws_error("InternalFailure"),
    aws_error("InternalDependencyException"),
    boto.ConnectionClosedError(endpoint_url=URL),
]
FINAL = [
    aws_error("ValidationError"),
    aws_error("AccessDeniedException"),
    model_error(400, refusal()),
    model_error(500, refusal(code="model_failure")),
    model_error(507),
    model_error(0),  # it did not answer within the platform's 60 s
    boto.ReadTimeoutError(endpoint_url=URL),
    boto.NoCredentialsError(),
    boto.ParamValidationError(report="x"),
]


def failing(error: Exception, times: int) -> tuple[Callable[[], str], list[int]]:
    calls: list[int] = []

    def ask() -> str:
        calls.append(1)
        if len(calls) <= times:
            raise error
        return "answer"

    return ask, calls


def quiet(waits: list[float]) -> Retry:
    """Waits as long as it may, on paper."""
    return Retry(sleep=waits.append, draw=lambda _, most: most)


@pytest.mark.parametrize("error", [*NOT_COMPUTED, *NOBODY_KNOWS], ids=repr)
def test_what_does_no_harm_is_asked_again(error: Exception) -> None:
    waits: list[float] = []
    ask, calls = failing(error, 2)
    assert quiet(waits).call(ask) == "answer"
    assert (len(calls), waits) == (3, [0.25, 0.5])


@pytest.mark.parametrize("error", FINAL, ids=repr)
def test_what_would_fail_or_harm_again_is_not(error: Exception) -> None:
    ask, calls = failing(error, 9)
    with pytest.raises(type(error)):
        quiet([]).call(ask)
    assert len(calls) == 1


@pytest.mark.parametrize("error", NOBODY_KNOWS, ids=repr)
def test_a_handler_with_effects_is_not_asked_again_where_it_may_have_run(error: Exception) -> None:
    ask, calls = failing(error, 9)
    with pytest.raises(type(error)):
        replace(quiet([]), repeatable=False).call(ask)
    assert len(calls) == 1


def test_a_handler_with_effects_is_asked_again_where_it_cannot_have_run() -> None:
    assert all(replace(Retry(), repeatable=False).is_safe(each) for each in NOT_COMPUTED)


def test_waits_double_up_to_a_limit_and_the_last_error_is_told() -> None:
    waits: list[float] = []
    ask, calls = failing(aws_error("ThrottlingException"), 99)
    with pytest.raises(boto.ClientError, match="Throttling"):
        replace(quiet(waits), attempts=8).call(ask)
    assert (len(calls), waits) == (8, [0.25, 0.5, 1.0, 2.0, 4.0, 8.0, 8.0])


def test_waits_are_drawn_so_that_clients_do_not_come_back_at_once() -> None:
    drawn: list[tuple[float, float]] = []

    def draw(least: float, most: float) -> float:
        drawn.append((least, most))
        return most / 2

    waits: list[float] = []
    ask, _ = failing(aws_error("ThrottlingException"), 2)
    Retry(sleep=waits.append, draw=draw).call(ask)
    assert (drawn, waits) == ([(0.0, 0.25), (0.0, 0.5)], [0.125, 0.25])


def test_once_is_once() -> None:
    ask, calls = failing(aws_error("ThrottlingException"), 9)
    with pytest.raises(boto.ClientError):
        ONCE.call(ask)
    assert len(calls) == 1


def test_other_exceptions_are_bugs_and_pass() -> None:
    ask, calls = failing(ValueError("bug"), 9)
    with pytest.raises(ValueError, match="bug"):
        quiet([]).call(ask)
    assert len(calls) == 1
