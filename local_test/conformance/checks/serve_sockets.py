"""Addresses, connections and clients (C1.17, C1.20, C1.21, C1.61, C1.64)."""

import sys
import time
from contextlib import ExitStack

from container import contract
from local_test.conformance import http, patience
from local_test.conformance.lab import Lab
from local_test.conformance.registry import DOCKER, NotChecked, Violation, check
from local_test.conformance.subject import Limits
from local_test.conformance.traffic import Upload, head, invoke, read_reply

_BUSY = 48  # requests that do not end
_STUCK_SECONDS = 2.0
_HOSTS = ("model.aws.local:8080", "169.254.255.131:8080", "container-1.local:8080")
_AGENTS = ("AHC/2.0", "Go-http-client/1.1")


@check(
    "C1.17",
    group="serve",
    title="It listens on every interface, on port 8080 unless told otherwise",
    expected="/ping 200 from outside",
)
def listens_everywhere(lab: Lab) -> None:
    """Docker publishes port 8080; a plain process is asked at a second loopback address."""
    server = lab.server()
    url = server.url
    if DOCKER not in lab.subject.offers:
        if sys.platform != "linux":
            raise NotChecked("needs Docker or Linux")
        url = url.replace("127.0.0.1", "127.0.0.2")
    try:
        reply = http.ask(url, "GET", contract.PING, seconds=contract.PING_SECONDS)
    except http.NoAnswer as error:
        raise Violation("nobody listens there", server) from error
    if reply.status != 200:
        raise Violation(f"status {reply.status}", reply)


@check(
    "C1.20",
    group="serve",
    title=f"Connections are accepted within 250 ms while {_BUSY} requests do not end",
    expected="connected within 250 ms, ten times",
)
def connections_are_accepted_when_busy(lab: Lab) -> None:
    """A full backlog looks like a dead instance."""
    server, payload = lab.server(), lab.materials.payload
    with ExitStack() as opened:
        for _ in range(_BUSY):
            opened.enter_context(Upload(server, payload, timeout=_STUCK_SECONDS))
        for _ in range(10):
            started = time.monotonic()
            opened.enter_context(server.open(timeout=_STUCK_SECONDS))
            if (waited := time.monotonic() - started) > contract.CONNECT_SECONDS:
                raise Violation(f"{1000 * waited:.0f} ms until a connection was accepted")


@check(
    "C1.21",
    group="serve",
    title="The platform's hosts and agents are served, and an idle connection stays open",
    expected="status 200 for each, twice on one connection",
)
def platform_clients_are_served(lab: Lab) -> None:
    """Pings come every five seconds over connections that are kept."""
    server = lab.server()
    for host in _HOSTS:
        for agent in _AGENTS:
            reply = server.get(contract.PING, headers={"Host": host, "User-Agent": agent})
            if reply.status != 200:
                raise Violation(f"status {reply.status} for host {host}, agent {agent}", reply)
    with server.open() as connection:
        for number in range(2):
            connection.sendall(head("GET", contract.PING, {}))
            reply = read_reply(connection, "GET /ping on a connection that was kept", "GET")
            if reply.headers.get("Connection", "").lower() == "close":
                return  # it says so, and nobody will use it again
            if number == 0:
                time.sleep(patience.IDLE_SECONDS)


@check(
    "C1.61",
    group="serve",
    title="It starts and answers with no network but its own",
    expected="status 200",
    needs=(DOCKER,),
)
def works_without_network(lab: Lab) -> None:
    """Network isolation: no installation, no metadata, no credentials."""
    with lab.fresh(limits=Limits(network=False)) as server:
        reply = invoke(server, lab.materials.payload)
        if reply.status != 200:
            raise Violation(f"status {reply.status} without a network", reply)


@check(
    "C1.64",
    group="serve",
    title="It starts and answers without capabilities, with 64 KiB of /dev/shm",
    expected="status 200",
    needs=(DOCKER,),
)
def works_without_privileges(lab: Lab) -> None:
    """Nothing but /opt/ml is promised."""
    with lab.fresh(limits=Limits(drop_capabilities=True, shm=1 << 16)) as server:
        reply = invoke(server, lab.materials.payload)
        if reply.status != 200:
            raise Violation(f"status {reply.status} without privileges", reply)
