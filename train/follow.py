"""What all hosts but the first do: learn, until that one says that it is over (C5.53)."""

import logging
from collections.abc import Callable

from container.environment import Environment
from train.arguments import Arguments
from train.batches import Batches
from train.run import prepare
from train.together import together

_log = logging.getLogger("blerssi.train")


def follow(environment: Environment, arguments: Arguments, stop: Callable[[], bool]) -> None:
    """Take part in the first host's run; no model, report or checkpoint is written here.

    Args:
        environment: The folders of the job, and its files.
        arguments: The command line.
        stop: Whether the platform wants this host to end; that ends the run on all hosts.

    Raises:
        UserError: A hyperparameter or a channel is wrong, or not what the other hosts have.
        PlatformError: A channel cannot be read.
        DataError: A data file is wrong.
    """
    hosts = environment.hosts()
    loop = prepare(environment, arguments)
    batches = Batches(loop.parts.training, loop.parameters)
    with together(loop, hosts, stop) as crew:
        while epoch := crew.awaited():
            loop.fit.begin_epoch(epoch)
            for batch in batches.epoch(epoch):
                if epoch > 1 and crew.stopped:
                    break
                loop.fit.learn(batch)
    _log.info("%s has learnt its part; %s saves the model", hosts.current, hosts.all[0])
