"""What PID 1 owes its container: one child, its signals, its zombies and its exit code.

SageMaker forbids tini and its like as the entry point (C1.3, C5.3), so the entry point does their
work: SIGTERM reaches the child and everything it started (C5.6), orphans are reaped (C9.3), and
when the child ends the container ends with its exit code (C9.15).
"""

import contextlib
import ctypes
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import FrameType

FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h: orphans come to us even where we are not PID 1


@dataclass(frozen=True)
class Outcome:
    """How the child ended.

    Attributes:
        exit_code: As a shell counts: 128 and the signal's number for a killed child.
        signal: The signal that killed it, if one did.
        stopped: Whether somebody had asked the container to stop before.
    """

    exit_code: int
    signal: signal.Signals | None = None
    stopped: bool = False


def supervise(command: Sequence[str], variables: Mapping[str, str]) -> Outcome:
    """Run a command in a process group of its own until it ends.

    Args:
        command: Program and arguments.
        variables: The child's environment.

    Raises:
        OSError: The command cannot be started.
    """
    group: list[int] = []
    received: list[int] = []

    def forward(number: int, _frame: FrameType | None) -> None:
        received.append(number)
        for leader in group:
            _signal_group(leader, number)

    before = {number: signal.signal(number, forward) for number in FORWARDED}
    try:
        _adopt_orphans()
        child = subprocess.Popen(command, env=dict(variables), start_new_session=True)
        for number in received[:]:  # what came while the child was being started
            _signal_group(child.pid, number)
        group.append(child.pid)
        child.returncode = _reap_until(child.pid)
        _signal_group(child.pid, signal.SIGKILL)  # nothing of the child outlives it
        return _outcome(child.returncode, stopped=bool(received))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _reap_until(child: int) -> int:
    """Reap whatever ends, orphans included, until the child does."""
    while True:
        pid, status = os.waitpid(-1, 0)
        if pid == child:
            return os.waitstatus_to_exitcode(status)


def _outcome(returncode: int, *, stopped: bool) -> Outcome:
    if returncode < 0:
        return Outcome(128 - returncode, signal.Signals(-returncode), stopped)
    return Outcome(returncode, None, stopped)


def _signal_group(leader: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, number)


def _adopt_orphans() -> None:
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
