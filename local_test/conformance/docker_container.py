"""A container of an image that runs: what the engine tells of it, and does to it."""

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from container import contract
from local_test.conformance.registry import Violation
from local_test.conformance.subject import Container, Process, Ran

_PROCESS_FIELDS = "pid,ppid,stat,args"


class DockerContainer(Container):
    """A container that was started, as the engine shows it.

    Args:
        container: The engine's own.
        base: What is mounted as /opt/ml.
        port: The one that it listens on inside.
        api_error: What the engine's package raises.
    """

    def __init__(self, container: Any, base: Path, port: int, api_error: type[Exception]) -> None:
        super().__init__(base, port)
        self._container = container
        self._api_error = api_error
        self._url: str | None = None
        self._last_log: str | None = None

    @property
    def url(self) -> str:
        """Where it listens, as seen from this machine."""
        if self._url is None:
            self._container.reload()
            self._url = self._address()
        return self._url

    def _address(self) -> str:
        settings = self._container.attrs["NetworkSettings"]
        if bindings := (settings["Ports"] or {}).get(f"{self.port}/tcp"):
            return f"http://127.0.0.1:{bindings[0]['HostPort']}"
        for network in settings["Networks"].values():
            if network["IPAddress"]:
                return f"http://{network['IPAddress']}:{self.port}"
        raise Violation(f"it has ended with exit code {self.poll()}", self)

    @property
    def log(self) -> str:
        """What it wrote; after its removal what it had written by then."""
        if self._last_log is not None:
            return self._last_log
        text: str = self._container.logs().decode("utf-8", "replace")
        return text

    def path(self, relative: str) -> str:
        """A path below /opt/ml."""
        return f"{contract.BASE_DIR}/{relative}"

    def poll(self) -> int | None:
        """The exit code; None while it runs."""
        self._container.reload()
        state = self._container.attrs["State"]
        return None if state["Running"] else int(state["ExitCode"])

    def signal(self, number: int) -> None:
        """Send a signal to its process 1."""
        with contextlib.suppress(self._api_error):  # it has ended meanwhile
            self._container.kill(signal=number)

    def kill(self) -> None:
        """End it at once."""
        self.signal(9)
        self._container.wait()
        self._url = None

    def restart(self) -> None:
        """Stop and start it again, as `docker restart` does."""
        self._container.restart(timeout=contract.SERVE_STOP_SECONDS)
        self._url = None  # Docker chose another port

    def run(self, *command: str) -> Ran:
        """Run a command inside, as `docker exec` does."""
        from docker.utils.socket import frames_iter

        api = self._container.client.api
        try:
            number = api.exec_create(self._container.id, list(command))["Id"]
            stream = api.exec_start(number, socket=True)
        except self._api_error as error:
            raise Violation(f"docker exec fails: {error}", self) from error
        try:
            output = b"".join(chunk for _, chunk in frames_iter(stream, tty=False))
        finally:
            stream._response.close()  # close() of the SDK's stream leaves the socket open
        code = int(api.exec_inspect(number)["ExitCode"])
        return Ran(code, output.decode("utf-8", "replace"))

    def processes(self) -> list[Process]:
        """All of its processes, numbered as on this machine."""
        try:
            rows = self._container.top(ps_args=f"-eo {_PROCESS_FIELDS}")["Processes"]
        except self._api_error:  # it has ended
            return []
        return list(_read_processes(rows or ()))

    def remove(self) -> None:
        """End and remove it, its volumes too."""
        if self._last_log is not None:
            return
        self._last_log = self.log
        self._container.remove(force=True, v=True)


def _read_processes(rows: Sequence[Sequence[str]]) -> Iterator[Process]:
    for pid, parent, state, command in rows:
        yield Process(int(pid), int(parent), state[0], command)
