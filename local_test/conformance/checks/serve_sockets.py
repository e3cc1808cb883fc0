"""Ports, connections and clients (C1.17 - C1.21, C1.61)."""

import re
import sys
import time
from pathlib import Path

from container import contract
from local_test.conformance import patience
from local_test.conformance.lab import Lab
from local_test.conformance.registry import DOCKER, NotChecked, Violation, check
from local_test.conformance.subject import BIND_TO_PORT, Container, Limits
from local_test.conformance.traffic import Upload, head, invoke, read_reply
from local_test.process_runner import free_port

_SAFE_RANGE = range(25000, 26000)
_BUSY = 48  # requests that do not end
_HOSTS = ("model.aws.local:8080", "169.254.255.131:8080", "container-1.local:8080")
_AGENTS = ("AHC/2.0", "Go-http-client/1.1")
_LISTENS = "0A"  # in /proc/net/tcp


@check(
    "C1.17",
    group="serve",
    title="It listens on every interface, on port 8080 unless told otherwise",
    expected="/ping 200 on another address than 127.0.0.1",
)
def listens_everywhere(lab: Lab) -> None:
    """In a container the port is reached from outside; a process has a second loopback address."""
    server = lab.server()
    if DOCKER not in lab.subject.offers:
        if sys.platform != "linux":
            raise NotChecked("needs Docker or Linux")
        port = server.url.rpartition(":")[2]
        reply = _ping_at("127.0.0.2", int(port))
    else:
        reply = server.get(contract.PING).status
    if reply != 200:
        raise Violation(f"status {reply} on another address")


def _ping_at(address: str, port: int) -> int:
    from local_test.conformance import http

    return http.ask(f"http://{address}:{port}", "GET", contract.PING).status


@check(
    "C1.18",
    group="serve",
    title="SAGEMAKER_BIND_TO_PORT moves the server to another port",
    expected="/ping 200 on that port",
)
def port_can_be_moved(lab: Lab) -> None:
    """In a pipeline every container has a port of its own."""
    port = free_port()
    with lab.fresh(variables={BIND_TO_PORT: str(port)}) as server:
        reply = invoke(server, lab.materials.payload)
        if reply.status != 200:
            raise Violation(f"status {reply.status} on port {port}", reply)


@check(
    "C1.19",
    group="serve",
    title="With SAGEMAKER_SAFE_PORT_RANGE no other port is opened",
    expected="only its own port, and ports of the range",
)
def ports_stay_in_range(lab: Lab) -> None:
    """Containers of one instance share its network."""
    variables = {"SAGEMAKER_SAFE_PORT_RANGE": f"{_SAFE_RANGE[0]}-{_SAFE_RANGE[-1]}"}
    with lab.fresh(variables=variables) as server:
        invoke(server, lab.materials.payload)
        in_docker = DOCKER in lab.subject.offers
        own = contract.PORT if in_docker else int(server.url.rpartition(":")[2])
        ports = _listening(server)
        if own not in ports:
            raise NotChecked("needs the right to read /proc of the container's processes")
        if strangers := sorted(ports - {own} - set(_SAFE_RANGE)):
            raise Violation(f"it listens on {', '.join(map(str, strangers))} too", server)


def _listening(server: Container) -> set[int]:
    """The ports on which any process of a container listens, as /proc on this machine has it."""
    ports = set()
    for each in server.processes():
        folder = Path("/proc") / str(each.pid)
        try:
            links = {str(link.readlink()) for link in (folder / "fd").iterdir()}
            tables = [(folder / "net" / name).read_text() for name in ("tcp", "tcp6")]
        except OSError:
            continue
        sockets = {found[1] for link in links if (found := re.match(r"socket:\[(\d+)\]", link))}
        for row in (line.split() for table in tables for line in table.splitlines()[1:]):
            if row[3] == _LISTENS and row[9] in sockets:
                ports.add(int(row[1].rpartition(":")[2], 16))
    return ports


@check(
    "C1.20",
    group="serve",
    title=f"Connections are accepted within 250 ms while {_BUSY} requests do not end",
    expected="connected within 250 ms, ten times",
)
def connections_are_accepted_when_busy(lab: Lab) -> None:
    """A full backlog looks like a dead instance."""
    from contextlib import ExitStack

    server = lab.server()
    with ExitStack() as opened:
        for _ in range(_BUSY):
            opened.enter_context(Upload(server, lab.materials.payload))
        for _ in range(10):
            started = time.monotonic()
            opened.enter_context(server.open())
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
