"""The processes of one host in a job of several: they live and die together."""

import ctypes
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Final, Self

from container.errors import PlatformError

WORKER: Final = "worker"  # the role whose exit code counts

_PR_SET_PDEATHSIG: Final = 1  # linux/prctl.h


def die_with_parent() -> None:
    """Let the kernel kill this process when the one that started it is gone, however it went."""
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)


class Children:
    """Programs of ours, each in a role; leaving the context kills those that still run."""

    def __init__(self) -> None:
        self._started: dict[str, subprocess.Popen[bytes]] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _: TracebackType | None,
    ) -> None:
        for child in self._started.values():
            child.kill()
        for child in self._started.values():
            child.wait()

    def start(self, role: str, arguments: Sequence[str], variables: Mapping[str, str]) -> None:
        """Start `python -m ARGUMENT ...`, apart from our own group: signals come through us only.

        Raises:
            OSError: It cannot be started.
        """
        self._started[role] = subprocess.Popen(
            [sys.executable, "-m", *arguments], env=dict(variables), start_new_session=True
        )

    def stop(self) -> None:
        """Tell the worker that the platform wants the run to end."""
        self._started[WORKER].terminate()

    def code(self) -> int | None:
        """The worker's exit code if it failed, 0 once all are through, None before.

        Raises:
            PlatformError: One was killed, or holds sums no longer.
        """
        codes = {role: child.poll() for role, child in self._started.items()}
        for role, code in codes.items():
            if code is not None and code < 0:
                name = signal.Signals(-code).name
                hint = "Most likely the memory was not enough." if code == -signal.SIGKILL else ""
                raise PlatformError(f"The {role} process was killed by {name}.", hint=hint)
            if code and role != WORKER:
                raise PlatformError(f"The {role} process ended with exit code {code}.")
        if codes[WORKER]:
            return codes[WORKER]
        return 0 if all(code == 0 for code in codes.values()) else None
