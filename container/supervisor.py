"""What PID 1 owes its container: one child, its signals, its zombies and its exit code.

SageMaker forbids tini and its like as the entry point (C1.3, C5.3), so the entry point does their
work: SIGTERM reaches the child and everything it started (C5.6), orphans are reaped (C9.3), and
when the child ends the container ends with its exit code (C9.15). A child that does not heed
SIGTERM is waited for all the same: how long it may take is the platform's to say, by SIGKILL
(C1.15, C5.5).
"""

import contextlib
import ctypes
import os
import signal
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from signal import Signals

FORWARDED = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP)
PR_SET_CHILD_SUBREAPER = 36  # linux/prctl.h: orphans come to us even where we are not PID 1

_IGNORED_BY_PYTHON = (signal.SIGPIPE, signal.SIGXFSZ)  # not so by a program that we start


@dataclass(frozen=True)
class Outcome:
    """How the child ended.

    Attributes:
        exit_code: As a shell counts: 128 and the signal's number for a killed child.
        signal: The signal that killed it, if one did.
        stopped: Whether somebody had asked the container to stop before.
    """

    exit_code: int
    signal: Signals | None = None
    stopped: bool = False


def supervise(command: Sequence[str], variables: Mapping[str, str]) -> Outcome:
    """Run a command in a process group of its own until it ends.

    The signals are blocked and waited for, not handled: none is lost, however early it comes, and
    none is sent to a process number that is no longer the child's. Call it from the main thread of
    a process without others, for signals are delivered to any thread that does not block them.

    Args:
        command: Program, with its path, and arguments.
        variables: The child's environment.

    Raises:
        OSError: The command cannot be started.
    """
    awaited = {*FORWARDED, signal.SIGCHLD}
    before = signal.pthread_sigmask(signal.SIG_BLOCK, awaited)
    try:
        _adopt_orphans()
        child = os.posix_spawn(
            command[0],
            list(command),
            dict(variables),
            setsid=True,
            setsigmask=before,
            setsigdef=_IGNORED_BY_PYTHON,
        )
        stopped = False
        while True:
            number = signal.sigwait(awaited)
            if number != signal.SIGCHLD:
                stopped = True
                _signal_group(child, number)
            elif (code := _reap(child)) is not None:
                return _outcome(code, stopped=stopped)
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _reap(child: int) -> int | None:
    """Reap all that has ended, orphans included; gives the child's code once it is among them."""
    while True:
        ended = os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        if ended is None:
            return None
        if ended.si_pid == child:  # its number is still its own: nothing of its group outlives it
            _signal_group(child, signal.SIGKILL)
        _, status = os.waitpid(ended.si_pid, 0)
        if ended.si_pid == child:
            return os.waitstatus_to_exitcode(status)


def _outcome(code: int, *, stopped: bool) -> Outcome:
    if code < 0:
        return Outcome(128 - code, Signals(-code), stopped)
    return Outcome(code, None, stopped)


def _signal_group(leader: int, number: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(leader, number)


def _adopt_orphans() -> None:
    ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
