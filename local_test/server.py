"""A server that is started, ready or explained, and stopped."""

import contextlib
import time
from collections.abc import Iterator

from container import contract
from container.errors import PlatformError
from local_test import client
from local_test.runner import Program, Runner, Running, Show

READY_SECONDS = 115.0  # what SageMaker's local mode grants a server (C7.12)
_PAUSE = 0.1


@contextlib.contextmanager
def started(
    runner: Runner, program: Program, *, show: Show | None = None, seconds: float = READY_SECONDS
) -> Iterator[Running]:
    """Run a server that is ready inside the block and stopped after it.

    Args:
        runner: Where.
        program: One that listens.
        show: Takes the log's lines; None keeps them for the message of a failure.
        seconds: How long it may take to become ready.

    Raises:
        PlatformError: It ended or did not become ready; the message carries the log.
    """
    with runner.start(program, show) as running:
        try:
            wait_until_ready(running, seconds)
        except PlatformError as error:
            if show is None and running.tail:
                error.hint = f"{error.hint} Its log ends:\n{running.tail}".lstrip()
            raise
        yield running
        if running.poll() is None:
            running.stop(contract.SERVE_STOP_SECONDS)


def wait_until_ready(running: Running, seconds: float) -> str:
    """Poll /ping until it answers 200; gives the server's URL.

    Raises:
        PlatformError: The server ended, or the time is over.
    """
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if (code := running.poll()) is not None:
            running.wait()
            raise PlatformError(f"The server ended with exit code {code} before it was ready.")
        if running.url and client.is_healthy(running.url):
            return running.url
        time.sleep(_PAUSE)
    raise PlatformError(
        f"The server at {running.url} did not answer {contract.PING} with 200 within {seconds:g} s."
    )
