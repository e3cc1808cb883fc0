"""The instances of one variant: enough of them, balanced, replaced when they fail.

    launch ──▶ instances ──▶ take: the one with the fewest requests (LEAST_OUTSTANDING_REQUESTS)
                  │
                  └──▶ renew: what has ended or fails its pings is replaced (C1.26)

An instance that leaves takes no new request and is stopped when its last one is answered.
"""

import itertools
import logging
import threading
from collections.abc import Callable

from local_test.aws.sagemaker.instances import Instance, UnhealthyError

DRAIN_SECONDS = 70.0  # what a request may still take (C1.31)
FAILED_PINGS = 3  # in a row, until an instance is given up

_LOG = logging.getLogger(__name__)


class NoInstanceError(Exception):
    """No instance can take the request now."""


class BusyError(Exception):
    """The variant takes no more requests at once."""


class Fleet:
    """The instances of one variant in one deployment.

    Args:
        name: Of the variant.
        launch: Starts an instance.
        most: How many requests it takes at once; None for no limit (C4.3).
    """

    def __init__(self, name: str, launch: Callable[[], Instance], most: int | None = None) -> None:
        self.name = name
        self.most = most
        self._launch = launch
        self._instances: list[Instance] = []
        self._discarded: list[Instance] = []
        self._failed: dict[str, int] = {}
        self._turns = itertools.count(1)
        self._changed = threading.Condition()
        self._work = threading.RLock()  # held by who starts or stops instances

    @property
    def size(self) -> int:
        """How many instances serve."""
        return len(self._instances)

    @property
    def busy(self) -> int:
        """How many requests are being answered."""
        return sum(each.busy for each in list(self._instances))

    @property
    def identities(self) -> list[str]:
        """The names of the instances that serve."""
        return [each.identity for each in list(self._instances)]

    def scale(self, wanted: int, *stops: threading.Event) -> None:
        """Have so many instances: start what is missing, or drain and stop what is too much.

        Args:
            wanted: How many.
            stops: Events at which starting is given up.

        Raises:
            UnhealthyError: One did not get healthy; those that were there before stay.
        """
        with self._work:
            missing = wanted - self.size
            if missing > 0:
                self._grow(missing, *stops)
            elif missing < 0:
                self._retire(self._instances[wanted:])

    def take(self) -> Instance:
        """Choose an instance and count the request; `give_back` must follow.

        Raises:
            NoInstanceError: There is none.
            BusyError: It answers as many requests as it may.
        """
        with self._changed:
            if self.most is not None and self.busy >= self.most:
                raise BusyError(f"Variant {self.name} answers {self.most} requests already.")
            if not self._instances:
                raise NoInstanceError(f"Variant {self.name} has no healthy instance.")
            chosen = min(self._instances, key=lambda each: (each.busy, each.turn))
            chosen.busy += 1
            chosen.turn = next(self._turns)
            return chosen

    def give_back(self, instance: Instance) -> None:
        """Count a request as answered."""
        with self._changed:
            instance.busy -= 1
            self._changed.notify_all()

    def discard(self, instance: Instance) -> None:
        """Send nothing more to an instance that refused a connection; `renew` replaces it."""
        with self._changed:
            if instance in self._instances:
                self._instances = [each for each in self._instances if each is not instance]
                self._discarded.append(instance)

    def renew(self, wanted: int, *stops: threading.Event) -> None:
        """Replace instances that have ended or fail their pings; for use again and again.

        A replacement that does not get healthy is tried again next time.
        """
        with self._work:
            lost = [each for each in list(self._instances) if self._is_lost(each)]
            lost += self._take_discarded()
            for each in lost:
                _LOG.warning("Instance %s of %s is unhealthy: replaced.", each.identity, self.name)
            self._retire(lost)
            try:
                if self.size < wanted:
                    self.scale(wanted, *stops)
            except UnhealthyError as error:
                _LOG.warning("%s", error)

    def close(self) -> None:
        """Drain and stop all instances."""
        with self._work:
            self._retire([*self._instances, *self._take_discarded()])

    def _grow(self, missing: int, *stops: threading.Event) -> None:
        """Start instances together, and let them serve only when all are healthy."""
        started: list[Instance] = []
        try:
            for _ in range(missing):
                started.append(self._launch())
            for each in started:
                each.wait_until_healthy(*stops)
        except BaseException:
            for each in started:
                each.stop()
            raise
        with self._changed:
            self._instances = [*self._instances, *started]

    def _retire(self, leaving: list[Instance]) -> None:
        with self._changed:
            self._instances = [each for each in self._instances if each not in leaving]
            self._changed.wait_for(
                lambda: not any(each.busy and not each.has_ended() for each in leaving),
                DRAIN_SECONDS,
            )
        stopping = [threading.Thread(target=each.stop) for each in leaving]
        for thread in stopping:
            thread.start()
        for thread in stopping:
            thread.join()
        for each in leaving:
            self._failed.pop(each.identity, None)

    def _take_discarded(self) -> list[Instance]:
        with self._changed:
            found, self._discarded = self._discarded, []
            return found

    def _is_lost(self, instance: Instance) -> bool:
        if instance.has_ended():
            return True
        failed = 0 if instance.is_healthy() else self._failed.get(instance.identity, 0) + 1
        self._failed[instance.identity] = failed
        return failed >= FAILED_PINGS
