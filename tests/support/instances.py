"""Instances that start, fail and stop as a test wants, without any program."""

import itertools
import threading
from dataclasses import dataclass, field
from typing import Any, cast

from local_test.aws.sagemaker.instances import Instance, UnhealthyError

_NUMBERS = itertools.count(1)


@dataclass(eq=False)
class FakeInstance:
    """Has all that a fleet asks of an instance."""

    healthy: bool = True
    ended: bool = False
    identity: str = field(default_factory=lambda: f"i-{next(_NUMBERS)}")
    busy: int = 0
    turn: int = 0
    stopped: threading.Event = field(default_factory=threading.Event)
    url: str = "http://127.0.0.1:1"

    def wait_until_healthy(self, *_: threading.Event) -> None:
        if not self.healthy:
            raise UnhealthyError("never healthy")

    def is_healthy(self) -> bool:
        return self.healthy

    def has_ended(self) -> bool:
        return self.ended

    def stop(self) -> None:
        self.stopped.set()


class Factory:
    """Starts fake instances and remembers them.

    Attributes:
        made: All of them.
        healthy: Whether those that come will be.
    """

    def __init__(self) -> None:
        self.made: list[FakeInstance] = []
        self.healthy = True

    def __call__(self) -> Instance:
        made = FakeInstance(self.healthy)
        self.made.append(made)
        return cast("Instance", made)


def fake(instance: Instance) -> Any:
    """See a fake one as what it is."""
    return cast("FakeInstance", instance)
