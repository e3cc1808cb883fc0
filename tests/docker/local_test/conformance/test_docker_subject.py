"""A subject as a real image: limits that hold, a network that is closed, nothing left behind."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from container.errors import UserError
from local_test.conformance.docker_subject import DockerSubject
from local_test.conformance.registry import Violation
from local_test.conformance.sockets import listening_ports
from local_test.conformance.subject import Container, Limits

SECONDS = 60
SERVER = """
import functools, http.server, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit())
handler = functools.partial(http.server.SimpleHTTPRequestHandler, directory="/opt/ml/model")
http.server.ThreadingHTTPServer(("", int(sys.argv[1])), handler).serve_forever()
"""


@pytest.fixture(scope="module")
def subject(image: str) -> Iterator[DockerSubject]:
    with contextlib.closing(DockerSubject(image)) as made:
        yield made


@pytest.fixture
def base(tmp_path: Path) -> Path:
    (tmp_path / "ml" / "model").mkdir(parents=True)
    (tmp_path / "ml" / "model" / "ping").write_text("healthy")
    return tmp_path / "ml"


def serving(port: str = "8080") -> tuple[str, ...]:
    return ("python", "-c", SERVER, port)


def end(container: Container) -> str:
    container.wait(SECONDS)
    return container.log.strip()


def sh(subject: DockerSubject, base: Path, script: str, limits: Limits) -> str:
    with subject.start(("-c", script), base=base, entrypoint=["sh"], limits=limits) as it:
        return end(it)


def test_a_server_is_reached_restarted_and_stopped(subject: DockerSubject, base: Path) -> None:
    with subject.start(serving(), base=base) as server:
        assert server.until_ping(SECONDS).body == b"healthy"
        assert listening_ports(server) == {8080}
        assert server.processes()[0].command.startswith("python -c")
        server.restart()
        server.until_ping(SECONDS)
        server.kill()
        assert server.poll() == 137
        with pytest.raises(Violation, match="ended with exit code 137"):
            _ = server.url
    assert '"GET /ping HTTP/1.1" 200' in server.log


def test_a_server_of_another_port_is_reached(subject: DockerSubject, base: Path) -> None:
    variables = {"SAGEMAKER_BIND_TO_PORT": "9001"}

    with subject.start(serving("9001"), base=base, variables=variables) as server:
        assert server.until_ping(SECONDS).status == 200


def test_without_a_network_we_alone_reach_it(subject: DockerSubject, base: Path) -> None:
    out = "import socket; socket.create_connection(('1.1.1.1', 53), 1)"

    with subject.start(serving(), base=base, limits=Limits(network=False)) as server:
        assert server.until_ping(SECONDS).status == 200
        assert server.run("python", "-c", out).code == 1


@pytest.mark.parametrize(
    ("limits", "script", "printed"),
    [
        (Limits(), "id -u", "0"),
        (Limits(user="12345:12345"), "id -u; id -g", "12345\n12345"),
        (Limits(read_only=True), "touch /tmp/a && touch /a 2>/dev/null || echo no", "no"),
        (Limits(shm=1 << 20), "df -k /dev/shm | tail -1 | awk '{print $2}'", "1024"),
        (Limits(drop_capabilities=True), "grep CapEff /proc/self/status | cut -f2", "0" * 16),
        (
            Limits(cpus=0.5),
            "cd /sys/fs/cgroup; cat cpu.max 2>/dev/null || cat cpu/cpu.cfs_quota_us",
            "50000",
        ),
        (
            Limits(memory=64 << 20),
            "cd /sys/fs/cgroup; cat memory.max 2>/dev/null || cat memory/memory.limit_in_bytes",
            str(64 << 20),
        ),
    ],
)
def test_limits_hold(
    subject: DockerSubject, base: Path, limits: Limits, script: str, printed: str
) -> None:
    assert sh(subject, base, script, limits).removesuffix(" 100000") == printed


def test_a_server_cannot_write_and_a_job_can(subject: DockerSubject, base: Path) -> None:
    write = ["sh", "-c", "touch /opt/ml/model/new 2>/dev/null || echo no"]

    with subject.start(("serve",), base=base, entrypoint=write) as server:
        assert end(server).splitlines()[-1] == "no"
    with subject.start(("train",), base=base, entrypoint=write) as job:
        assert end(job) == ""
    assert (base / "model" / "new").exists()
    subject.clear(base)
    assert not base.exists()


def test_commands_inside_have_code_and_output(subject: DockerSubject, base: Path) -> None:
    with subject.start(serving(), base=base) as server:
        ran = server.run("sh", "-c", "echo out; echo err >&2; exit 3")
        server.kill()
        with pytest.raises(Violation, match="docker exec fails"):
            server.run("id")

    assert (ran.code, sorted(ran.output.split())) == (3, ["err", "out"])


def test_an_entry_point_that_is_not_there_is_a_violation(
    subject: DockerSubject, base: Path
) -> None:
    with pytest.raises(Violation, match="docker run fails"):
        subject.start(base=base, entrypoint=["/no/such"])


def test_an_image_that_is_not_there_is_named() -> None:
    with pytest.raises(UserError, match="no image no-such-image"):
        DockerSubject("no-such-image")


def test_what_an_interrupted_start_left_is_removed(
    image: str, subject: DockerSubject, base: Path
) -> None:
    import docker

    other = DockerSubject(image)
    with subject.start(serving(), base=base) as ours:
        lost = other.start(serving(), base=base)  # nobody removes it

        other.close()

        assert ours.poll() is None
    with pytest.raises(docker.errors.NotFound):
        lost.poll()
