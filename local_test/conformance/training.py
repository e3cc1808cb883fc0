"""Trainings that several checks look at, and what they have in common."""

import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from container import contract
from local_test import layout
from local_test.conformance import patience
from local_test.conformance.changes import SWEEPS
from local_test.conformance.draft import Change
from local_test.conformance.lab import Lab
from local_test.conformance.registry import NotChecked, Violation
from local_test.conformance.subject import Container, Process
from local_test.conformance.trained import Trained, finished
from model import archive
from model.errors import ArtifactError

ENDS_WELL = "exit code 0, and files in the model folder"
_PAUSE = 0.05
_TERM = 15


def is_well(trained: Trained) -> bool:
    """Whether it ended with a model."""
    return trained.exit_code == 0 and bool(trained.model_files)


def plain(lab: Lab) -> Trained:
    """The shared training as the user described it, where that ends well.

    Raises:
        NotChecked: It does not, which is a violation for the check of that alone.
    """
    try:
        trained = lab.trained
    except Violation as violation:
        raise NotChecked(f"a training is {violation}; see C5.1") from violation
    if not is_well(trained):
        raise NotChecked("training fails as it is; see C5.1")
    return trained


def harmless(lab: Lab, change: Change) -> Trained:
    """Require that a job trains with a change as it does without.

    Raises:
        Violation: It does not.
        NotChecked: It does not train at all.
    """
    plain(lab)
    for sweep in map(_Sweep, SWEEPS):
        if change in sweep.changes and (swept := _try(lab, sweep)) is not None:
            return swept
    trained = lab.train(changes=[change])
    require_well(trained)
    return trained


def require_well(trained: Trained) -> None:
    """Raise Violation where a training did not end with a model."""
    if not is_well(trained):
        told = (trained.failure or "").strip().splitlines()
        seen = f"exit code {trained.exit_code}, {len(trained.model_files)} model files"
        raise Violation(f"{seen}{f': {told[0]}' if told else ''}", trained.container)


def needless(lab: Lab, change: Change, what: str) -> None:
    """Require that a job trains without something that the platform does not give.

    Raises:
        Violation: It trains with that alone.
        NotChecked: It does not train with it either.
    """
    try:
        plain(lab)
    except NotChecked:
        trained = lab.train(changes=[change])
        if is_well(trained):
            raise Violation(f"it trains with {what} only") from None
        raise


def wrong(lab: Lab) -> Trained:
    """The shared training that has to fail.

    Raises:
        NotChecked: The user named no hyperparameters for one, or nothing trains at all.
    """
    plain(lab)
    return lab.once(_wrong)


def _wrong(lab: Lab) -> Trained:
    if not lab.materials.wrong:
        raise NotChecked("needs hyperparameters that must fail (`wrong` in the configuration)")
    return lab.train(hyperparameters={**lab.materials.hyperparameters, **lab.materials.wrong})


class Stopped(NamedTuple):
    """A training that got SIGTERM while it was at work.

    Attributes:
        trained: How it ended; exit code 137 where it had to be killed.
        line: The first metric line that it had printed; empty without one.
        in_time: Whether it ended by itself.
        before: Its processes when it got the signal.
        left: Those that outlived process 1.
    """

    trained: Trained
    line: str
    in_time: bool
    before: Sequence[Process]
    left: Sequence[Process]


def stopped(lab: Lab) -> Stopped:
    """The shared training that is stopped in the middle.

    Raises:
        NotChecked: There is none that lasts long enough.
    """
    plain(lab)
    return lab.once(_stopped)


def _stopped(lab: Lab) -> Stopped:
    with lab.job(hyperparameters=long_hyperparameters(lab)) as running:
        line = begun(lab, running)
        before = running.processes()
        running.signal(_TERM)
        try:
            code, in_time = running.wait(patience.TRAIN_STOP_SECONDS), True
        except Violation:
            running.kill()
            code, in_time = running.wait(patience.TRAIN_STOP_SECONDS), False
        left = [each for each in running.processes() if each.state != "Z"]
        return Stopped(finished(running, code), line, in_time, before, left)


def long_hyperparameters(lab: Lab) -> dict[str, str]:
    """Those of a training that lasts.

    Raises:
        NotChecked: The user named none.
    """
    if not lab.materials.long:
        raise NotChecked("needs hyperparameters for a minute of training (`long`)")
    return {**lab.materials.hyperparameters, **lab.materials.long}


def begun(lab: Lab, running: Container, already: int = 0) -> str:
    """Wait until a training is at work, which its first metric line shows; gives that line.

    Without a line it counts as at work after a while; what was in the log already is passed over.

    Raises:
        NotChecked: It has ended meanwhile.
    """
    deadline = time.monotonic() + patience.BEGIN_SECONDS
    while not (line := first_metric_line(lab, running.log[already:])):
        if running.poll() is not None:
            raise NotChecked("it ended too early; hyperparameters `long` have to take a minute")
        if time.monotonic() > deadline:
            break
        time.sleep(_PAUSE)
    return line


def first_metric_line(lab: Lab, log: str) -> str:
    """The first whole line in which one of the user's metrics stands; empty without one."""
    whole = log[: log.rfind("\n") + 1]
    lines = (line.rstrip("\r") for line in whole.split("\n"))
    return next((line for line in lines if _has_metric(lab, line)), "")


def require_servable(lab: Lab, model: Path) -> None:
    """Pack and unpack a model folder as the platform does, and serve it.

    Raises:
        Violation: No server becomes ready, or it does not answer.
        NotChecked: Servers do not become ready at all.
    """
    base = lab.folder()
    packed = base.parent / "model.tar.gz"
    try:
        archive.pack(model, packed)
        layout.place_model(packed, base)
    except ArtifactError as error:
        raise NotChecked(f"the model cannot be packed; see C5.40: {error.message}") from error
    with lab.fresh(base=base) as server:
        if not lab.materials.payloads:
            return
        payload = lab.materials.payload
        reply = server.post(contract.INVOCATIONS, payload.body, payload.headers)
        if reply.status != 200:
            raise Violation(f"a server is ready, and answers a payload by {reply.status}", reply)


def _has_metric(lab: Lab, line: str) -> bool:
    return any(re.search(each, line) for each in lab.materials.metrics)


@dataclass(frozen=True)
class _Sweep:
    """Trains with all its changes at once; equal ones are made once."""

    changes: tuple[Change, ...]

    def __call__(self, lab: Lab) -> Trained:
        return lab.train(changes=self.changes)


def _try(lab: Lab, sweep: _Sweep) -> Trained | None:
    """A sweep, made once; None where it does not train."""
    try:
        trained = lab.once(sweep)
    except Violation:
        return None
    return trained if is_well(trained) else None
