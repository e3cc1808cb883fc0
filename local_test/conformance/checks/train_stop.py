"""Trainings that are stopped, and those that are killed and go on (C5.5 - C5.9, C5.43)."""

import re
import time
from collections.abc import Sequence
from pathlib import Path

from container.environment import Environment
from local_test.conformance import patience
from local_test.conformance.lab import Lab
from local_test.conformance.registry import NotChecked, Violation, check
from local_test.conformance.subject import Container
from local_test.conformance.trained import Trained
from local_test.conformance.training import (
    Stopped,
    begun,
    long_hyperparameters,
    plain,
    require_servable,
    stopped,
)

_FINE = (0, 130)  # C7.9, C7.25
_TEMPORARY = (".tmp", ".temp", ".part", ".partial", "~")
_COUNTER = re.compile(r"(?<![\w.:-])[0-9]+(?![\w.:-])")
_PAUSE = 0.05


@check(
    "C5.5",
    group="train",
    title="SIGTERM in the middle ends training in time, with a model that can be served",
    expected="the end within 120 s, files in the model folder, and /ping 200 with them",
)
def stop_saves_a_model(lab: Lab) -> None:
    """Two minutes later everything is killed, and what is in the folder is uploaded."""
    found = stopped(lab)
    if not found.in_time:
        raise Violation(
            f"still running {patience.TRAIN_STOP_SECONDS:g} s after SIGTERM",
            found.trained.container,
        )
    if not found.trained.model_files:
        raise Violation(
            f"exit code {found.trained.exit_code} and no model", found.trained.container
        )
    require_servable(lab, Environment(found.trained.base).model_dir)


@check(
    "C5.6",
    "C9.6",
    group="train",
    title="SIGTERM to process 1 reaches the process that trains",
    expected="no process that goes on, or is killed without having saved a model",
)
def stop_reaches_the_trainer(lab: Lab) -> None:
    """Where process 1 trains itself, there is nobody else to reach."""
    found = stopped(lab)
    if found.left:
        raise Violation(f"process 1 has ended, and {_named(found)} go on", found.trained.container)
    if len(found.before) > 1 and not found.trained.model_files:
        count = len(found.before)
        raise Violation(f"{count} processes, and none saved a model", found.trained.container)


@check(
    "C5.9",
    "C7.9",
    "C7.25",
    group="train",
    title="A stop after a saved model ends with 0",
    expected="exit code 0, or 130",
)
def stop_ends_with_zero(lab: Lab) -> None:
    """Whoever looks at the code alone takes anything else for a failure."""
    trained = stopped(lab).trained
    if not stopped(lab).in_time or not trained.model_files:
        raise NotChecked("no model was saved; see C5.5")
    if trained.exit_code not in _FINE:
        raise Violation(f"exit code {trained.exit_code}", trained.container)


@check(
    "C5.7",
    group="train",
    title="A killed training goes on from its checkpoints when it is started again",
    expected="files in checkpoints while it trains, and a first metric that is not the first again",
)
def interrupted_training_goes_on(lab: Lab) -> None:
    """Spot instances go without a warning."""
    plain(lab)
    with lab.job(hyperparameters=long_hyperparameters(lab)) as running:
        first = begun(lab, running)
        _await_checkpoint(running)
        begun(lab, running, len(running.log))  # so that the checkpoint is behind it
        running.kill()
        already = len(running.log)
        running.restart()
        again = begun(lab, running, already)
        if not first or not again:
            raise NotChecked("needs metrics in the log, to see where it goes on")
        if _counters(first) == _counters(again):
            raise Violation("it starts from the beginning", f"{first}\n{again}")


@check(
    "C5.43",
    group="train",
    title="No temporary file stays among the checkpoints",
    expected=f"no name that ends with {', '.join(_TEMPORARY)}",
)
def checkpoints_are_whole(lab: Lab) -> None:
    """The folder is copied all the time, and restored as it is."""
    for trained in _ended(lab):
        folder = Environment(trained.base).checkpoint_dir
        left = sorted(each.name for each in folder.rglob("*") if _is_temporary(each))
        if left:
            raise Violation(f"in checkpoints: {', '.join(left)}")


def _ended(lab: Lab) -> Sequence[Trained]:
    """What ended in an orderly way, by itself and by a stop; a killed one may be half done."""
    try:
        last = stopped(lab).trained
    except NotChecked:
        return (plain(lab),)
    return (plain(lab), last) if last.exit_code in _FINE else (plain(lab),)


def _await_checkpoint(running: Container) -> None:
    folder = Environment(running.base).checkpoint_dir
    deadline = time.monotonic() + patience.BEGIN_SECONDS
    while not any(each.is_file() and not _is_temporary(each) for each in folder.rglob("*")):
        if running.poll() is not None:
            raise NotChecked("it ended too early; hyperparameters `long` have to take a minute")
        if time.monotonic() > deadline:
            seconds = patience.BEGIN_SECONDS
            raise Violation(f"nothing in checkpoints after {seconds:g} s of training", running)
        time.sleep(_PAUSE)


def _is_temporary(path: Path) -> bool:
    return path.name.endswith(_TEMPORARY)


def _counters(line: str) -> list[str]:
    """The whole numbers of a line, its epoch for example, or the line where it has none.

    Parts of dates and fractions do not count: they differ in any second run.
    """
    return _COUNTER.findall(line) or [line]


def _named(found: Stopped) -> str:
    return ", ".join(each.command or str(each.pid) for each in found.left)
