"""Where a search keeps its trials: Optuna's journal, a file of JSON lines that outlives a kill.

One process at a time writes it. A trial that was running when the process ended is tried again
with the same values, so that a search that was killed finds what it would have found.
"""

import contextlib
import fcntl
import json
import logging
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import optuna
from optuna.storages import JournalStorage
from optuna.storages.journal import JournalFileBackend
from optuna.trial import FrozenTrial, Trial, TrialState

from container.errors import UserError
from train.checkpoint import differences
from train.ranges import Range, Span
from train.writing import writing

NAME: Final = "tuning"
IDENTITY: Final = "identity"
INTERRUPTED: Final = "interrupted"
REASON: Final = "reason"
ENDED: Final = (TrialState.COMPLETE, TrialState.PRUNED, TrialState.FAIL)
_QUEUED: Final = "fixed_params"  # where Optuna has the values of a trial that was enqueued
_LOCK: Final = ".lock"
_STARTUP: Final = 5  # trials before any is pruned

_log = logging.getLogger("blerssi.train")


@dataclass(frozen=True)
class Plan:
    """What a search is.

    Attributes:
        identity: Settings, data and versions by name; only a search of the same one is continued.
        ranges: Where to look, by hyperparameter.
        first: What is tried first, so that nothing worse is ever found best.
        warmup: Epochs before a trial may be pruned.
        seed: Of the suggestions.
    """

    identity: Mapping[str, Any]
    ranges: Mapping[str, Range]
    first: Mapping[str, str]
    warmup: int
    seed: int


class Search:
    """The trials of one search, in their file.

    Args:
        study: Optuna's.
        plan: What the search is.
    """

    def __init__(self, study: optuna.Study, plan: Plan) -> None:
        self._study = study
        self._plan = plan

    @classmethod
    @contextlib.contextmanager
    def opened(cls, path: Path, plan: Plan, *, fresh: bool) -> Iterator[Self]:
        """Open a search, or begin it.

        Args:
            path: Its file.
            plan: What it is.
            fresh: Whether to forget what the file holds.

        Raises:
            UserError: The file is in use, is none of ours, or is of another search.
            PlatformError: It cannot be written.
        """
        optuna.logging.set_verbosity(optuna.logging.WARNING)
        with writing("The study", path.parent), _held(path, fresh=fresh):
            study = _study(path, plan.warmup)
            if IDENTITY not in study.user_attrs:
                study.set_user_attr(IDENTITY, json.loads(json.dumps(plan.identity)))
                study.enqueue_trial(
                    {name: _number(plan.ranges[name], text) for name, text in plan.first.items()}
                )
            if differing := differences(study.user_attrs[IDENTITY], plan.identity):
                raise UserError(
                    f"The study {path} is of another search: {'; '.join(differing)}.",
                    hint="Give the same settings and data, another --study, or --fresh.",
                )
            found = cls(study, plan)
            found._try_again()
            yield found

    @property
    def trials(self) -> list[FrozenTrial]:
        """Those that have ended, in their order, without those that were interrupted."""
        interrupted = set(self._study.user_attrs.get(INTERRUPTED, ()))
        return [
            each
            for each in self._study.get_trials(deepcopy=False, states=ENDED)
            if each.number not in interrupted
        ]

    @property
    def best(self) -> FrozenTrial | None:
        """The complete trial of the least error; the earlier of two that are alike."""
        complete = [each for each in self.trials if each.state == TrialState.COMPLETE]
        return min(complete, key=lambda each: (each.value, each.number), default=None)

    def begin(self) -> tuple[Trial, dict[str, str]]:
        """Begin a trial; gives it, and the text of its values by hyperparameter.

        Suggestions depend on the seed and the trials before alone, not on where a process ended.
        """
        self._study.sampler = optuna.samplers.TPESampler(seed=self._plan.seed + len(self.trials))
        trial = self._study.ask()
        return trial, {
            name: _suggested(trial, name, each) for name, each in self._plan.ranges.items()
        }

    def complete(self, trial: Trial, value: float) -> None:
        """End a trial with its error."""
        self._study.tell(trial, value)

    def prune(self, trial: Trial) -> None:
        """End a trial that is worse than half of the others were at its epoch."""
        self._study.tell(trial, state=TrialState.PRUNED)

    def fail(self, trial: Trial, reason: str) -> None:
        """End a trial whose values cannot be trained with."""
        trial.set_user_attr(REASON, reason)
        self._study.tell(trial, state=TrialState.FAIL)

    def _try_again(self) -> None:
        """Put what an ended process left half done back into the queue."""
        for left in self._study.get_trials(deepcopy=False, states=(TrialState.RUNNING,)):
            _log.info("Trial %d was interrupted and is tried again", left.number)
            interrupted = self._study.user_attrs.get(INTERRUPTED, [])
            self._study.set_user_attr(INTERRUPTED, [*interrupted, left.number])
            if queued := left.system_attrs.get(_QUEUED):
                self._study.enqueue_trial(queued)  # all others are suggested anew, and alike
            self._study.tell(left.number, state=TrialState.FAIL)


@contextlib.contextmanager
def _held(path: Path, *, fresh: bool) -> Iterator[None]:
    """Keep other processes away, and mend what a power cut may have left at the file's end."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("ab+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise UserError(
                f"Another search writes {path}.", hint="Wait for its end, or give another --study."
            ) from None
        file.seek(0)
        content = file.read()
        if content and not _is_journal(content):
            raise _no_study(path, "its first line begins none")
        os.ftruncate(file.fileno(), 0 if fresh else content.rfind(b"\n") + 1)
        Path(f"{path}{_LOCK}").unlink(missing_ok=True)  # Optuna's own, of a process that is gone
        yield


def _study(path: Path, warmup: int) -> optuna.Study:
    try:
        storage = JournalStorage(JournalFileBackend(str(path)))
        return optuna.create_study(
            storage=storage,
            study_name=NAME,
            load_if_exists=True,
            direction="minimize",
            pruner=optuna.pruners.MedianPruner(n_startup_trials=_STARTUP, n_warmup_steps=warmup),
        )
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _no_study(path, str(error)) from error


def _is_journal(content: bytes) -> bool:
    """Whether a file is one of ours: nobody's notes are to be cut or written to."""
    try:
        first = json.loads(content.partition(b"\n")[0])
    except ValueError:
        return False
    return isinstance(first, dict) and first.get("study_name") == NAME


def _no_study(path: Path, why: str) -> UserError:
    return UserError(f"{path} is no study: {why}.", hint="Give another --study.")


def _suggested(trial: Trial, name: str, varied: Range) -> str:
    if isinstance(varied, Span):
        return repr(trial.suggest_float(name, varied.low, varied.high, log=varied.log))
    return str(trial.suggest_categorical(name, varied.values))


def _number(varied: Range, text: str) -> float | str:
    return float(text) if isinstance(varied, Span) else text
