"""The models of a multi-model endpoint: loaded and unloaded while requests run (C3).

One process owns them all, so that a load or unload is seen by every request that follows it
(C3.19), and a model is in memory once however many processors there are; MXNet computes outside the
interpreter, so requests still use all of them. The names are kept on disk, too: should the process
die, its successor loads each model again when it is first asked for (C3.13).
"""

import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from model.errors import ModelError
from serve import memory
from serve.core import Answerer
from serve.errors import Kind, ServeError
from serve.memory import Budget
from serve.table import Table

DRAIN_SECONDS = 60.0  # for requests that still compute with a model that is unloaded

_log = logging.getLogger("blerssi.serve")


class Page(NamedTuple):
    """Some of the loaded models in the order of their names.

    Attributes:
        models: Name and url of each.
        more: Whether others follow.
    """

    models: list[tuple[str, str]]
    more: bool


class _Entry:
    """One model.

    Attributes:
        url: Its folder as the platform wrote it.
        answerer: None until it is loaded.
        users: Requests that compute with it now.
        lock: Held while it is loaded.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.answerer: Answerer | None = None
        self.users = 0
        self.lock = threading.Lock()


class Models:
    """Every model that is loaded; safe to call from several threads.

    Args:
        folder: Where the platform places models; no other place is read (C3.3, C3.17).
        table: Their names and urls on disk.
        make: Loads a model folder.
        budget: Decides whether it fits.
    """

    def __init__(
        self, folder: Path, table: Table, make: Callable[[Path], Answerer], budget: Budget
    ) -> None:
        self._folder = folder
        self._table = table
        self._make = make
        self._budget = budget
        self._changed = threading.Condition()
        self._entries = {name: _Entry(url) for name, url in table.read().items()}
        self._loading: set[str] = set()

    def load(self, name: str, url: str) -> None:
        """Load a model; when this returns it can serve (C3.4).

        Raises:
            ServeError: It is loaded already (409), does not exist (404), lies elsewhere (400), does
                not fit into memory (507) or cannot be loaded (500).
        """
        folder = self._located(url)
        with self._changed:
            if name in self._entries or name in self._loading:
                raise ServeError(
                    Kind.ALREADY_LOADED,
                    f"The model {name!r:.100} is loaded already.",
                    hint="Unload it first to load another version.",
                )
            self._loading.add(name)
        try:
            entry = _Entry(url)
            entry.answerer = self._made(name, folder)
            self._table.add(name, url)
            with self._changed:
                self._entries[name] = entry
        finally:
            with self._changed:
                self._loading.discard(name)

    def unload(self, name: str) -> None:
        """Take a model away; when this returns its memory is free (C3.11).

        Raises:
            ServeError: It is not loaded (404), or requests still use it after a minute (503); the
                last of them frees the memory.
        """
        deadline = time.monotonic() + DRAIN_SECONDS
        with self._changed:
            entry = self._entries.pop(name, None)
            if entry is None:
                raise _unknown(name)
            self._table.remove(name)
            while entry.users and (left := deadline - time.monotonic()) > 0:
                self._changed.wait(left)
            if entry.users:
                raise ServeError(
                    Kind.IN_USE, f"{entry.users} requests still use the model {name!r:.100}."
                )
        _release(entry)
        _log.info("Unloaded the model %r.", name)

    @contextlib.contextmanager
    def use(self, name: str) -> Iterator[Answerer]:
        """Hold a model while a request computes with it.

        Raises:
            ServeError: It is not loaded (404), has to be loaded again and cannot be, or there is
                too little memory to compute (507, C3.12).
        """
        with self._changed:
            entry = self._entries.get(name)
            if entry is None:
                raise _unknown(name)
            entry.users += 1
        try:
            self._budget.require()
            with entry.lock:
                if entry.answerer is None:  # our predecessor had loaded it
                    entry.answerer = self._made(name, self._located(entry.url))
            yield entry.answerer
        finally:
            self._let_go(name, entry)

    def url(self, name: str) -> str:
        """Where a loaded model comes from.

        Raises:
            ServeError: It is not loaded (404).
        """
        with self._changed:
            if name not in self._entries:
                raise _unknown(name)
            return self._entries[name].url

    def page(self, after: str, most: int) -> Page:
        """List the models behind a name; one that comes or goes meanwhile shifts no other (C3.8).

        Args:
            after: The last name of the page before; empty for the first.
            most: How many are given at most.
        """
        with self._changed:
            names = sorted(name for name in self._entries if name > after)
            models = [(name, self._entries[name].url) for name in names[:most]]
        return Page(models, len(names) > most)

    def _let_go(self, name: str, entry: _Entry) -> None:
        """End a use; the last one of a model that was unloaded too impatiently frees it."""
        with self._changed:
            entry.users -= 1
            self._changed.notify_all()
            abandoned = not entry.users and self._entries.get(name) is not entry
        if abandoned:
            _release(entry)

    def _made(self, name: str, folder: Path) -> Answerer:
        started = time.perf_counter()
        try:
            with self._budget.claim(memory.footprint(folder)):
                made = self._make(folder)
        except ModelError as error:
            raise ServeError(
                Kind.LOAD_FAILURE,
                f"The model {name!r:.100} cannot be loaded. {error.message}",
                hint=error.hint,
            ) from error
        except MemoryError as error:
            raise ServeError.of(error) from error
        _log.info("Loaded the model %r after %.2f s.", name, time.perf_counter() - started)
        return made

    def _located(self, url: str) -> Path:
        """The folder that a url means, as long as it lies where models lie (C3.17)."""
        try:
            folder = Path(url).resolve()
            inside = folder.is_relative_to(self._folder.resolve())
        except (OSError, ValueError, RuntimeError):  # a NUL, a loop of links
            inside = False
        if not inside:
            raise ServeError(
                Kind.BAD_REQUEST, f"The url {url!r:.200} is not a folder below {self._folder}."
            )
        if not folder.is_dir():
            raise ServeError(Kind.UNKNOWN_MODEL, f"The url {url!r:.200} does not exist.")
        return folder


def _release(entry: _Entry) -> None:
    """Free a model that nobody uses any more; once, and whoever comes second waits for that."""
    with entry.lock:
        if entry.answerer is not None:
            entry.answerer.close()
            entry.answerer = None
            memory.give_back()


def _unknown(name: str) -> ServeError:
    return ServeError(
        Kind.UNKNOWN_MODEL,
        f"The model {name!r:.100} is not loaded.",
        hint="Load it with POST /models first.",
    )
