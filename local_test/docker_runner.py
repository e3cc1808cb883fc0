"""Runs the programs with `docker run`, as the platform does.

Everything that is started carries a label, and only what was started here is removed:

    docker ps --all --filter label=blerssi.local-test     what a killed run may have left
"""

import contextlib
import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

from container import contract
from container.errors import PlatformError, UserError
from local_test.runner import STOP_SECONDS, Program, Running, Show

LABEL = "blerssi.local-test"
NO_NETWORK = "none"  # as Docker calls a network that leads nowhere
REMOVED = 137  # the exit code of a container that somebody else removed, which kills it
HARDENED_USER = "12345:12345"
HARDENED: Mapping[str, Any] = {  # the worst place that hosting may offer (C4.6, C1.64)
    "user": HARDENED_USER,
    "read_only": True,
    "tmpfs": {"/tmp": ""},  # noqa: S108 - inside the container
    "cap_drop": ["ALL"],
    "security_opt": ["no-new-privileges"],
    "shm_size": "1m",
}


class DockerRunner:
    """Starts containers of one image.

    Args:
        image: Its name; it must be here already, nothing is pulled.
        hardened: Whether to take root, capabilities, the writable root and all of /dev/shm but
            1 MiB away. What listens on no port loses the network too.

    Raises:
        PlatformError: No Docker engine answers.
        UserError: There is no such image.
    """

    def __init__(self, image: str, *, hardened: bool = False) -> None:
        self._docker = docker_package()
        self._hardened = hardened
        self._image = image
        try:
            with contextlib.closing(self._docker.from_env()) as client:
                client.images.get(image)
                self._rootless = "name=rootless" in (client.info()["SecurityOptions"] or ())
        except self._docker.errors.ImageNotFound as error:
            raise UserError(
                f"There is no image {image} here.",
                hint="Build it with `make image`, or pull it.",
            ) from error
        except self._docker.errors.DockerException as error:
            raise PlatformError(
                f"No Docker engine answers: {error}.",
                hint="Start Docker, or leave --image out to run as a plain process.",
            ) from error

    @property
    def has_networks(self) -> bool:
        """Whether programs can join a network of their own."""
        return True

    @property
    def place(self) -> str:
        """Where programs run, for people."""
        return f"a container of {self._image}"

    def start(self, program: Program, show: Show | None = None) -> Running:
        """Start `docker run IMAGE ARGUMENT ...` with the base folder mounted.

        Raises:
            PlatformError: The engine refuses; the port is taken, for example.
        """
        if self._hardened and not program.is_server:
            _open_to_all(program.base)
        client = self._docker.from_env()
        mark = uuid.uuid4().hex
        with contextlib.ExitStack() as undo:
            undo.callback(client.close)
            undo.callback(remove_all, client, mark)
            try:
                container = client.containers.create(
                    self._image,
                    list(program.arguments),
                    labels={LABEL: mark},
                    **self._options(program),
                    **_network(client, program),
                )
                # Attached before the start, as `docker run` is: logs that are followed later may
                # miss the last words of a program that ends quickly.
                output = container.attach(stdout=True, stderr=True, stream=True)
                undo.callback(output._response.close)
                container.start()
            except self._docker.errors.APIError as error:
                raise PlatformError(f"Docker refuses: {error.explanation or error}.") from error
            url = _published(container) if program.is_server else None
            running = _RunningContainer(client, container, output, show, url)
            undo.pop_all()
            return running

    def _options(self, program: Program) -> dict[str, Any]:
        options: dict[str, Any] = {
            "environment": dict(program.variables),
            "user": self._user(),
        }
        if program.is_server:
            model = f"{contract.BASE_DIR}/{contract.MODEL}"
            source = (program.base / contract.MODEL).resolve()
            options["volumes"] = {str(source): {"bind": model, "mode": "ro"}}  # C1.10
            options["ports"] = {f"{contract.PORT}/tcp": ("127.0.0.1", program.port or None)}
        else:
            base = str(program.base.resolve())
            options["volumes"] = {base: {"bind": contract.BASE_DIR, "mode": "rw"}}
        if program.entrypoint:
            options["entrypoint"] = list(program.entrypoint)
        elif program.arguments[0] not in {"train", "serve"}:
            options["working_dir"] = contract.BASE_DIR
        if self._hardened:
            options |= HARDENED
            if not program.is_server:
                options["network_mode"] = "none"
        return options

    def _user(self) -> str | None:
        """The caller, so that the files it leaves are the caller's own (C9.15's runner-up, C7.24).

        Root in a rootless engine is the caller already.
        """
        uid = os.getuid()
        return None if uid == 0 or self._rootless else f"{uid}:{os.getgid()}"


