"""Servers as AWS's local harnesses treat them (C7.3 - C7.28); the harnesses are not needed here."""

import time
from collections.abc import Callable

from container import contract
from local_test.conformance.http import NoAnswer, Reply
from local_test.conformance.lab import Lab
from local_test.conformance.registry import DOCKER, NotChecked, Violation, check
from local_test.conformance.sockets import listening_ports
from local_test.conformance.subject import Container, Limits

_HANGS_SECONDS = 5.0  # much longer than refusing takes, and than the platform would wait (C1.23)
_COMPOSE_SECONDS = 10.0  # SIGTERM to SIGKILL
_PAUSE = 0.02
_ESCAPE = "\x1b"


@check(
    "C7.3",
    group="sdk-harness",
    title="A terminal on standard output changes nothing",
    expected="ready as ever, and no escape sequence in the log",
    needs=(DOCKER,),
)
def terminal_changes_nothing(lab: Lab) -> None:
    """Local mode gives every container a terminal."""
    with lab.fresh(limits=Limits(terminal=True)) as server:
        if _ESCAPE in server.log:
            raise Violation("the log has escape sequences", repr(server.log[:2000]))


@check(
    "C7.11",
    group="sdk-harness",
    title="An archive beside the model's files does no harm",
    expected="the same answer as without model.tar.gz",
)
def archive_does_no_harm(lab: Lab) -> None:
    """Local mode may leave the archive where it unpacked it."""
    plain = _answer(lab, lab.server())
    base = lab.base()
    (base / "model" / "model.tar.gz").write_bytes(b"\x1f\x8b\x08\x00 not really an archive")
    with lab.fresh(base=base) as server:
        _expect_same(_answer(lab, server), plain)


@check(
    "C7.12",
    group="sdk-harness",
    title="Pings do not hang while the server starts, and pass in time",
    expected=f"refused or answered within {_HANGS_SECONDS:g} s each, 200 in the end",
)
def pings_do_not_hang_at_the_start(lab: Lab) -> None:
    """Local mode asks without a timeout of its own."""

    def is_done(reply: Reply) -> bool:
        return reply.status == 200

    with lab.fresh(ready=False) as server:
        _ask_until(lab, server, lambda: server.get(contract.PING, timeout=_HANGS_SECONDS), is_done)


@check(
    "C7.13",
    group="sdk-harness",
    title="Header names are read whatever their case",
    expected="the same answer to `content-type` and `CONTENT-TYPE`",
)
def case_of_names_is_ignored(lab: Lab) -> None:
    """Local mode writes `Content-type`."""
    server, payload = lab.server(), lab.materials.payload
    plain = _answer(lab, server)
    for change in (str.lower, str.upper, str.capitalize):
        headers = {change(name): value for name, value in payload.headers.items()}
        _expect_same(server.post(contract.INVOCATIONS, payload.body, headers), plain)


@check(
    "C7.14",
    group="sdk-harness",
    title="An idle server ends within the ten seconds of compose",
    expected="no SIGKILL needed",
)
def idle_server_ends_for_compose(lab: Lab) -> None:
    """With a connection open that nobody uses, as clients leave them."""
    with lab.fresh() as server, server.open():
        if server.stop(_COMPOSE_SECONDS) == 137:
            raise Violation(f"still there after {_COMPOSE_SECONDS:g} s", server)


@check(
    "C7.19",
    group="sdk-harness",
    title="Without a variable the server listens on 8080",
    expected=f"/ping on {contract.PORT}",
    needs=(DOCKER,),
)
def default_port_is_the_platforms(lab: Lab) -> None:
    """Local mode maps whatever port of the host to that."""
    with lab.fresh(ready=False) as server:
        if server.port != contract.PORT:
            raise NotChecked(f"{contract.BIND_TO_PORT} is among the variables given")
        if server.is_ready(lab.start_seconds):
            return
        found = listening_ports(server)
        if contract.PORT not in found:
            raise Violation(f"it listens on {', '.join(map(str, sorted(found)))}", server)
    raise NotChecked("no server becomes ready; see C1.22")


@check(
    "C7.27",
    group="sdk-harness",
    title="A request that comes too early fails fast",
    expected=f"refused or answered within {_HANGS_SECONDS:g} s each, 200 in the end",
)
def early_requests_fail_fast(lab: Lab) -> None:
    """The third SDK's serving mode posts a sample until an answer can be read."""
    payload = lab.materials.payload

    def ask() -> Reply:
        return server.post(
            contract.INVOCATIONS, payload.body, payload.headers, timeout=_HANGS_SECONDS
        )

    def is_done(reply: Reply) -> bool:
        return reply.status == 200

    with lab.fresh(ready=False) as server:
        _ask_until(lab, server, ask, is_done)


@check(
    "C7.28",
    group="sdk-harness",
    title="A killed server leaves nothing that hinders the next start",
    expected="ready after SIGKILL and a restart of the same container",
)
def killed_server_starts_again(lab: Lab) -> None:
    """The SDK never stops its server gently."""
    with lab.fresh() as server:
        server.kill()
        server.restart()
        server.until_ping(lab.start_seconds)


def _answer(lab: Lab, server: Container) -> Reply:
    payload = lab.materials.payload
    reply = server.post(contract.INVOCATIONS, payload.body, payload.headers)
    if reply.status != 200:
        raise NotChecked(f"the payload is answered by {reply.status}")
    return reply


def _expect_same(reply: Reply, plain: Reply) -> None:
    if (reply.status, reply.body) != (plain.status, plain.body):
        raise Violation(f"status {reply.status}, another answer", reply, plain)


def _ask_until(
    lab: Lab, server: Container, ask: Callable[[], Reply], is_done: Callable[[Reply], bool]
) -> None:
    """Ask from the start on, and refuse silence: what hangs once would hang a harness."""
    deadline = time.monotonic() + lab.start_seconds
    while time.monotonic() < deadline and server.poll() is None:
        asked = time.monotonic()
        try:
            if is_done(ask()):
                return
        except NoAnswer as silence:
            if time.monotonic() - asked >= _HANGS_SECONDS:
                raise Violation(str(silence), server) from silence
        time.sleep(_PAUSE)
    raise NotChecked("no server becomes ready; see C1.22")
