"""How a server starts, with and without a model, amid what lies about (C1.1 - C1.25)."""

import time
from collections.abc import Mapping
from pathlib import Path

from container import contract
from local_test.conformance import patience
from local_test.conformance.http import NoAnswer, Reply
from local_test.conformance.lab import Lab
from local_test.conformance.registry import NotChecked, Violation, check
from local_test.conformance.subject import Container
from local_test.conformance.traffic import invoke

_HOSTING_SECONDS = 480.0  # C1.24
_PAUSE = 0.05


@check(
    "C1.24",
    "C1.1",
    "C1.9",
    group="serve",
    title="`serve` brings /ping to 200 within 8 minutes, with the model in its place",
    expected="/ping 200, then an answer from /invocations",
)
def starts_in_time(lab: Lab) -> None:
    """One minute is good; the platform gives up after eight."""
    with lab.fresh(ready=False) as server:
        server.until_ping(min(_HOSTING_SECONDS, lab.start_seconds))
        if server.poll() is not None:
            raise Violation("it ended after its first good ping", server)


@check(
    "C1.25",
    "C2.16",
    group="serve",
    title="The first request after the first good ping is answered",
    expected="status 200 at once",
)
def green_means_ready(lab: Lab) -> None:
    """A ping that is green before the model is there loses the first requests."""
    payload = lab.materials.payload
    with lab.fresh(ready=False) as server:
        try:
            server.until_ping(lab.start_seconds)
        except Violation:
            lab.server()
            raise
        _require_answer(invoke(server, payload), "right after the first 200 of /ping")


@check(
    "C9.4",
    "C1.25",
    group="serve",
    title="A model whose files are damaged does not turn /ping green",
    expected="no 200 from /ping, or answers all the same",
)
def damaged_model_is_not_green(lab: Lab) -> None:
    """Endpoints that are InService with a model that never loaded."""
    lab.server()
    base = lab.base()
    files = [each for each in (base / contract.MODEL).rglob("*") if each.is_file()]
    for each in files:
        each.write_bytes(b"\0 damaged by the conformance suite")
    with lab.fresh(base=base, ready=False) as server:
        _require_red(lab, server, "with a damaged model")


@check(
    "C1.11",
    group="serve",
    title="Without a model it stays up, /ping is not green, and the log says why",
    expected="/ping 503 and a line in the log; or answers without a model",
)
def missing_model_is_told(lab: Lab) -> None:
    """A crash loop tells nobody what is missing."""
    lab.server()
    with lab.fresh(base=lab.folder(), ready=False) as server:
        _require_red(lab, server, "without a model")
        code = server.poll()
        if code is not None:
            raise Violation(f"it ended with exit code {code} without a model", server)
        if server.get(contract.PING).status != 200 and not server.log.strip():
            raise Violation("the log is empty", server)


@check(
    "C1.12",
    group="serve",
    title="A model one folder down is found, and files that macOS adds do no harm",
    expected="status 200",
)
def nested_model_is_found(lab: Lab) -> None:
    """People archive the folder instead of its content."""
    base = lab.base()
    model = base / contract.MODEL
    model.rename(base / "moved")
    model.mkdir()
    (base / "moved").rename(model / "my_model")
    (model / "._my_model").write_bytes(b"\0\5\x16\7")
    require_start(lab, base=base)


@check(
    "C1.13",
    group="serve",
    title="Unknown folders below /opt/ml do no harm",
    expected="status 200",
)
def unknown_folders_are_tolerated(lab: Lab) -> None:
    """Additional model sources appear beside the model."""
    base = lab.base()
    for name in ("additional-model-data-sources/adapters", "unheard-of"):
        (base / name).mkdir(parents=True)
        (base / name / "file.bin").write_bytes(b"\0")
    require_start(lab, base=base)


@check(
    "C1.10",
    group="serve",
    title="The model folder is the same after requests, an error among them, and a stop",
    expected="no file new, changed or gone",
)
def model_folder_is_left_alone(lab: Lab) -> None:
    """The platform mounts it read-only; what is written there fails only in the cloud."""
    base = lab.base()
    before = _listing(base)
    with lab.fresh(base=base) as server:
        payload = lab.materials.payload
        _require_answer(invoke(server, payload), "from a model that was only read")
        server.post(contract.INVOCATIONS, b"\xff\0", payload.headers)
        server.stop(patience.STOP_SECONDS)
    after = _listing(base)
    if touched := sorted(path for path, _ in before ^ after):
        raise Violation(f"touched: {', '.join(dict.fromkeys(touched))}")


@check(
    "C1.14",
    group="serve",
    title="The same container starts again after it was killed",
    expected="/ping 200 and the same answers",
)
def starts_again(lab: Lab) -> None:
    """Stale pid and socket files, code that was copied already."""
    with lab.fresh() as server:
        invoke(server, lab.materials.payload)
        server.kill()
        server.restart()
        server.until_ping(lab.start_seconds)
        lab.settle(server)
        _require_answer(invoke(server, lab.materials.payload), "after a restart")


def require_start(
    lab: Lab, variables: Mapping[str, str] | None = None, base: Path | None = None
) -> None:
    """Start a server and ask it once.

    Raises:
        Violation: It does not become ready, or does not answer.
    """
    with lab.fresh(base=base, variables=variables) as server:
        _require_answer(invoke(server, lab.materials.payload), "after such a start")


def _require_answer(reply: Reply, when: str) -> None:
    if reply.status != 200:
        raise Violation(f"status {reply.status} {when}", reply)


def _require_red(lab: Lab, server: Container, when: str) -> None:
    """Watch a server that should not become healthy, unless it answers requests all the same."""
    deadline = time.monotonic() + lab.start_seconds
    answered = False
    while time.monotonic() < deadline and server.poll() is None:
        try:
            reply = server.get(contract.PING, timeout=contract.PING_SECONDS)
        except NoAnswer:
            time.sleep(_PAUSE)
            continue
        if not answered:
            deadline = time.monotonic() + patience.WATCHED_SECONDS
            answered = True
        if reply.status == 200:
            found = invoke(server, lab.materials.payload)
            if found.status != 200:
                raise Violation(f"/ping is 200 {when}; requests get {found.status}", reply, found)
            raise NotChecked(f"it answers requests {when} too")
        time.sleep(_PAUSE)
    if not answered and server.poll() is None:
        raise Violation(f"/ping is not answered at all {when}", server)


def _listing(base: Path) -> set[tuple[str, tuple[object, ...]]]:
    """Every file and folder below the base with what a change of it would change."""
    found: set[tuple[str, tuple[object, ...]]] = set()
    for each in base.rglob("*"):
        facts = each.stat()
        state = (facts.st_mode, facts.st_mtime_ns, facts.st_size if each.is_file() else 0)
        found.add((str(each.relative_to(base)), state))
    return found
