"""Clients that ask an endpoint all the time, and remember what they got."""

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

from botocore.exceptions import ClientError

from tests.support.hosting import Hosting


class Crowd:
    """What several clients got so far.

    Attributes:
        answers: How often each model answered.
        errors: How often each code of an error came.
        lost: Requests that had no answer at all, with what was raised.
    """

    def __init__(self) -> None:
        self.answers: Counter[str] = Counter()
        self.errors: Counter[str] = Counter()
        self.lost: list[str] = []
        self.ending = threading.Event()

    def ask(self, hosting: Hosting, name: str) -> None:
        """Ask until it is over."""
        while not self.ending.is_set():
            try:
                self.answers[hosting.ask(name)["model"]] += 1
            except ClientError as error:
                self.errors[error.response["Error"]["Code"]] += 1
            except Exception as error:
                self.lost.append(repr(error))


@contextlib.contextmanager
def asking(hosting: Hosting, name: str, *, clients: int = 16) -> Iterator[Crowd]:
    """Let clients ask for the length of a block; each waits for its last answer."""
    crowd = Crowd()
    threads: list[Any] = [
        threading.Thread(target=crowd.ask, args=(hosting, name)) for _ in range(clients)
    ]
    for thread in threads:
        thread.start()
    try:
        yield crowd
    finally:
        crowd.ending.set()
        for thread in threads:
            thread.join()
