"""Waiting for a condition, never for a time."""

import time
from collections.abc import Callable

import pytest


def until(condition: Callable[[], object], what: str = "", *, seconds: float = 60) -> None:
    """Wait until a condition holds; the test fails at the deadline.

    Args:
        condition: Asked again and again.
        what: What is waited for, for the message.
        seconds: The deadline, generous: it is met by broken code only.
    """
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"Not within {seconds:g} s: {what or condition}")
        time.sleep(0.02)
