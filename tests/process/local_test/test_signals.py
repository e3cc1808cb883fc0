"""Signals end a command once, in order, whatever becomes of its terminal."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO

import pytest

from local_test.process_runner import PROJECT
from tests.support.waiting import until

CODE = """
import pathlib, sys
from local_test import signals

signals.install()
try:
    print("ready", flush=True)
    while line := sys.stdin.readline():
        print("still here", flush=True)
except KeyboardInterrupt:
    print("stopping", flush=True)
    pathlib.Path(sys.argv[1], "stopping").touch()
    sys.stdin.readline()
    pathlib.Path(sys.argv[1], "end").touch()
"""
IGNORING_HANGUPS = ("sh", "-c", 'trap "" HUP; exec "$@"', "sh")  # as nohup does


class Child:
    """A command that is told to go on, or to end its work, by a line."""

    def __init__(self, folder: Path, output: int | IO[bytes], before: Sequence[str] = ()) -> None:
        self.folder = folder
        self.process = subprocess.Popen(
            [*before, sys.executable, "-c", CODE, folder],
            cwd=PROJECT,
            stdin=subprocess.PIPE,
            stdout=output,
        )

    def send(self, *numbers: int) -> None:
        for each in numbers:
            self.process.send_signal(each)

    def tell(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.write(b"\n")
        self.process.stdin.flush()

    def hear(self, line: bytes) -> None:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == line + b"\n"


@pytest.fixture
def child(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Child]:
    made = Child(tmp_path, subprocess.PIPE, getattr(request, "param", ()))
    with made.process:
        made.hear(b"ready")
        yield made
        made.process.kill()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_further_signals_do_not_disturb_the_end(child: Child, number: int) -> None:
    child.send(number)
    child.hear(b"stopping")

    child.send(signal.SIGHUP, signal.SIGTERM)
    child.tell()

    assert child.process.wait(60) == 0
    assert (child.folder / "end").exists()


@pytest.mark.parametrize("child", [IGNORING_HANGUPS], indirect=True)
def test_a_command_that_shall_outlive_its_terminal_does(child: Child) -> None:
    child.send(signal.SIGHUP)
    child.tell()
    child.hear(b"still here")

    child.send(signal.SIGTERM)
    child.hear(b"stopping")


def test_a_terminal_that_is_gone_does_not_disturb_the_end(tmp_path: Path) -> None:
    terminal, theirs = os.openpty()
    child = Child(tmp_path, theirs)
    os.close(theirs)
    with child.process:
        heard = b""
        while b"\n" not in heard:  # a terminal gives what there is
            heard += os.read(terminal, 100)

        os.close(terminal)
        child.send(signal.SIGHUP)
        until((tmp_path / "stopping").exists)
        child.tell()

        assert child.process.wait(60) == 0
    assert (child.folder / "end").exists()
