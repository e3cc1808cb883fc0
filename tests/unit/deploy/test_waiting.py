import io
import itertools

import pytest

from deploy.errors import OverdueError, RefusedError, UnreachableError
from deploy.screen import Screen
from deploy.waiting import Wait


def wait(out: io.StringIO, seconds: float = 60) -> Wait:
    return Wait("endpoint e", Screen(out), seconds, every=0.001)


def test_the_last_answer_is_given_and_progress_shown() -> None:
    out = io.StringIO()
    answers = iter(["Creating", "Creating", "Failed"])
    found = wait(out).until(lambda: next(answers), lambda each: each != "Creating", str)
    assert found == "Failed"
    assert out.getvalue() == "endpoint e: Creating (0 s)\n"


def test_a_deadline_ends_it() -> None:
    with pytest.raises(OverdueError, match="endpoint e is still Creating"):
        wait(io.StringIO(), 0.01).until(lambda: "Creating", lambda _: False, str)


def test_silence_is_borne_for_a_while() -> None:
    asked = itertools.count()

    def ask() -> str:
        if next(asked) < 5:
            raise UnreachableError("No answer.")
        return "InService"

    assert wait(io.StringIO()).until(ask, lambda _: True, str) == "InService"


def test_silence_is_not_borne_for_ever() -> None:
    def ask() -> str:
        raise UnreachableError("No answer.")

    with pytest.raises(UnreachableError):
        wait(io.StringIO()).until(ask, lambda _: True, str)


def test_a_refusal_is_not_asked_again() -> None:
    asked = itertools.count()

    def ask() -> str:
        next(asked)
        raise RefusedError("No.")

    with pytest.raises(RefusedError):
        wait(io.StringIO()).until(ask, lambda _: True, str)
    assert next(asked) == 1


def test_ctrl_c_says_that_aws_goes_on() -> None:
    out = io.StringIO()
    answers = iter(["Creating"])

    def ask() -> str:
        for answer in answers:
            return answer
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        wait(out).until(ask, lambda _: False, str)
    assert "No longer waiting for endpoint e; it was Creating, and AWS goes on" in out.getvalue()
