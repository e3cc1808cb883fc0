"""The endpoints that run now, in memory; what survives a restart is in the endpoints' documents."""

import contextlib
import threading
import weakref
from collections.abc import Iterator

from local_test.aws.cloud import Cloud, Tasks
from local_test.aws.sagemaker.colour import Colour
from local_test.aws.sagemaker.data_capture import Captured
from local_test.aws.sagemaker.metrics import Meter
from local_test.aws.sagemaker.traffic import Traffic


class Live:
    """An endpoint that runs.

    Attributes:
        name: Of the endpoint.
        traffic: Where its requests go.
        colour: What it runs; None while it is being created, or when that failed.
        cancelled: Set when it is to be deleted: whoever deploys gives up.
        wanted: Set while somebody waits to change it: whoever only renews instances gives up.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.traffic = Traffic()
        self.colour: Colour | None = None
        self.cancelled = threading.Event()
        self.wanted = threading.Event()
        self._work = threading.Lock()

    @contextlib.contextmanager
    def changed(self) -> Iterator[None]:
        """Be the only one to change it for the length of a block."""
        self.wanted.set()
        with self._work:
            self.wanted.clear()
            yield

    def renew(self, stopping: threading.Event) -> None:
        """Replace unhealthy instances, unless somebody changes the endpoint or wants to."""
        if not self._work.acquire(blocking=False):
            return
        try:
            if self.colour and not stopping.is_set():
                self.colour.renew(self.cancelled, self.wanted, stopping)
        finally:
            self._work.release()

    def serve(self, colour: Colour) -> None:
        """Send all requests to a colour, which is the endpoint's from now on."""
        self.colour = colour
        self.traffic.route([(colour, 1.0)])

    def close(self) -> None:
        """Take no more requests, answer those that are there, and stop everything."""
        colours = {id(each): each for each in (*self.traffic.colours, self.colour) if each}
        self.traffic.route([])
        self.colour = None
        for each in colours.values():
            each.close()


class Hosting:
    """All endpoints of a laptop that run, by name.

    Attributes:
        meter: Counts their requests.
        captured: What of them is to be written to S3.
        answering: Names of endpoints, by the ids of asynchronous requests that are being answered.
    """

    def __init__(self) -> None:
        self.meter = Meter()
        self.captured = Captured()
        self.answering: dict[str, str] = {}
        self._lives: dict[str, Live] = {}
        self._lock = threading.Lock()

    def open(self, name: str) -> Live:
        """Give the endpoint of a name, made if it does not run yet."""
        with self._lock:
            return self._lives.setdefault(name, Live(name))

    def find(self, name: str) -> Live | None:
        """Give the endpoint of a name; None where none runs."""
        return self._lives.get(name)

    def forget(self, name: str) -> None:
        """An endpoint is no more."""
        with self._lock:
            self._lives.pop(name, None)

    def __iter__(self) -> Iterator[Live]:
        with self._lock:
            return iter(list(self._lives.values()))

    def close(self) -> None:
        """Stop everything, all endpoints at once."""
        threads = [threading.Thread(target=each.close) for each in self]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


_HOSTINGS: weakref.WeakKeyDictionary[Tasks, Hosting] = weakref.WeakKeyDictionary()
_LOCK = threading.Lock()


def of(cloud: Cloud) -> Hosting:
    """Give the endpoints that run in a cloud; they are stopped when it is closed."""
    with _LOCK:
        if cloud.tasks not in _HOSTINGS:
            _HOSTINGS[cloud.tasks] = Hosting()
            cloud.undo.callback(_HOSTINGS[cloud.tasks].close)
        return _HOSTINGS[cloud.tasks]
