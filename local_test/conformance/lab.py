"""What a check works with: the subject, the materials, and containers that are shared.

lab.server()        a ready server that all checks share which do not change it
lab.fresh(...)      a server of one's own, ready unless told otherwise
lab.trained         a training that ended, shared by all that only read it
lab.train(...)      a training of one's own, to its end
lab.job(...)        a training that runs
lab.once(make)      what a function makes of the lab, made once and shared
"""

import contextlib
import itertools
import shutil
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from http import HTTPStatus
from pathlib import Path, PurePosixPath
from typing import Any, TypeVar

from container import contract
from local_test import layout
from local_test.conformance import patience
from local_test.conformance.draft import Change, Draft
from local_test.conformance.http import NoAnswer
from local_test.conformance.materials import Materials
from local_test.conformance.registry import NotChecked, Violation
from local_test.conformance.subject import UNLIMITED, Container, Limits, Subject
from local_test.conformance.trained import Trained, finished

START_SECONDS = 115.0  # what SageMaker's local mode grants a server (C7.12)

_PAUSE = 0.02

_Made = TypeVar("_Made")
_Wanted = tuple[Path | None, tuple[tuple[str, str], ...]]  # a model, and variables


class Lab:
    """The place where one run of the suite works; `close` ends every container that is left.

    Args:
        subject: What is under test.
        materials: What the user brought along.
        folder: An empty one for base folders.
        start_seconds: How long a server may take to become ready.
    """

    def __init__(
        self,
        subject: Subject,
        materials: Materials,
        folder: Path,
        start_seconds: float = START_SECONDS,
    ) -> None:
        self.subject = subject
        self.materials = materials
        self.start_seconds = start_seconds
        self.used: list[Container] = []  # by the check that runs; the suite quotes their logs
        self._folder = folder
        self._numbers = itertools.count(1)
        self._servers: dict[_Wanted, Container | NotChecked] = {}
        self._made: dict[Callable[[Lab], Any], Any] = {}

    @cached_property
    def model(self) -> Path:
        """The model's folder: the user's, or what the subject's own training left.

        Raises:
            NotChecked: There is neither.
        """
        if self.materials.model is not None:
            return self.materials.model
        if not self.materials.channels:
            raise NotChecked("needs a model (--model PATH), or data to train one (--training PATH)")
        try:
            trained = self.trained
        except Violation as violation:
            raise NotChecked(f"needs a model, and training is {violation}; see C5.1") from violation
        if trained.exit_code:
            raise NotChecked("needs a model, and training one failed; see C5.1")
        return trained.base / "model"

    @property
    def trained(self) -> Trained:
        """A training with the user's hyperparameters; read it, never change it.

        Raises:
            Violation: It does not end in time.
            NotChecked: There is no training data.
        """
        return self.once(Lab.train)

    def once(self, make: Callable[["Lab"], _Made]) -> _Made:
        """Give what a function made of this lab when it was first asked for here.

        Raises:
            Violation: It raised one then.
            NotChecked: Likewise.
        """
        if make not in self._made:
            try:
                self._made[make] = make(self)
            except (Violation, NotChecked) as reason:
                self._made[make] = reason
        if isinstance(self._made[make], (Violation, NotChecked)):
            raise self._made[make]
        made: _Made = self._made[make]
        return made

    def folder(self) -> Path:
        """Make a new, empty base folder."""
        made = self._folder / f"{next(self._numbers):03}" / "ml"
        made.mkdir(parents=True)
        return made

    def base(self, *, model: bool = True) -> Path:
        """Make a new base folder with a copy of the model, as the platform fills it (C1.9)."""
        made = self.folder()
        if model:
            shutil.copytree(self.model, made / "model")
        return made

    def server(self, model: Path | None = None, /, **variables: str) -> Container:
        """Give a ready server with these variables, started where none is left.

        With SAGEMAKER_MULTI_MODEL=true it starts without a model, its `models` folder empty (C3.2).

        Args:
            model: The folder of the model that streams; None for the usual one.
            variables: Added to its environment.

        Raises:
            NotChecked: It does not become ready, which is a violation for the checks of that alone.
        """
        key = (model, tuple(sorted(variables.items())))
        known = self._servers.get(key)
        if isinstance(known, NotChecked):
            raise known
        if known is not None and _is_lost(known):
            known.remove()
            known = None
        if known is None:
            known = self._servers[key] = self._start_shared(key)
        self.used.append(known)
        return known

    def _start_shared(self, wanted: _Wanted) -> Container:
        model, variables = wanted[0], dict(wanted[1])
        base = self._serving_base(variables, model)
        started = self.subject.start(("serve",), base=base, variables=self._all(variables))
        try:
            started.until_ping(self.start_seconds)
            if not _is_multi_model(variables):
                self.settle(started, model)
        except Violation as violation:
            started.remove()
            reason = NotChecked(f"needs a server, and it {violation.seen}; see C1.22 and C1.24")
            self._servers[wanted] = reason
            raise reason from violation
        except BaseException:
            started.remove()
            raise
        return started

    @contextlib.contextmanager
    def fresh(  # noqa: PLR0913 - they are those of Subject.start
        self,
        arguments: Sequence[str] = ("serve",),
        *,
        base: Path | None = None,
        variables: Mapping[str, str] | None = None,
        limits: Limits = UNLIMITED,
        entrypoint: Sequence[str] | None = None,
        ready: bool = True,
    ) -> Iterator[Container]:
        """Start a server of one's own, gone after the block.

        Args:
            arguments: What follows the image's name.
            base: A base folder; None takes a new one with the model (`models` for multi-model).
            variables: Added to its environment.
            limits: What it is not given.
            entrypoint: Replaces the image's own.
            ready: Whether to wait until /ping answers 200.

        Raises:
            Violation: It does not become ready, though the shared server does.
            NotChecked: No server becomes ready here; where that is known, nothing is started.
        """
        given = dict(variables or {})
        plain = self._servers.get((None, ()))
        if ready and isinstance(plain, NotChecked) and not _is_multi_model(given):
            raise plain
        started = self.subject.start(
            arguments,
            base=self._serving_base(given) if base is None else base,
            variables=self._all(given),
            limits=limits,
            entrypoint=entrypoint,
        )
        self.used.append(started)
        with started:
            if ready:
                try:
                    started.until_ping(self.start_seconds)
                except Violation:
                    self.server()  # NotChecked where that is not ready either
                    raise
                if not _is_multi_model(given):
                    self.settle(started)
            yield started

    def train(
        self,
        *,
        hyperparameters: Mapping[str, str] | None = None,
        channels: Mapping[str, Path] | None = None,
        changes: Sequence[Change] = (),
        limits: Limits = UNLIMITED,
        seconds: float | None = None,
    ) -> Trained:
        """Run a training to its end; see `job`.

        Raises:
            Violation: It does not end in time.
            NotChecked: There is no training data.
        """
        with self.job(
            hyperparameters=hyperparameters, channels=channels, changes=changes, limits=limits
        ) as running:
            code = running.wait(self.materials.train_seconds if seconds is None else seconds)
            return finished(running, code)

    @contextlib.contextmanager
    def job(
        self,
        *,
        hyperparameters: Mapping[str, str] | None = None,
        channels: Mapping[str, Path] | None = None,
        changes: Sequence[Change] = (),
        limits: Limits = UNLIMITED,
    ) -> Iterator[Container]:
        """Start a training as the platform lays it out, gone after the block.

        Args:
            hyperparameters: None takes the user's.
            channels: None takes the user's.
            changes: Applied one after another to what was laid out.
            limits: What it is not given.

        Raises:
            NotChecked: There is no training data.
        """
        if channels is None:
            self.materials.require_training()
        job = layout.Job(self.folder().parent)
        given = self.materials.hyperparameters if hyperparameters is None else hyperparameters
        layout.lay_out(job, self.materials.channels if channels is None else channels, given)
        inside = PurePosixPath(self.subject.path(job.base, contract.MODEL)).parent
        draft = Draft(job.base, inside, {**layout.job_variables(), **self.materials.variables})
        for change in changes:
            change(draft)
        started = self.subject.start(
            draft.arguments, base=job.base, variables=draft.variables, limits=limits
        )
        self.used.append(started)
        with started:
            yield started

    def close(self) -> None:
        """End all that was started and remove every base folder."""
        for each in self._servers.values():
            if not isinstance(each, NotChecked):
                each.remove()
        self._servers.clear()
        self.subject.end()
        self.subject.clear(self._folder)

    def settle(self, server: Container, model: Path | None = None) -> None:
        """Wait for a server whose /ping is 200 too early, which C1.25 alone is to find."""
        deadline = time.monotonic() + patience.SETTLE_SECONDS
        payload = self.materials.sample(model)
        while payload is not None and time.monotonic() < deadline:
            with contextlib.suppress(NoAnswer):
                reply = server.post(contract.INVOCATIONS, payload.body, payload.headers)
                if reply.status != HTTPStatus.SERVICE_UNAVAILABLE:
                    return
            time.sleep(_PAUSE)

    def _serving_base(self, variables: Mapping[str, str], model: Path | None = None) -> Path:
        base = self.folder()
        if _is_multi_model(variables):
            (base / "models").mkdir()
        else:
            shutil.copytree(model or self.model, base / "model")
        return base

    def _all(self, variables: Mapping[str, str]) -> dict[str, str]:
        return {**self.materials.variables, **variables}


def _is_lost(server: Container) -> bool:
    """Whether it has ended or gives no answer, for which the next check is not to blame it."""
    try:
        server.get(contract.PING, timeout=contract.PING_SECONDS)
    except (NoAnswer, Violation):
        return True
    return server.poll() is not None


def _is_multi_model(variables: Mapping[str, str]) -> bool:
    return variables.get(contract.MULTI_MODEL, "").lower() == "true"
