"""What a multi-model endpoint goes through once before it is ready: load, ask and unload a model.

What the first model and the first requests take for good is taken then: MXNet's kernels, the pages
of the master that they make our own. So unloading brings memory back to what it was at the start
(C3.11), and the first real model waits for less.
"""

import contextlib
import logging
import tempfile
import time
from collections.abc import Callable, Iterator
from contextvars import copy_context
from pathlib import Path

from flask import Flask
from werkzeug.test import Client

from container import contract
from container.resources import UNLIMITED_MEMORY
from container.settings import Settings
from model import smallest
from model.errors import EngineError
from serve import media, metrics, multi_model
from serve.app import Parts, create_app
from serve.core import Answerer
from serve.memory import Budget
from serve.models import Models
from serve.multi_model import NoModel
from serve.table import Table

_NAME = "rehearsal"
_ROWS = (1, 32)  # oneDNN computes batches, and compiles its kernels when it first does

_log = logging.getLogger("blerssi.serve")


def rehearse(make: Callable[[Path], Answerer], settings: Settings, scratch: Path) -> None:
    """Have a small model of ours served, as real ones will be, uncounted and without a log.

    Args:
        make: Loads a model folder.
        settings: How the server runs.
        scratch: A folder of our own; what is written there is removed.

    Raises:
        EngineError: MXNet cannot be used.
        OSError: The folder cannot be written.
    """
    started = time.perf_counter()
    with tempfile.TemporaryDirectory(prefix=f"{_NAME}-", dir=scratch) as name:
        folder = Path(name)
        model = folder / _NAME / contract.MODEL
        smallest.write(model)
        budget = Budget(lambda: UNLIMITED_MEMORY, UNLIMITED_MEMORY)
        models = Models(folder, Table(folder / "table"), make, budget)
        parts = Parts(NoModel(), settings, metrics=metrics.unshared(), models=models)
        with _silence():
            copy_context().run(_go_through, create_app(parts), model)  # it names a request
    _log.info("Ready for models: a small one was served in %.2f s.", time.perf_counter() - started)


def _go_through(app: Flask, model: Path) -> None:
    client = Client(app)
    path = multi_model.INVOKE.path.format(name=_NAME)
    bodies = ["\n".join([smallest.ROW] * rows) for rows in _ROWS]
    loaded = client.post(multi_model.LOAD.path, json={"model_name": _NAME, "url": str(model)})
    answered = [client.post(path, data=body, content_type=media.CSV) for body in bodies]
    unloaded = client.delete(multi_model.UNLOAD.path.format(name=_NAME))
    for answer in (loaded, *answered, unloaded):
        if answer.status_code != 200:
            raise EngineError(f"A small model cannot be served: {answer.get_data(as_text=True)}")


@contextlib.contextmanager
def _silence() -> Iterator[None]:
    """Keep what is said of every model and request out of the log, but not warnings."""
    before = logging.root.manager.disable
    logging.disable(logging.INFO)
    try:
        yield
    finally:
        logging.disable(before)
