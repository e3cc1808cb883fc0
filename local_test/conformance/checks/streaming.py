"""Streamed answers (C1.50 - C1.53); for containers that are known to stream."""

import contextlib
import http.client
import time
from collections.abc import Iterator

from container import contract
from local_test.conformance import patience
from local_test.conformance.http import NoAnswer
from local_test.conformance.lab import Lab
from local_test.conformance.materials import Payload
from local_test.conformance.registry import NotChecked, Violation, check
from local_test.conformance.subject import Container
from local_test.conformance.traffic import head, invoke

_SHORTEST = 0.1  # seconds: what comes within less cannot be told from a burst
_EARLY = 0.5  # of the whole time, by which the first part has to be there
_CLIENTS = 24  # that go away
_BROKEN = b"\xff\xfe\x00 broken by the conformance suite"


@check(
    "C1.50",
    group="streaming",
    title="The first part arrives long before the last one is made",
    expected="a chunked answer, its first byte in the first half of its time",
)
def parts_arrive_as_they_are_made(lab: Lab) -> None:
    """A buffer on the way turns a stream into a late answer."""
    asked = lab.materials.streamed()
    with _opened(lab.server(asked.model), asked.payload) as (answer, started):
        answer.read1(1 << 16)
        first = time.monotonic() - started
        while answer.read1(1 << 16):
            pass
        whole = time.monotonic() - started
    if answer.getheader("Transfer-Encoding", "").lower() != "chunked":
        raise Violation("the answer is not chunked")
    if whole < _SHORTEST:
        raise NotChecked("needs a payload whose answer takes longer than 0.1 s")
    if first > _EARLY * whole:
        raise Violation(f"the first part after {first:.2f} s of {whole:.2f} s")


@check(
    "C1.51",
    group="streaming",
    title="A broken request is refused before the first byte of a stream",
    expected="status 4xx, or a connection that breaks off",
)
def faults_come_before_the_stream(lab: Lab) -> None:
    """After a 200 nothing but a broken connection says that something failed."""
    asked = lab.materials.streamed()
    server = lab.server(asked.model)
    try:
        reply = server.post(contract.INVOCATIONS, _BROKEN, asked.payload.headers)
    except NoAnswer:
        return
    if reply.status < 400:
        raise Violation(f"status {reply.status} and a clean end for a broken request", reply)


@check(
    "C1.53",
    group="streaming",
    title=f"{_CLIENTS} clients that leave their streams free their workers",
    expected="the next stream is answered",
)
def leaving_clients_free_their_workers(lab: Lab) -> None:
    """A generator that nobody reads must be closed."""
    asked = lab.materials.streamed()
    payload, server = asked.payload, lab.server(asked.model)
    for _ in range(_CLIENTS):
        with _opened(server, payload) as (answer, _started):
            answer.read1(1)
    deadline = time.monotonic() + patience.RECOVER_SECONDS
    while (reply := invoke(server, payload)).status != 200:
        if time.monotonic() > deadline:
            raise Violation(f"status {reply.status} after {_CLIENTS} clients left", reply)
        time.sleep(0.2)


@contextlib.contextmanager
def _opened(
    server: Container, payload: Payload
) -> Iterator[tuple[http.client.HTTPResponse, float]]:
    """A request whose answer has begun, with the time at which it was sent."""
    fields = payload.headers | {"Content-Length": str(len(payload.body))}
    with server.open() as connection:
        started = time.monotonic()
        connection.sendall(head("POST", contract.INVOCATIONS, fields) + payload.body)
        answer = http.client.HTTPResponse(connection, method="POST")
        with contextlib.closing(answer):
            try:
                answer.begin()
                yield answer, started
            except (OSError, http.client.HTTPException) as error:
                raise NoAnswer(f"a stream: {error or type(error).__name__}") from error
