import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from container.errors import PlatformError
from tests.support.jobs import PROJECT
from tests.support.waiting import until
from train.children import WORKER, Children

SLEEP = ["timeit", "-n1", "-r1", "import time; time.sleep(600)"]
SUCCEED = ["timeit", "-n1", "-r1", "pass"]
FAIL = ["timeit", "-n1", "-r1", "1 / 0"]
DIE = ["timeit", "-n1", "-r1", "import os; os.kill(os.getpid(), 9)"]


@pytest.fixture
def children() -> Iterator[Children]:
    with Children() as made:
        yield made


def start(children: Children, **programs: list[str]) -> None:
    for role, program in programs.items():
        children.start(role, program, os.environ)


def test_a_host_is_through_when_all_of_its_parts_are(children: Children) -> None:
    start(children, worker=SUCCEED, server=SUCCEED)
    until(lambda: children.code() == 0)


def test_a_failed_worker_gives_its_code(children: Children) -> None:
    start(children, worker=FAIL, server=SLEEP)
    assert children.code() is None
    until(lambda: children.code() == 1)


@pytest.mark.parametrize("role", [WORKER, "server"])
def test_a_killed_part_is_named(children: Children, role: str) -> None:
    start(children, **{"worker": SLEEP, "server": SLEEP, role: DIE})
    with pytest.raises(PlatformError, match=f"The {role} process was killed by SIGKILL"):
        until(lambda: children.code() is not None)


def test_a_server_that_fails_is_named(children: Children) -> None:
    start(children, worker=SLEEP, server=FAIL)
    with pytest.raises(PlatformError, match="The server process ended with exit code 1"):
        until(lambda: children.code() is not None)


def test_a_stop_reaches_the_worker(children: Children) -> None:
    start(children, worker=SLEEP)
    children.stop()
    with pytest.raises(PlatformError, match="SIGTERM"):
        until(lambda: children.code() is not None)


def test_no_child_outlives_the_block() -> None:
    with Children() as children:
        start(children, worker=SLEEP, server=SLEEP)
        started = list(children._started.values())
    assert all(child.returncode == -9 for child in started)


def test_a_part_dies_with_whoever_started_it() -> None:
    script = (
        "import subprocess, sys; from train.children import die_with_parent;"
        "child = subprocess.Popen([sys.executable, '-c', 'import time;"
        "from train.children import die_with_parent; die_with_parent();"
        "print(1, flush=True); time.sleep(600)'], stdout=subprocess.PIPE);"
        "child.stdout.readline(); print(child.pid, flush=True); child.wait()"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", script], cwd=PROJECT, stdout=subprocess.PIPE, text=True
    )
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    parent.kill()
    parent.communicate()
    until(lambda: not _runs(child), "the child is gone")


def _runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="ascii").rpartition(")")[2]
    except FileNotFoundError:
        return False
    return state.split()[0] != "Z"
