"""All hosts of a job on one run: from where the first host is, to where it ends."""

import contextlib
from collections.abc import Callable, Iterator

from container.environment import Hosts
from train.batches import Batches
from train.crew import END, Alone, Crew, Workers
from train.loop import Loop


@contextlib.contextmanager
def together(loop: Loop, hosts: Hosts, stop: Callable[[], bool]) -> Iterator[Crew]:
    """Connect a run with those of the other hosts, if there are any.

    Args:
        loop: The run. On all hosts but the first it goes on from the first one's state.
        hosts: The hosts of the job.
        stop: Whether the platform wants this host to end.

    Raises:
        UserError: The hosts do not train on the same scans with the same settings.
    """
    if len(hosts.all) == 1:
        yield Alone(stop)
        return
    workers = Workers(hosts, stop)
    try:
        workers.check(loop.identity, len(loop.parts.training))
        state, loop.epoch = workers.share(loop.fit.state(), loop.epoch)
        steps = Batches(loop.parts.training, loop.parameters).steps
        loop.fit.restore(state, loop.epoch * steps)
        loop.fit.crew = workers
        yield workers
        if hosts.is_first:
            workers.begin(END)
    except BaseException:
        workers.abandon()
        raise
    workers.release()
