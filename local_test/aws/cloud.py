"""What every operation of the laptop's AWS is handed, so that none needs a global."""

import contextlib
import logging
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from local_test.aws.store import Store
from local_test.runner import Runner

_LOG = logging.getLogger(__name__)
CLOSE_SECONDS = 30.0  # what tasks may take to end, all of them together


class Clients(Protocol):
    """Makes boto3 clients of this laptop's AWS."""

    def __call__(self, service: str, /, *, role: str | None = None) -> Any:
        """Give a client of a service.

        Args:
            service: As boto3 names it.
            role: ARN of a role that SageMaker acts as: the client may do what its policies allow
                and nothing else. None is the owner of the laptop, who may do everything.

        Raises:
            AwsError: The role does not exist, or does not trust sagemaker.amazonaws.com.
        """


class Tasks:
    """Threads in the background that are told to stop, and waited for, when the laptop closes.

    Attributes:
        stopping: Set at the close. A task waits with `stopping.wait(seconds)`, never with sleep.
    """

    def __init__(self) -> None:
        self.stopping = threading.Event()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()

    def start(self, name: str, function: Callable[[], object]) -> threading.Thread:
        """Run a function in a thread of its own; a fault of it is logged, with traceback.

        Args:
            name: Of the thread, for people.
            function: Ends by itself, or soon after `stopping` is set.
        """
        thread = threading.Thread(target=_guarded, args=(name, function), name=name, daemon=True)
        with self._lock:
            self._threads = [each for each in self._threads if each.is_alive()]
            self._threads.append(thread)
            thread.start()
        return thread

    def close(self) -> None:
        """Tell every task to stop and wait for it."""
        self.stopping.set()
        with self._lock:
            threads = list(self._threads)
        deadline = time.monotonic() + CLOSE_SECONDS
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
            if thread.is_alive():
                _LOG.warning("%s did not stop in time.", thread.name)


@dataclass(frozen=True)
class Cloud:
    """One account in one region.

    Attributes:
        region: The only region there is, such as `us-east-1`.
        account: Its number, twelve digits.
        store: What was made and has to survive a restart.
        folder: For files of what runs; empty at the start, as nothing runs then.
        client: Makes boto3 clients of this very laptop.
        runner: Finds where an image runs, by its URI; raises UserError where it cannot.
        tasks: Starts background threads.
        undo: Things to end at the close, such as running containers, last first.
    """

    region: str
    account: str
    store: Store
    folder: Path
    client: Clients
    runner: Callable[[str], Runner]
    tasks: Tasks
    undo: contextlib.ExitStack

    def arn(self, service: str, resource: str) -> str:
        """Name a resource of this account, such as `arn("sagemaker", "endpoint/mine")`."""
        return f"arn:aws:{service}:{self.region}:{self.account}:{resource}"


def _guarded(name: str, function: Callable[[], object]) -> None:
    try:
        function()
    except Exception:
        _LOG.exception("%s failed.", name)
