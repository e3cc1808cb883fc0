"""Ends a command by SIGTERM and SIGHUP as by Ctrl-C, so that nothing it started outlives it."""

import functools
import os
import signal
import sys
from collections.abc import Sequence
from types import FrameType

_NUMBERS = (signal.SIGTERM, signal.SIGHUP)


def install() -> None:
    """Let both signals raise KeyboardInterrupt; what is ignored already (nohup) stays so."""
    terminals = [each.fileno() for each in (sys.stdout, sys.stderr) if each.isatty()]
    for each in _NUMBERS:
        if signal.getsignal(each) is not signal.SIG_IGN:
            signal.signal(each, functools.partial(_interrupt, terminals))


def _interrupt(terminals: Sequence[int], number: int, _frame: FrameType | None) -> None:
    for each in _NUMBERS:  # terminals and service managers send several; the first is being obeyed
        signal.signal(each, lambda *_: None)
    if number == signal.SIGHUP:
        _silence(terminals)
    raise KeyboardInterrupt


def _silence(terminals: Sequence[int]) -> None:
    """Let what is written go nowhere: a terminal that hung up fails every write."""
    nothing = os.open(os.devnull, os.O_WRONLY)
    for each in terminals:
        os.dup2(nothing, each)
    os.close(nothing)
