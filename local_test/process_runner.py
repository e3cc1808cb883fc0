"""Runs the programs as child processes, for a laptop without Docker.

The same entry point as in the image, `python -m container`, with SAGEMAKER_BASE_DIR in place of
the mounts (C5.35).
"""

import contextlib
import os
import secrets
import signal
import socket
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from container import contract
from container.errors import PlatformError
from local_test.runner import STOP_SECONDS, Program, Running, Show

PROJECT = Path(__file__).resolve().parent.parent
_PORTS = range(20_000, 32_000)
IMAGE_PYTHON = PROJECT / ".venv/image/bin/python"  # made by `make`: the packages of the image


def default_python() -> Path:
    """The interpreter that has the image's packages, as far as we know."""
    return IMAGE_PYTHON if IMAGE_PYTHON.exists() else Path(sys.executable)


def with_image_python(variables: Mapping[str, str]) -> dict[str, str]:
    """Variables under which `python` is the interpreter that has the image's packages."""
    path = variables.get("PATH", os.defpath)
    return {**variables, "PATH": f"{default_python().parent}{os.pathsep}{path}"}


class ProcessRunner:
    """Starts child processes.

    Args:
        python: An interpreter with the packages of the image; links are kept, as a virtual
            environment is found through its link.
        variables: This process's environment variables; the child gets them too.
    """

    def __init__(self, python: Path, variables: Mapping[str, str]) -> None:
        self._python = python.absolute()
        self._variables = dict(variables)

    @property
    def has_networks(self) -> bool:
        """Whether programs can join a network of their own."""
        return False

    @property
    def place(self) -> str:
        """Where programs run, for people."""
        return f"a process of {self._python}"

    def start(self, program: Program, show: Show | None = None) -> Running:
        """Start `python -m container ARGUMENT ...` in the base folder.

        An entrypoint is run by ours, as a shell would do it.

        Raises:
            PlatformError: The interpreter cannot be started, or the program needs a network.
        """
        if program.network is not None:
            raise PlatformError("Processes cannot join a network; that takes Docker.")
        port = program.port or (free_port() if program.is_server else 0)
        try:
            child = subprocess.Popen(
                [
                    *(str(self._python), "-m", "container"),
                    *(*program.entrypoint, *program.arguments),
                ],
                cwd=program.base,
                env=self._environment(program, port),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                start_new_session=True,  # Ctrl-C is ours to pass on
            )
        except OSError as error:
            raise PlatformError(
                f"{self._python} cannot be started: {error.strerror}.",
                hint="Name the image environment's interpreter with --python.",
            ) from error
        url = f"http://127.0.0.1:{port}" if program.is_server else None
        return _RunningProcess(child, show, url)

    def _environment(self, program: Program, port: int) -> dict[str, str]:
        """What the image's ENV and the platform would set, over our own variables."""
        variables = {
            **self._variables,
            "PATH": f"{self._python.parent}{os.pathsep}{self._variables.get('PATH', os.defpath)}",
            "PYTHONPATH": str(PROJECT),
            "PYTHONUNBUFFERED": "1",
            contract.BASE_DIR_VARIABLE: str(program.base.absolute()),
            **program.variables,
        }
        if program.is_server:
            variables[contract.BIND_TO_PORT] = str(port)
        return variables


class _RunningProcess(Running):
    def __init__(self, child: "subprocess.Popen[bytes]", show: Show | None, url: str | None):
        assert child.stdout is not None  # noqa: S101 - a pipe was asked for; mypy cannot know
        self._child = child
        self._output = child.stdout
        super().__init__(iter(lambda: os.read(self._output.fileno(), 1 << 16), b""), show, url)

    def poll(self) -> int | None:
        code = self._child.poll()
        return None if code is None else _as_a_shell(code)

    def stop(self, seconds: float = STOP_SECONDS) -> int:
        self._child.send_signal(signal.SIGTERM)  # to PID 1 alone, as the platform does (C5.6)
        try:
            return _as_a_shell(self._child.wait(seconds))
        except subprocess.TimeoutExpired:
            self._kill()
            return self._wait()

    def _wait(self) -> int:
        return _as_a_shell(self._child.wait())

    def _kill(self) -> None:
        for pid in (*_descendants(self._child.pid), self._child.pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    def _clear(self) -> None:
        self._output.close()


def free_port() -> int:
    """A TCP port that nobody listens on right now.

    It is below those that the system gives to outgoing connections, one of which could take it
    before the server does.
    """
    while True:
        port = secrets.choice(_PORTS)
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port


def _as_a_shell(code: int) -> int:
    return code if code >= 0 else 128 - code


def _descendants(pid: int) -> list[int]:
    """A process's children and theirs, from /proc: a killed container takes all of them along."""
    try:
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()
    except OSError:
        return []
    return [each for child in map(int, children) for each in (*_descendants(child), child)]
