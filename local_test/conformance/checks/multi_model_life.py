"""Multi-model endpoints at work: at once, apart, by every worker, until memory is full (C3)."""

import contextlib
import json
import os
import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

from container import contract
from local_test.conformance import patience
from local_test.conformance.http import NoAnswer, Reply
from local_test.conformance.hub import (
    Hub,
    as_object,
    hub,
    require,
    require_multi_model,
    route,
)
from local_test.conformance.lab import MULTI_MODEL, Lab
from local_test.conformance.registry import DOCKER, NotChecked, Violation, check
from local_test.conformance.subject import Container, Limits

_REQUESTS = 100  # on connections of their own (C3.19)
_CLIENTS = 4
_ROUNDS = 5
_PAUSE = 0.02
_WHO = ("first", "second")
_MOST_MODELS = 400
_ROOM = 64 << 20  # bytes for models, beside what the empty server takes
_MEMORY_FILES = (
    "/sys/fs/cgroup/memory.peak",
    "/sys/fs/cgroup/memory/memory.max_usage_in_bytes",
    "/sys/fs/cgroup/memory.current",
)
_PROGRAM = """import json
import who
def model_fn(model_dir):
    return None
def transform_fn(model, request_body, content_type, accept):
    return json.dumps({"who": who.AM_I}), "application/json"
"""


@check(
    "C3.5",
    group="multi-model",
    title="Models that do not fit into memory are answered by 507, and nothing is killed",
    expected="507 sooner or later, with /ping 200 and the loaded models alive",
    needs=(DOCKER,),
)
def full_memory_is_said(lab: Lab) -> None:
    """On 507 the platform unloads other models and tries again."""
    limit = _memory(hub(lab).server) + _ROOM
    with lab.fresh(variables={MULTI_MODEL: "true"}, limits=Limits(memory=limit)) as server:
        many = Hub(lab, server)
        names = many.place_many(_MOST_MODELS)
        for number, name in enumerate(names):
            try:
                reply = many.load(name)
            except NoAnswer as error:
                raise Violation(f"no answer to load {number + 1}: {error}", server) from error
            if reply.status != 200:
                break
        else:
            raise NotChecked(f"{_MOST_MODELS} models fit into {limit >> 20} MiB")
        require(reply, 507)
        require(server.get(contract.PING), 200)
        require(many.invoke(names[0]), 200, 507)
        require(many.unload(names[0]), 200)


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
    "C3.14",
    group="multi-model",
    title="Wrong methods are 405, and errors of these routes are JSON",
    expected="405 for PUT /models and GET /models/NAME/invoke; JSON objects",
)
def model_errors_are_json(lab: Lab) -> None:
    """Nobody tries these routes by hand."""
    many = hub(lab)
    with many.loaded() as name:
        for method, path in (("PUT", contract.MODELS_ROUTE), ("GET", f"{route(name)}/invoke")):
            as_object(require(many.server.request(method, path), 405))
        as_object(many.describe("nobody"))
        as_object(many.load(name))


@check(
    "C3.15",
    group="multi-model",
    title="Two models with modules of the same name run their own code",
    expected="each answers with what its own module says",
)
def code_does_not_leak(lab: Lab) -> None:
    """Python keeps modules by name."""
    many = hub(lab)
    placed = [_place_code(many, who) for who in _WHO]
    try:
        for name in placed:
            if (reply := many.load(name)).status != 200:
                raise NotChecked(f"loading a model with code is answered by {reply.status}")
        found = [_who(many.invoke(name)) for name in placed]
    finally:
        for name in placed:
            many.unload(name)
    if not any(found):
        raise NotChecked("it does not run code/inference.py of a model")
    if found != list(_WHO):
        raise Violation(f"the models {', '.join(_WHO)} answer as {', '.join(map(str, found))}")


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
        reply = many.load(broken)
        if reply.status < 400:
            many.unload(broken)
            raise Violation(f"status {reply.status} for a model of broken files", reply)
        if not reply.body.strip():
            raise Violation("the error has no text", reply)
        for left in (many.describe(broken), many.invoke(broken)):
            require(left, 404)
        require(many.server.get(contract.PING), 200)
        require(many.invoke(name), 200)


@check(
    "C3.17",
    group="multi-model",
    title="Names and urls do not lead out of /opt/ml/models",
    expected="an error for a url elsewhere and for names with slashes; names percent-decoded",
)
def nothing_leads_out(lab: Lab) -> None:
    """Otherwise any file of the container can be loaded, or looked for."""
    require_multi_model(lab)
    base = lab.base()
    (base / contract.MODELS).mkdir()
    with lab.fresh(base=base, variables={MULTI_MODEL: "true"}) as server:
        many = Hub(lab, server)
        name, _ = many.place()
        inside = many.url(name)
        elsewhere = server.path(contract.MODEL)
        for wanted in (
            {"model_name": "a", "url": elsewhere},
            {"model_name": "b", "url": f"{inside}/../../../{contract.MODEL}"},
            {"model_name": "../c", "url": inside},
            {"model_name": "d/e", "url": inside},
        ):
            if (reply := many.post(wanted)).status < 400:
                raise Violation(f"status {reply.status} for {json.dumps(wanted)}", reply)
        for path in ("..", "../../etc/passwd"):
            require(many.describe(path), 400, 403, 404)
        require(many.load("x+y z", inside), 200)
        require(many.describe("x+y z"), 200)


@check(
    "C3.18",
    group="multi-model",
    title="Nothing is written below /opt/ml/models",
    expected="the same files with the same times, after a load, a request and an unload",
)
def models_are_only_read(lab: Lab) -> None:
    """The folder is read-only on the platform."""
    many = hub(lab)
    name, folder = many.place()
    before = _stamps(folder.parent)
    if (reply := many.load(name)).status != 200:
        raise NotChecked(f"loading a model is answered by {reply.status}; see C3.4")
    many.invoke(name)
    many.unload(name)
    if changed := sorted(before.items() ^ _stamps(folder.parent).items()):
        raise Violation(f"new, changed or gone: {', '.join({path for path, _ in changed})}")


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


def _place_code(many: Hub, who: str) -> str:
    """Place a model with a program of its own, and a module that says who it is."""
    name, folder = many.place()
    code = folder / contract.CODE
    code.mkdir(exist_ok=True)
    (code / contract.DEFAULT_PROGRAM).write_text(_PROGRAM, encoding="utf-8")
    (code / "who.py").write_text(f"AM_I = {who!r}\n", encoding="utf-8")
    return name


def _who(reply: Reply) -> str | None:
    """What a model's program answered; None where something else did."""
    try:
        found = json.loads(reply.body)
    except ValueError:
        return None
    return str(found["who"]) if isinstance(found, dict) and "who" in found else None


def _memory(server: Container) -> int:
    """Bytes that a server has taken at most so far."""
    for path in _MEMORY_FILES:
        ran = server.run("cat", path)
        if ran.code == 0 and ran.output.strip().isdigit():
            return int(ran.output)
    raise NotChecked("its control group does not tell how much memory it takes")


def _stamps(folder: Path) -> dict[str, int]:
    """The time of the last change of everything in a folder."""
    found = [folder, *folder.rglob("*")]
    return {str(each.relative_to(folder.parent)): each.stat().st_mtime_ns for each in found}
