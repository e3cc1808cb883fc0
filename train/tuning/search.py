"""A search on this machine: trial after trial until there are enough, with a bar or a line each."""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from container.environment import Environment
from container.errors import UserError
from train import channels
from train.arguments import Arguments
from train.hyperparameters import Hyperparameters
from train.loop import Parts
from train.progress import CLEAR, Streams
from train.run import divide, set_up
from train.tuning import report
from train.tuning.space import Space, defaults
from train.tuning.study import Plan, Search
from train.tuning.trials import InterruptedTrialError, Trials


class Budget(NamedTuple):
    """How long to search, and where the trials are kept.

    Attributes:
        study: The file.
        trials: In all, those of earlier attempts among them.
        seconds: After which no trial begins; None for no limit.
    """

    study: Path
    trials: int
    seconds: float | None = None


def find(  # noqa: PLR0913, PLR0917 - what a run takes, and what a search takes besides
    environment: Environment,
    arguments: Arguments,
    space: Space,
    budget: Budget,
    streams: Streams,
    stop: Callable[[], bool],
) -> dict[str, Any]:
    """Run the trials that are missing.

    Args:
        environment: The folders of the job, and its files.
        arguments: Of the data, and whether to begin anew.
        space: What varies, and what does not.
        budget: How long.
        streams: Where lines and the bar go.
        stop: Whether the platform wants the search to end.

    Returns:
        The study as plain data; it is written to output/data, too.

    Raises:
        UserError: A hyperparameter or a channel is wrong, or the study is of another search.
        PlatformError: A folder cannot be written.
        DataError: A data file is wrong.
    """
    parameters = Hyperparameters.parse(space.fixed)
    parts = divide(channels.read(environment, arguments), parameters)
    if parts.validation is None:
        raise UserError(
            "Tuning needs scans to judge by.",
            hint="Give a validation channel, or a validation_fraction above 0 and more visits.",
        )
    plan = _plan(parts, parameters, space)
    with Search.opened(budget.study, plan, fresh=arguments.fresh) as search:
        _run(search, Trials(search, parts, space.fixed, stop), budget, streams, stop)
        found = report.study(search, space.fixed)
    report.write(environment.output_data_dir, found)
    return found


def _plan(parts: Parts, parameters: Hyperparameters, space: Space) -> Plan:
    ranges = {f"range of {name}": str(each) for name, each in space.ranges.items()}
    identity = {
        name: value
        for name, value in set_up(parts, parameters).identity.items()
        if name not in space.ranges
    }
    return Plan(
        identity=identity | ranges,
        ranges=space.ranges,
        first=defaults(space.ranges),
        warmup=parameters.epochs // 3,  # before that, all are bad
        seed=parameters.seed,
    )


def _run(
    search: Search,
    trials: Trials,
    budget: Budget,
    streams: Streams,
    stop: Callable[[], bool],
) -> None:
    deadline = None if budget.seconds is None else time.monotonic() + budget.seconds

    def show(epoch: int) -> None:
        if streams.bar is not None:
            report.show(streams.bar, search, budget.trials, epoch)

    while len(search.trials) < budget.trials and not stop():
        if deadline is not None and time.monotonic() >= deadline:
            return
        show(0)
        try:
            trials.run_one(show)
        except InterruptedTrialError:
            return
        finally:
            if streams.bar is not None:
                streams.bar.write(CLEAR)
        print(report.line(search.trials[-1]), file=streams.lines, flush=True)
