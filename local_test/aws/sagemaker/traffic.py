"""Which instance answers a request, while colours come and go.

    route([(blue, 0.9), (green, 0.1)])      what an update does
    with traffic.lease(None) as lease:      what a request does: lease.instance.url

Choosing an instance and counting the request is one step under one lock; so an instance that has
left the routes has all of its requests counted, and none is lost when it is drained and stopped.
"""

import contextlib
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from local_test.aws.sagemaker.balance import Balance
from local_test.aws.sagemaker.colour import Colour
from local_test.aws.sagemaker.fleet import Fleet, NoInstanceError
from local_test.aws.sagemaker.instances import Instance

Route = tuple[Colour, float]


class UnknownVariantError(Exception):
    """A request asks for a variant that the endpoint does not have."""


@dataclass(frozen=True)
class Lease:
    """An instance for one request.

    Attributes:
        instance: Who answers.
        fleet: Whose it is.
    """

    instance: Instance
    fleet: Fleet

    @property
    def variant(self) -> str:
        """The name of the variant that answers."""
        return self.fleet.name


class Traffic:
    """An endpoint's routes: colours with their parts of the requests."""

    def __init__(self) -> None:
        self._routes: Sequence[Route] = ()
        self._balance: Balance[Fleet] = Balance()
        self._lock = threading.Lock()

    @property
    def colours(self) -> list[Colour]:
        """All colours that get requests."""
        return [colour for colour, _ in self._routes]

    def route(self, routes: Sequence[Route]) -> None:
        """Send the requests that come from now on elsewhere.

        Args:
            routes: Colours and their parts, which add up to 1.
        """
        with self._lock:
            self._routes = tuple(routes)
            self._balance = Balance()

    @contextlib.contextmanager
    def lease(self, variant: str | None) -> Iterator[Lease]:
        """Choose an instance for the length of a block.

        Args:
            variant: The one that the request asks for (TargetVariant); None for any.

        Raises:
            UnknownVariantError: There is no such variant.
            NoInstanceError: Nothing can answer now.
            BusyError: A serverless variant answers as many requests as it may.
        """
        lease = self._choose(variant)
        try:
            yield lease
        finally:
            lease.fleet.give_back(lease.instance)

    def _choose(self, variant: str | None) -> Lease:
        with self._lock:
            weights = self._weights(variant)
            fleet = self._balance.choose(weights)
            if fleet is None:
                raise NoInstanceError("No variant has any weight.")
            return Lease(fleet.take(), fleet)

    def _weights(self, variant: str | None) -> dict[Fleet, float]:
        """What part of the requests each fleet gets."""
        if variant is None:
            return {
                fleet: part * colour.weights[name] / (sum(colour.weights.values()) or 1.0)
                for colour, part in self._routes
                for name, fleet in colour.fleets.items()
            }
        found = {
            colour.fleets[variant]: part
            for colour, part in self._routes
            if variant in colour.fleets
        }
        if self._routes and not found:
            raise UnknownVariantError(variant)
        return found
