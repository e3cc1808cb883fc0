"""The library's errors as sentences, and its absence as one."""

import ctypes
import importlib.util

import pytest

from model import library
from model.errors import EngineError


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (
            "MXNetError: Error in operator fc: [10:44:19] ../src/a.cc:1: x\nStack trace:\n  [bt] 1",
            "Error in operator fc: [10:44:19] ../src/a.cc:1: x",
        ),
        (
            '[10:46:07] ../3rdparty/op.cc:73: Check failed: op: Operator nope\nFile "a.cc", line 3',
            "Check failed: op: Operator nope",
        ),
        ("Traceback of MXNet:\n\n  Two\n  lines\n", "Traceback of MXNet: Two lines"),
        ("", "it gives no reason."),
        ("Stack trace:\n[bt] (0) x\n", "it gives no reason."),
    ],
)
def test_the_reason_is_one_line_without_origin_and_stack(text: str, reason: str) -> None:
    assert library._reason(text) == reason


def test_a_package_that_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(EngineError, match="mxnet is not installed") as caught:
        library._load.__wrapped__()
    assert "requirements/image.txt" in caught.value.hint


def test_a_library_that_does_not_load_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(path: str) -> None:
        raise OSError(f"{path}: libgomp.so.1: cannot open shared object file")

    monkeypatch.setattr(ctypes, "CDLL", broken)
    with pytest.raises(EngineError, match=r"libgomp\.so\.1") as caught:
        library._load.__wrapped__()
    assert "libgomp1" in caught.value.hint
