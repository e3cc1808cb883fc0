"""The workers of a job that add up their gradients, as if one host had seen the whole batch.

Every worker draws the same batch and computes its own rows of it. The gradients' sum is the one
that a single host would have, apart from the last bits of float32 that depend on the order of
additions; with three or more hosts that order is not the same in every run.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from hashlib import sha256
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from container.environment import Hosts
from container.errors import UserError
from model.blerssi import network

Array = npt.NDArray[np.float32]

END: Final = 0  # announced instead of an epoch's number

_DIGEST: Final = 16  # bytes of a fingerprint; each is a float32 of its own


class Crew(Protocol):
    """Whoever learns together.

    Attributes:
        stopped: Whether the run is to end; the same on all hosts.
    """

    @property
    def stopped(self) -> bool: ...  # noqa: D102

    def rows(self, count: int) -> slice:
        """Which of the rows of a batch are this host's."""

    def begin(self, epoch: int) -> None:
        """Announce an epoch, or the END; the first host does."""

    def awaited(self) -> int:
        """Give what the first host announces; all others ask for it."""

    def add_up(self, gradients: Sequence[Any], loss: float) -> float:
        """Replace the gradients by the sums of all hosts', and give the sum of the losses."""


class Alone:
    """The crew of a job with one host.

    Args:
        stop: Whether the platform wants the run to end.
    """

    def __init__(self, stop: Callable[[], bool] = bool) -> None:
        self._stop = stop

    @property
    def stopped(self) -> bool:
        """Whether the platform wants the run to end."""
        return self._stop()

    def rows(self, count: int) -> slice:
        """All of them."""
        return slice(0, count)

    def begin(self, epoch: int) -> None:
        """Nobody has to know."""

    def awaited(self) -> int:
        """There is nobody to wait for."""
        return END

    def add_up(self, gradients: Sequence[Any], loss: float) -> float:  # noqa: ARG002
        """The gradients are the sums."""
        return loss


class Workers:
    """One of several workers, connected to the others through MXNet's `dist_sync` kvstore.

    The store only ever adds: it holds the sum of what all workers pushed last. All of them have to
    make the same calls in the same order, and each call waits for all of them.

    Args:
        hosts: The hosts; a worker's place among them says which rows are its own.
        stop: Whether the platform wants this host to end.

    Attributes:
        stopped: Whether any host was told to end before the last step; the same on all of them.
    """

    def __init__(self, hosts: Hosts, stop: Callable[[], bool]) -> None:
        self._hosts = hosts
        self._place = hosts.all.index(hosts.current)
        self._stop = stop
        self._known: set[str] = set()
        self._store = network.mxnet().kv.create("dist_sync")
        self.stopped = False

    def rows(self, count: int) -> slice:
        """An equal share, to within one; of a few rows some hosts get none."""
        size = len(self._hosts.all)
        return slice(count * self._place // size, count * (self._place + 1) // size)

    def begin(self, epoch: int) -> None:
        """Announce an epoch, or the END, to the hosts that wait for it."""
        self._sum("epoch", np.array([epoch], np.float32))

    def awaited(self) -> int:
        """Wait for the first host's announcement."""
        return int(self._sum("epoch", np.zeros(1, np.float32))[0])

    def add_up(self, gradients: Sequence[Any], loss: float) -> float:
        """Replace the gradients by all workers' sums, and give the sum of the losses."""
        nd = network.mxnet().nd
        rest = nd.array([loss, self._stop()])
        flat = nd.concat(*(each.reshape(-1) for each in gradients), rest, dim=0)
        self._exchange("gradients", flat)
        start = 0
        for each in gradients:
            each[:] = flat[start : start + each.size].reshape(each.shape)
            start += each.size
        total, stops = flat[start:].asnumpy()
        self.stopped = bool(stops)
        return float(total)

    def share(self, state: Mapping[str, Array], epoch: int) -> tuple[dict[str, Array], int]:
        """Give the first host's state and epoch, whatever the others handed in."""
        flat = np.concatenate([*(each.ravel() for each in state.values()), [epoch]])
        if not self._hosts.is_first:
            flat = np.zeros_like(flat)
        total = self._sum("state", flat.astype(np.float32))
        shared, start = {}, 0
        for name, each in state.items():
            shared[name] = total[start : start + each.size].reshape(each.shape)
            start += each.size
        return shared, int(total[-1])

    def check(self, identity: Mapping[str, Any], scans: int) -> None:
        """Hold what all hosts are about to do against each other.

        Raises:
            UserError: Not all train on the same scans with the same settings.
        """
        own = sha256(json.dumps(identity, sort_keys=True).encode()).digest()[:_DIGEST]
        table = np.zeros((len(self._hosts.all), 1 + _DIGEST), np.float32)
        table[self._place] = [scans, *own]
        table = self._sum("check", table)
        if (table == table[0]).all():
            return
        counts = zip(self._hosts.all, table[:, 0], strict=True)
        seen = ", ".join(f"{host} has {count:.0f}" for host, count in counts)
        raise UserError(
            f"The hosts differ in their scans or settings; of training scans {seen}.",
            hint="Every host needs all scans: set S3DataDistributionType to FullyReplicated.",
        )

    def release(self) -> None:
        """Leave together with all others, which waits for them."""
        del self._store

    def abandon(self) -> None:
        """Leave alone, after a failure: the store's own end would wait for all others."""
        self._store.handle = None

    def _sum(self, key: str, values: Array) -> Array:
        array = network.mxnet().nd.array(values)
        self._exchange(key, array)
        result: Array = array.asnumpy()
        return result

    def _exchange(self, key: str, array: Any) -> None:
        if key not in self._known:
            self._known.add(key)
            self._store.init(key, network.mxnet().nd.zeros_like(array))
        self._store.push(key, array)
        self._store.pull(key, out=array)
