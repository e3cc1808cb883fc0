"""The subject as a child process, for people without Docker.

The platform's mounts become SAGEMAKER_BASE_DIR (C5.35) and its port SAGEMAKER_BIND_TO_PORT (C1.18):
what knows neither can be tested as an image only.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import tempfile
import uuid
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from container import contract
from container.errors import PlatformError
from local_test.conformance.registry import NotChecked
from local_test.conformance.subject import (
    NEEDS_DOCKER,
    UNLIMITED,
    Container,
    Limits,
    Process,
    Ran,
    refuse_without_docker,
)
from local_test.process_runner import free_port

MARK = "LOCAL_TEST_CHECK"  # in the environment of all that a container starts, however deep
_PROC = Path("/proc")


class ProcessSubject:
    """Starts a command as the platform starts an image.

    Args:
        command: What stands for `docker run IMAGE`.
        variables: This process's environment variables; the child gets them too.
    """

    offers: frozenset[str] = frozenset()

    def __init__(self, command: Sequence[str], variables: Mapping[str, str]) -> None:
        self._command = tuple(command)
        self._variables = dict(variables)
        self._mark = uuid.uuid4().hex
        self._scratch = Path(tempfile.gettempdir()) / f"local-test-{self._mark}"

    @property
    def place(self) -> str:
        """The command, for people."""
        return " ".join(self._command)

    def start(
        self,
        arguments: Sequence[str] = ("serve",),
        *,
        base: Path,
        variables: Mapping[str, str] | None = None,
        limits: Limits = UNLIMITED,
        entrypoint: Sequence[str] | None = None,
    ) -> Container:
        """Start `COMMAND ARGUMENT ...` in this process's folder; see `Subject.start`."""
        refuse_without_docker(limits, entrypoint)
        given = dict(variables or {})
        port = int(given.get(contract.BIND_TO_PORT, "") or free_port())
        mark = f"{self._mark}-{uuid.uuid4().hex}"
        scratch = self._scratch / mark[-8:]  # short, since sockets may be made there
        scratch.mkdir(mode=0o700, parents=True)
        environment = {
            **self._variables,
            "PYTHONUNBUFFERED": "1",  # an image's ENV would see to it
            "TMPDIR": str(scratch),  # of its own, as every container has
            **given,
            contract.BASE_DIR_VARIABLE: str(base.absolute()),
            contract.BIND_TO_PORT: str(port),
            MARK: mark,
        }
        command = (*self._command, *arguments)
        try:
            return _ProcessContainer(command, environment, base, port, scratch)
        except PlatformError:
            _discard(scratch)
            raise

    def path(self, base: Path, relative: str) -> str:
        """The path itself: nothing is mounted."""
        return str(base.absolute() / relative)

    def inspect(self) -> Mapping[str, Any]:
        """Refuse: there is no image."""
        raise NotChecked(NEEDS_DOCKER)

    def end(self) -> None:
        """Kill every process that is left; see `Subject.end`."""
        while left := [e.pid for e in _every_process() if _mark_of(e.pid).startswith(self._mark)]:
            for pid in left:
                _kill(pid)
        shutil.rmtree(self._scratch, ignore_errors=True)

    def clear(self, folder: Path) -> None:
        """Remove a folder; its files are all the caller's own."""
        shutil.rmtree(folder, ignore_errors=True)


class _ProcessContainer(Container):
    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        base: Path,
        port: int,
        scratch: Path,
    ) -> None:
        super().__init__(base, port)
        self._command = list(command)
        self._mark = environment[MARK]
        self._environment = dict(environment)
        self._scratch = scratch
        self._log_file = base.parent / f"{base.name}-{self._mark}.log"
        self._last_log = ""
        self._child = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        with self._opened_log() as log:
            try:
                return subprocess.Popen(
                    self._command,
                    env=self._environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    start_new_session=True,  # Ctrl-C is ours to pass on
                )
            except OSError as error:
                raise PlatformError(
                    f"{self._command[0]} cannot be started: {error.strerror}.",
                    hint="Say what to run with --command, or --image for Docker.",
                ) from error

    def _opened_log(self) -> IO[bytes]:
        return self._log_file.open("ab")

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def log(self) -> str:
        with contextlib.suppress(FileNotFoundError):
            self._last_log = self._log_file.read_bytes().decode("utf-8", "replace")
        return self._last_log

    def path(self, relative: str) -> str:
        return str(self.base.absolute() / relative)

    def poll(self) -> int | None:
        code = self._child.poll()
        return code if code is None or code >= 0 else 128 - code

    def signal(self, number: int) -> None:
        self._child.send_signal(number)

    def kill(self) -> None:
        self._child.kill()
        self._child.wait()
        while left := [each for each in self.processes() if each.state != "Z"]:
            for each in left:
                _kill(each.pid)

    def restart(self) -> None:
        self.stop(contract.SERVE_STOP_SECONDS)
        self.kill()
        self._child = self._start()

    def run(self, *_command: str) -> Ran:
        raise NotChecked(NEEDS_DOCKER)

    def processes(self) -> list[Process]:
        """All that carry the mark, and their children: a zombie's environment is gone."""
        every = {each.pid: each for each in _every_process()}
        mine = {pid for pid in every if _mark_of(pid) == self._mark}
        if self.poll() is None:
            mine.add(self._child.pid)
        while more := {each.pid for each in every.values() if each.parent in mine} - mine:
            mine |= more
        return [every[pid] for pid in sorted(mine & every.keys())]

    def remove(self) -> None:
        self.kill()
        self._last_log = self.log
        self._log_file.unlink(missing_ok=True)
        _discard(self._scratch)


def _discard(scratch: Path) -> None:
    """Remove a container's scratch folder, and the folder of them all where it was the last."""
    shutil.rmtree(scratch, ignore_errors=True)
    with contextlib.suppress(OSError):
        scratch.parent.rmdir()


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)


def _mark_of(pid: int) -> str:
    """The mark that a process inherited; empty without one."""
    try:
        variables = (_PROC / str(pid) / "environ").read_bytes().split(b"\0")
    except OSError:
        return ""
    name = f"{MARK}=".encode()
    return next((e[len(name) :].decode() for e in variables if e.startswith(name)), "")


def _every_process() -> Iterator[Process]:
    """What /proc shows; nothing where there is none."""
    for folder in _PROC.glob("[0-9]*"):
        try:
            status = (folder / "stat").read_text(encoding="utf-8", errors="replace")
            command = (folder / "cmdline").read_text(encoding="utf-8", errors="replace")
        except OSError:  # it has ended meanwhile
            continue
        state, parent = status.rpartition(")")[2].split()[:2]
        yield Process(int(folder.name), int(parent), state, command.replace("\0", " ").strip())
