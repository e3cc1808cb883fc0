"""GET /ping: the health check that decides whether an endpoint lives (C1.22 - C1.29)."""

import time
from collections.abc import Iterator

from container import contract
from local_test.conformance import patience
from local_test.conformance.http import NoAnswer, Reply
from local_test.conformance.lab import Lab
from local_test.conformance.registry import NotChecked, Violation, check
from local_test.conformance.traffic import pressed

_ASKED = 20
_PAUSE = 0.05


@check(
    "C1.22",
    group="serve",
    title="GET /ping answers 200 soon after the start, and again",
    expected="status 200 twice",
)
def ping_answers(lab: Lab) -> None:
    """The one check for which a server that never becomes ready is a violation of its own."""
    with lab.fresh(ready=False) as server:
        server.until_ping(lab.start_seconds)
        reply = server.get(contract.PING)
        if reply.status != 200:
            raise Violation(f"status {reply.status} after a 200", reply)


@check(
    "C1.28",
    group="serve",
    title="The answer to /ping has no body",
    expected="Content-Length 0",
)
def ping_is_empty(lab: Lab) -> None:
    """Batch transform is documented to wait for a 200 with an empty body."""
    reply = lab.server().get(contract.PING)
    length = reply.headers.get("Content-Length")
    if reply.body or length != "0":
        raise Violation(f"{len(reply.body)} bytes, Content-Length {length}", reply)


@check(
    "C1.23",
    group="serve",
    title="/ping answers within 2 s while 16 clients ask as fast as they can",
    expected="every answer within 2 s",
)
def ping_is_prompt_under_load(lab: Lab) -> None:
    """Pings that queue behind inference cost the instance."""
    for reply in _pings_under_load(lab):
        if reply.seconds > contract.PING_SECONDS:
            raise Violation(f"an answer after {reply.seconds:.1f} s", reply)


@check(
    "C1.26",
    group="serve",
    title="/ping stays green while 16 clients ask as fast as they can",
    expected="status 200 every time",
)
def ping_is_green_under_load(lab: Lab) -> None:
    """An overload that turns the ping red takes the instance out when it is needed most."""
    try:
        for reply in _pings_under_load(lab):
            if reply.status != 200:
                raise Violation(f"status {reply.status} under load", reply)
    except NoAnswer as lost:
        raise NotChecked("a ping was not answered in time; see C1.23") from lost


def _pings_under_load(lab: Lab) -> Iterator[Reply]:
    server = lab.server()
    with pressed(server, lab.materials.payload):
        deadline = time.monotonic() + patience.PRESSED_SECONDS
        while time.monotonic() < deadline:
            yield server.get(contract.PING, timeout=2 * contract.PING_SECONDS)
            time.sleep(_PAUSE)


@check(
    "C1.27",
    group="serve",
    title="/ping answers GET, HEAD and POST alike",
    expected="status 200 for each",
)
def ping_takes_three_methods(lab: Lab) -> None:
    """One page of the guide speaks of GET, its list of requirements of POST."""
    for method in ("GET", "HEAD", "POST"):
        reply = lab.server().request(method, contract.PING)
        if reply.status != 200:
            raise Violation(f"{method}: status {reply.status}", reply)


@check(
    "C1.29",
    group="serve",
    title=f"{_ASKED} pings leave no lines in the log",
    expected="no line about /ping for each of them",
)
def pings_are_not_logged(lab: Lab) -> None:
    """One every five seconds, forever, buries what matters."""
    grown = lines_for(lab, contract.PING)
    if len(grown) >= _ASKED:
        raise Violation(f"{len(grown)} new lines, such as {grown[-1]!r:.120}")


def lines_for(lab: Lab, path: str) -> list[str]:
    """The lines that so many GET requests of a path add to the log.

    Raises:
        NoAnswer: One got no answer.
    """
    server = lab.server()
    before = len(server.log)
    for _ in range(_ASKED):
        server.get(path)
    time.sleep(patience.LOG_SECONDS)
    return server.log[before:].splitlines()


@check(
    "C9.3",
    group="serve",
    title="No dead process is left lying about while it serves",
    expected="no zombie that stays",
)
def zombies_are_buried(lab: Lab) -> None:
    """Process 1 has to collect every child, also those that it did not start."""
    server = lab.server()
    for _ in range(3):
        server.get(contract.PING)
    first = {each.pid for each in server.processes() if each.state == "Z"}
    time.sleep(patience.LOG_SECONDS)
    staying = [each for each in server.processes() if each.state == "Z" and each.pid in first]
    if staying:
        raise Violation(f"{len(staying)} zombies, such as {staying[0].command or staying[0].pid}")
