"""Trains candidates one after the other, and ends early those that are behind."""

import logging
from collections.abc import Callable, Mapping

import optuna
from optuna.trial import Trial

from container.errors import UserError
from train import metrics
from train.hyperparameters import Hyperparameters
from train.loop import Parts
from train.run import set_up
from train.tuning.study import Search

_log = logging.getLogger("blerssi.train")


class InterruptedTrialError(Exception):
    """The platform wants the search to end; its last trial is tried again another time."""


class Trials:
    """The trials of a search.

    Args:
        search: Where they are kept.
        parts: The scans, the same for all of them.
        fixed: The hyperparameters that they have alike.
        stop: Whether the platform wants the search to end.
    """

    def __init__(
        self, search: Search, parts: Parts, fixed: Mapping[str, str], stop: Callable[[], bool]
    ) -> None:
        self._search = search
        self._parts = parts
        self._fixed = fixed
        self._stop = stop

    def run_one(self, tell: Callable[[int], None]) -> None:
        """Train the next candidate to its end.

        Args:
            tell: Is told of every epoch.

        Raises:
            InterruptedTrialError: The search was told to stop meanwhile.
        """
        trial, values = self._search.begin()
        parameters = Hyperparameters.parse({**self._fixed, **values})
        listener = _Listener(trial, tell)
        loop = set_up(self._parts, parameters)
        try:
            loop.run(None, listener, self._stop)
        except optuna.TrialPruned:
            self._search.prune(trial)
            return
        except UserError as error:  # the loss is no longer a number
            _log.warning("Trial %d failed: %s", trial.number, error)
            self._search.fail(trial, error.message)
            return
        if loop.stopped:
            raise InterruptedTrialError
        course = [each[metrics.OBJECTIVE] for each in loop.history]
        # A run that may stop early goes back to its best epoch.
        self._search.complete(
            trial, min(course) if parameters.early_stopping_patience else course[-1]
        )


class _Listener:
    def __init__(self, trial: Trial, tell: Callable[[int], None]) -> None:
        self._trial = trial
        self._tell = tell

    def epoch(self, number: int, values: Mapping[str, float], /) -> None:
        """Hand the epoch's error to the pruner.

        Raises:
            optuna.TrialPruned: The trial is behind.
        """
        self._tell(number)
        self._trial.report(values[metrics.OBJECTIVE], number)
        if self._trial.should_prune():
            raise optuna.TrialPruned
