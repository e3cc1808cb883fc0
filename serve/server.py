"""The server process: gunicorn with our worker, our log and our rules for dying workers."""

import gc
import logging
import shutil
import sys
import tempfile
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from flask import Flask
from gunicorn.app.base import BaseApplication
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer
from gunicorn.glogging import Logger

from container import contract
from container.resources import Resources, free_memory
from container.settings import Settings
from serve import metrics
from serve.app import Parts, create_app, quick
from serve.board import Board, free_slot
from serve.core import Answerer
from serve.loading import Loading
from serve.making import make
from serve.memory import Budget
from serve.models import Models
from serve.multi_model import NoModel
from serve.quick import Quick
from serve.rehearsal import rehearse
from serve.reporting import Reporter
from serve.table import Table
from serve.worker import Worker

STOP_SECONDS = contract.SERVE_STOP_SECONDS - 7  # for running requests after SIGTERM (C1.15)
KEEPALIVE_SECONDS = 300  # longer than clients keep an idle connection for reuse (C1.21)
CRASH_SECONDS = 60.0  # within which too many dead workers end the server (C9.9)
SPARE_THREADS = 16  # beyond slots and queue: for /ping, /metrics and refusals (C1.23)
_ASLEEP_SECONDS = 10.0

_log = logging.getLogger("blerssi.serve")


@dataclass(frozen=True)
class Plan:
    """What is served, where and by how many.

    Attributes:
        settings: How the server runs.
        workers: Processes.
        folder: The model, or all models of a multi-model endpoint; read, never written (C1.10).
        variables: The environment of child processes.
        scratch: A folder of our own for metrics, and for the names of a multi-model endpoint.
    """

    settings: Settings
    workers: int
    folder: Path
    variables: Mapping[str, str]
    scratch: Path


class Server(BaseApplication):  # type: ignore[misc]
    """Runs until it is told to stop; `run` never returns but by SystemExit.

    Attributes:
        quick: What answers small requests past the application; None before `load`, and where the
            application has to see every request.
    """

    quick: Quick | None = None

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._board = Board()
        self._slot = 0
        self._reporter: Reporter | None = None
        super().__init__()

    def load_config(self) -> None:
        """Hand our settings to gunicorn."""
        for name, value in self._options().items():
            self.cfg.set(name, value)

    def load(self) -> Flask:
        """Make the application of one worker, and begin to load its model."""
        plan = self._plan
        if plan.settings.multi_model:
            rehearse(self._make, plan.settings, plan.scratch)  # before anything is counted
        counts = metrics.shared(plan.scratch, self._slot)
        if plan.settings.measures(plan.variables):
            self._reporter = Reporter(counts, _write, plan.settings.endpoint)
            self._reporter.start()

        def announce(seconds: float) -> None:
            counts.loaded(seconds)
            self._board.set(self._slot, ready=True)

        if plan.settings.multi_model:
            announce(0.0)
            models = self._models()
            return self._app(Parts(NoModel(), plan.settings, plan.workers, counts, models))
        loading = Loading(partial(self._make, plan.folder), announce, self._board.any_ready)
        loading.start()
        return self._app(Parts(loading, plan.settings, plan.workers, counts))

    def run(self) -> None:
        """Serve."""
        _Arbiter(self).run()

    def _app(self, parts: Parts) -> Flask:
        app = create_app(parts)
        self.quick = quick(app, parts)
        return app

    def _make(self, folder: Path) -> Answerer:
        return make(folder, self._plan.variables, self._plan.settings)

    def _models(self) -> Models:
        budget = Budget(free_memory, Resources.measure().memory)
        table = Table(self._plan.scratch / contract.MODELS)
        return Models(self._plan.folder, table, self._make, budget)

    def _options(self) -> dict[str, Any]:
        settings = self._plan.settings
        return {
            "bind": f"0.0.0.0:{settings.port}",
            "workers": self._plan.workers,
            "worker_class": Worker,
            "threads": settings.concurrency + settings.queue + SPARE_THREADS,
            "worker_connections": 1000 + settings.concurrency + settings.queue,
            "timeout": settings.timeout,
            "graceful_timeout": STOP_SECONDS,
            "keepalive": KEEPALIVE_SECONDS,
            "worker_tmp_dir": heartbeat_folder(),
            "control_socket_disable": True,  # gunicorn >= 25.1 opens one below $HOME
            "logger_class": _Log,
            "default_proc_name": "blerssi",
            "pre_fork": self._number,
            "post_fork": self._remember_number,
            "worker_exit": self._report,
            "child_exit": self._clear,
            "on_exit": self._clean,
        }

    def _number(self, arbiter: Arbiter, worker: Worker) -> None:
        worker.slot = free_slot({each.slot for each in arbiter.WORKERS.values()})
        gc.collect()
        gc.freeze()  # so that collections in the workers do not copy the pages they share with us

    def _remember_number(self, _arbiter: Arbiter, worker: Worker) -> None:
        self._slot = worker.slot

    def _report(self, _arbiter: Arbiter, _worker: Worker) -> None:
        """Write a worker's last counts; called in the worker."""
        if self._reporter is not None:
            self._reporter.stop()

    def _clear(self, arbiter: "_Arbiter", worker: Worker) -> None:
        """Take back what a dead worker had announced."""
        self._board.set(worker.slot, ready=False)
        metrics.forget(self._plan.scratch, worker.slot)
        arbiter.count_death()

    def _clean(self, _arbiter: Arbiter) -> None:
        shutil.rmtree(self._plan.scratch, ignore_errors=True)


class _Arbiter(Arbiter):  # type: ignore[misc]
    """The master: replaces dead workers, but not for ever, and forgives a frozen container."""

    def __init__(self, app: Server) -> None:
        super().__init__(app)
        self._deaths: deque[float] = deque(maxlen=3 + 2 * self.num_workers)
        self._looked = time.monotonic()

    def count_death(self) -> None:
        """End the server where workers die faster than replacing them can help (C9.9, C9.15)."""
        now = time.monotonic()
        self._deaths.append(now)
        full = len(self._deaths) == self._deaths.maxlen
        if full and self.LISTENERS and now - self._deaths[0] < CRASH_SECONDS:
            reason = f"{len(self._deaths)} workers died within {CRASH_SECONDS:.0f} s."
            raise HaltServer(reason, 1)

    def murder_workers(self) -> None:
        """Replace workers that no longer respond, unless we were frozen ourselves (C4.7)."""
        now = time.monotonic()
        asleep, self._looked = now - self._looked, now
        if asleep < _ASLEEP_SECONDS:
            super().murder_workers()


class _Log(Logger):  # type: ignore[misc]
    """Hands gunicorn's records to our handlers, and writes no access log (C1.29)."""

    def setup(self, cfg: object) -> None:
        self.cfg = cfg
        self.error_log.propagate = True

    def access(self, *_arguments: object) -> None:
        pass


def _write(line: str) -> None:
    """Add a line to the log as it is, in one piece."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def heartbeat_folder() -> str:
    """Where workers touch their heartbeat files: in memory if that works, else on disk (C1.64)."""
    for folder in ("/dev/shm", tempfile.gettempdir()):  # noqa: S108 - a place, not a file
        try:
            with tempfile.TemporaryFile(dir=folder):
                return folder
        except OSError:
            continue
    return tempfile.gettempdir()
