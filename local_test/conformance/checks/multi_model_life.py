"""Multi-model endpoints at work: many requests, many workers, a broken model (C3.13 - C3.19)."""

import contextlib
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from container import contract
from local_test.conformance import patience
from local_test.conformance.http import NoAnswer, Reply
from local_test.conformance.hub import Hub, hub, require
from local_test.conformance.lab import Lab
from local_test.conformance.registry import Violation, check

_REQUESTS = 100  # on connections of their own (C3.19)
_CLIENTS = 4
_ROUNDS = 5
_PAUSE = 0.02


@check(
    "C3.13",
    group="multi-model",
    title="While one model loads or unloads, others answer",
    expected="200 for every request, in time",
)
def loads_do_not_block(lab: Lab) -> None:
    """A load may take minutes; this one waits for a file that is a pipe."""
    many = hub(lab)
    with many.loaded() as name:
        with _stuck_load(many):
            try:
                require(many.invoke(name, timeout=patience.LOADING_SECONDS), 200)
            except NoAnswer as error:
                raise Violation("no answer while another model loads") from error
        other, _ = many.place()
        with _asking(many, name) as replies:
            for _ in range(_ROUNDS):
                require(many.load(other), 200)
                require(many.unload(other), 200)
        for reply in replies:
            require(reply, 200)


@check(
    "C3.19",
    group="multi-model",
    title="Loads and unloads reach every worker",
    expected=f"{_REQUESTS} requests on new connections find a loaded model, and none an unloaded",
)
def every_worker_knows(lab: Lab) -> None:
    """Which worker gets a connection is chance."""
    many = hub(lab)
    with many.loaded() as name:
        for number in range(_REQUESTS):
            if (reply := many.describe(name)).status != 200 or (
                number % _CLIENTS == 0 and (reply := many.invoke(name)).status != 200
            ):
                raise Violation(f"request {number + 1} after the load: {reply.status}", reply)
        many.unload(name)
        for number in range(_REQUESTS):
            if (reply := many.describe(name)).status != 404:
                raise Violation(f"request {number + 1} after the unload: {reply.status}", reply)


@check(
    "C3.16",
    group="multi-model",
    title="A model that fails to load fails alone",
    expected="an error that says why; not in the list; the others go on",
)
def broken_model_fails_alone(lab: Lab) -> None:
    """A half-made model would be found by the first caller."""
    many = hub(lab)
    with many.loaded() as name:
        broken, folder = many.place()
        for each in folder.rglob("*"):
            if each.is_file():
                each.write_bytes(b"broken\0")
        try:
            _require_alone(many, broken, name)
        finally:
            many.unload(broken)


def _require_alone(many: Hub, broken: str, whole: str) -> None:
    reply = many.load(broken)
    if reply.status < 400:
        raise Violation(f"status {reply.status} for a model of broken files", reply)
    if not reply.body.strip():
        raise Violation("the error has no text", reply)
    for left in (many.describe(broken), many.invoke(broken)):
        require(left, 404)
    require(many.server.get(contract.PING), 200)
    require(many.invoke(whole), 200)


@contextlib.contextmanager
def _stuck_load(many: Hub) -> Iterator[None]:
    """A load that reads from a pipe which says nothing until the block ends.

    Whoever refuses such a file at once does not load, and so is not stuck.
    """
    name, folder = many.place()
    largest = max(
        (each for each in folder.rglob("*") if each.is_file()), key=lambda each: each.stat().st_size
    )
    content = largest.read_bytes()
    largest.unlink()
    os.mkfifo(largest)
    with ThreadPoolExecutor(1) as pool:
        loading = pool.submit(many.load, name)
        descriptor = _writer(largest, loading)
        try:
            yield
        finally:
            while descriptor is not None:
                with contextlib.suppress(OSError):  # nobody reads any more, or not so much at once
                    os.write(descriptor, content)
                os.close(descriptor)
                descriptor = _writer(largest, loading)
            with contextlib.suppress(NoAnswer):
                loading.result()
            many.unload(name)


def _writer(pipe: Path, loading: "Future[Reply]") -> int | None:
    """Open a pipe for writing once a load reads it; None where the load is over without that."""
    while not loading.done():
        time.sleep(_PAUSE)  # meanwhile a reader of before has come to the end
        with contextlib.suppress(OSError):  # ENXIO: nobody reads
            return os.open(pipe, os.O_WRONLY | os.O_NONBLOCK)
    return None


@contextlib.contextmanager
def _asking(many: Hub, name: str) -> Iterator[list[Reply]]:
    """Clients that ask a model again and again during the block; all their answers."""
    over = threading.Event()
    replies: list[Reply] = []

    def ask() -> None:
        while not over.is_set():
            replies.append(many.invoke(name))

    with ThreadPoolExecutor(_CLIENTS) as pool:
        asking = [pool.submit(ask) for _ in range(_CLIENTS)]
        try:
            yield replies
        finally:
            over.set()
        for each in asking:
            each.result()