class _RunningContainer(Running):
    def __init__(
        self, client: Any, container: Any, output: Any, show: Show | None, url: str | None
    ) -> None:
        self._client = client
        self._container = container
        self._output = output
        super().__init__(output, show, url)

    def poll(self) -> int | None:
        try:
            self._container.reload()
        except docker_package().errors.NotFound:
            return REMOVED
        state = self._container.attrs["State"]
        return None if state["Running"] else int(state["ExitCode"])

    def stop(self, seconds: float = STOP_SECONDS) -> int:
        with contextlib.suppress(docker_package().errors.NotFound):
            self._container.stop(timeout=round(seconds))
        return self._wait()

    def _wait(self) -> int:
        try:
            return int(self._container.wait()["StatusCode"])
        except docker_package().errors.NotFound:
            return REMOVED

    def _kill(self) -> None:
        self._container.kill()

    def _clear(self) -> None:
        self._output._response.close()  # close() of the SDK's stream leaves the socket open
        with contextlib.suppress(docker_package().errors.NotFound):
            self._container.remove(force=True, v=True)
        self._client.close()


def _published(container: Any) -> str | None:
    """The server's address: on this machine, or its own on a network that publishes no ports.

    None for a container that has ended already.
    """
    container.reload()
    if bindings := container.ports.get(f"{contract.PORT}/tcp"):
        return f"http://127.0.0.1:{bindings[0]['HostPort']}"
    joined = container.attrs["NetworkSettings"]["Networks"].values()
    own = next((each["IPAddress"] for each in joined if each["IPAddress"]), None)
    return f"http://{own}:{contract.PORT}" if own else None


def remove_all(client: Any, mark: str) -> None:
    """Remove the containers that carry a mark, also those whose start was interrupted."""
    docker = docker_package()
    for each in client.containers.list(all=True, sparse=True, filters={"label": f"{LABEL}={mark}"}):
        with contextlib.suppress(docker.errors.APIError):  # it is on its way already
            each.remove(force=True, v=True)


def _network(client: Any, program: Program) -> dict[str, Any]:
    """Join the program's network under its name there (C5.23)."""
    if program.network is None:
        return {}
    if program.network == NO_NETWORK:
        return {"network_mode": NO_NETWORK}
    named = client.api.create_endpoint_config(aliases=[program.host] if program.host else None)
    return {
        "hostname": program.host,
        "network": program.network,
        "networking_config": {program.network: named},
    }


def docker_package() -> ModuleType:
    """Import Docker's Python package, which only the client environment has.

    Raises:
        PlatformError: It is missing.
    """
    try:
        import docker
    except ModuleNotFoundError as error:
        raise PlatformError(
            "Docker's Python package is not installed here.",
            hint="Use the client environment (`make` sets it up), or leave --image out.",
        ) from error
    module: ModuleType = docker
    return module


def _open_to_all(base: Path) -> None:
    """Let a user who is not the caller write into the job's folders."""
    for folder in (base, *(each for each in base.rglob("*") if each.is_dir())):
        folder.chmod(0o777)
