"""A subject as a real process: its log, its children, its end."""

import functools
import os
import signal
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from container.errors import PlatformError
from local_test.conformance.http import NoAnswer
from local_test.conformance.process_subject import MARK, ProcessSubject
from local_test.conformance.registry import NotChecked
from local_test.conformance.sockets import listening_ports
from local_test.conformance.subject import Container, Limits
from tests.support import zoo
from tests.support.waiting import until

SECONDS = 30
# A child that leaves the session and outlives its parent, and a zombie.
FAMILY = """
import os, subprocess, sys, time
subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
if (child := os.fork()) == 0:
    os._exit(0)
os.waitid(os.P_PID, child, os.WEXITED | os.WNOWAIT)  # it is a zombie now, and stays one
print("ready", flush=True)
time.sleep(600)
"""


@pytest.fixture
def base(tmp_path: Path) -> Path:
    folder = tmp_path / "ml"
    folder.mkdir()
    zoo.materials(folder)
    return folder


@pytest.fixture
def server(base: Path) -> Iterator[Container]:
    with zoo.subject().start(base=base) as started:
        started.until_ping(SECONDS)
        yield started


def python(code: str) -> ProcessSubject:
    return ProcessSubject((sys.executable, "-c", code), dict(os.environ))


def is_ready(container: Container) -> bool:
    return "ready" in container.log


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_a_server_answers_where_it_was_told(server: Container) -> None:
    reply = server.post("/invocations", b"1,2\n", {"Content-Type": "text/csv"})

    assert (reply.status, reply.body) == (200, b'{"predictions": [6.0]}')
    assert listening_ports(server) == {server.port}
    with server.open() as connection:
        connection.sendall(b"GET /ping HTTP/1.0\r\n\r\n")
        assert connection.recv(100).startswith(b"HTTP/1.1 200")


def test_a_body_in_parts_is_sent_in_chunks(server: Container) -> None:
    reply = server.post("/invocations", iter([b"1,", b"2\n"]), {"Content-Type": "text/csv"})

    assert (reply.status, reply.body) == (200, b'{"predictions": [6.0]}')


def test_it_can_be_restarted_and_stopped(server: Container) -> None:
    before = {each.pid for each in server.processes()}

    server.restart()
    server.until_ping(SECONDS)

    assert not before & {each.pid for each in server.processes()}
    assert server.stop(SECONDS) == 0
    with pytest.raises(NoAnswer, match="GET /ping: no answer"):
        server.get("/ping")
    with pytest.raises(NoAnswer, match="connecting"):
        server.open()


def test_the_log_is_kept_after_the_end(base: Path) -> None:
    with python("import sys; print(*sys.argv[1:]); sys.exit(3)").start(("a", "b"), base=base) as it:
        assert it.wait(SECONDS) == 3

    assert it.log == "a b\n"
    assert list(base.parent.glob("*.log")) == []
    it.remove()


def test_a_signal_that_ends_it_counts_as_a_shell_has_it(base: Path) -> None:
    with python("import time; print('x', flush=True); time.sleep(600)").start((), base=base) as it:
        until(lambda: it.log)
        it.signal(signal.SIGTERM)

        assert it.wait(SECONDS) == 128 + signal.SIGTERM


def test_all_of_its_processes_are_seen_and_ended(base: Path) -> None:
    with python(FAMILY).start((), base=base) as it:
        until(lambda: len(it.processes()) == 3, "three processes")
        until(lambda: "Z" in {each.state for each in it.processes()}, "a zombie")
        found = it.processes()

        assert {each.parent for each in found} == {os.getpid(), found[0].pid}
    until(lambda: not any(is_alive(each.pid) for each in found), "all have ended")


def test_what_was_orphaned_is_ended_too(base: Path) -> None:
    with python(FAMILY.replace("time.sleep(600)\n", "", 1)).start((), base=base) as it:
        until(lambda: it.poll() is not None, seconds=SECONDS)
        found = it.processes()

    assert not any(is_alive(each.pid) and each.state != "Z" for each in it.processes())
    assert all(each.state for each in found)


def test_the_variables_of_the_platform_are_set(base: Path) -> None:
    code = "import os; print(*(os.environ[n] for n in ('SAGEMAKER_BASE_DIR', 'A', 'PATH')))"
    subject = ProcessSubject((sys.executable, "-c", code), {"PATH": "/p", "A": "theirs"})

    with subject.start((), base=base, variables={"A": "ours"}) as it:
        it.wait(SECONDS)

    assert it.log == f"{base} ours /p\n"
    assert MARK not in it.log
    assert it.path("model") == subject.path(base, "model") == str(base / "model")


def test_what_only_docker_can_do_is_not_checked(server: Container, base: Path) -> None:
    subject = zoo.subject()

    for ask in (
        lambda: server.run("id"),
        subject.inspect,
        lambda: subject.start(base=base, limits=Limits(memory=1 << 30)),
        lambda: subject.start(base=base, entrypoint=["sh"]),
    ):
        with pytest.raises(NotChecked, match="needs Docker"):
            ask()


def test_a_command_that_is_not_there_is_one_sentence(base: Path) -> None:
    with pytest.raises(PlatformError, match=r"no/such cannot be started: No such file"):
        ProcessSubject(("no/such",), {}).start(base=base)


def test_what_an_interrupted_start_left_is_ended(base: Path) -> None:
    subject, other = python(FAMILY), python(FAMILY)
    with other.start(base=base) as theirs:
        lost = subject.start(base=base)  # nobody removes it
        for each in (lost, theirs):
            until(functools.partial(is_ready, each))
        pids = [each.pid for each in lost.processes() if each.state != "Z"]

        subject.end()

        until(lambda: lost.poll() == 137)
        assert len(pids) == 2
        until(lambda: not any(map(is_alive, pids)))
        assert theirs.poll() is None
