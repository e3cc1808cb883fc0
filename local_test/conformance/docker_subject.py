"""The subject as an image: `docker run IMAGE ARGUMENT ...`, as the platform does.

Everything that is started carries a label, and only what was started here is removed:

    docker ps --all --filter label=blerssi.local-test     what a killed run may have left
"""

import contextlib
import os
import shutil
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from container import contract
from container.errors import PlatformError, UserError
from local_test.conformance.docker_container import DockerContainer
from local_test.conformance.registry import DOCKER, Violation
from local_test.conformance.subject import UNLIMITED, Container, Limits
from local_test.docker_runner import LABEL, docker_package, remove_all


class DockerSubject:
    """Starts containers of an image; as a context manager it lets go of the engine at the end.

    Args:
        image: Its name; it must be here already, nothing is pulled.

    Raises:
        PlatformError: No Docker engine answers.
        UserError: There is no such image.
    """

    offers: frozenset[str] = frozenset({DOCKER})

    def __init__(self, image: str) -> None:
        docker = docker_package()
        self._image = image
        self._errors = docker.errors
        self._mark = uuid.uuid4().hex
        self._network: Any = None
        try:
            self._client = docker.from_env()
        except docker.errors.DockerException as error:
            raise _no_engine(error) from error
        try:
            self._facts: Mapping[str, Any] = self._client.images.get(image).attrs
        except docker.errors.DockerException as error:
            self._client.close()
            if not isinstance(error, docker.errors.ImageNotFound):
                raise _no_engine(error) from error
            raise UserError(
                f"There is no image {image} here.", hint="Build it, or pull it."
            ) from error

    @property
    def place(self) -> str:
        """The image, for people."""
        return f"image {self._image}"

    def inspect(self) -> Mapping[str, Any]:
        """What `docker image inspect` says."""
        return self._facts

    def path(self, _base: Path, relative: str) -> str:
        """The path below /opt/ml, where the base folder is mounted."""
        return f"{contract.BASE_DIR}/{relative}"

    def start(
        self,
        arguments: Sequence[str] = ("serve",),
        *,
        base: Path,
        variables: Mapping[str, str] | None = None,
        limits: Limits = UNLIMITED,
        entrypoint: Sequence[str] | None = None,
    ) -> Container:
        """Start `docker run IMAGE ARGUMENT ...`; see `Subject.start`."""
        given = dict(variables or {})
        port = int(given.get(contract.BIND_TO_PORT, "") or contract.PORT)
        options = {
            "environment": given,
            "labels": {LABEL: self._mark},
            "entrypoint": None if entrypoint is None else list(entrypoint),
            "volumes": _serving_mounts(base) if tuple(arguments) == ("serve",) else _whole(base),
            **_restrictions(limits),
        }
        if limits.network:
            ports = {f"{each}/tcp": ("127.0.0.1", None) for each in {port, contract.PORT}}
            options["ports"] = ports
        else:
            options["network"] = self._isolated().name
        try:
            made = self._client.containers.create(self._image, list(arguments), **options)
        except self._errors.APIError as error:
            raise PlatformError(f"Docker refuses: {error.explanation or error}.") from error
        try:
            made.start()
        except self._errors.APIError as error:
            made.remove(force=True, v=True)
            raise Violation(f"docker run fails: {error.explanation or error}") from error
        return DockerContainer(made, base, port, self._errors.APIError)

    def clear(self, folder: Path) -> None:
        """Remove a base folder; what root left in a container is opened by a container."""
        if os.getuid() != 0 and folder.exists():
            with contextlib.suppress(self._errors.DockerException):
                self._client.containers.run(
                    self._image,
                    ["-R", "a+rwX", contract.BASE_DIR],
                    entrypoint=["chmod"],
                    user="0:0",
                    labels={LABEL: self._mark},
                    volumes=_whole(folder),
                    remove=True,
                )
        shutil.rmtree(folder, ignore_errors=True)

    def end(self) -> None:
        """Remove every container that is left; see `Subject.end`."""
        remove_all(self._client, self._mark)

    def close(self) -> None:
        """Remove all that is left, the network too, and let go of the engine."""
        self.end()
        if self._network is not None:
            self._network.remove()
        self._client.close()

    def _isolated(self) -> Any:
        """A network with no way out; only this machine reaches its containers (C1.61)."""
        if self._network is None:
            self._network = self._client.networks.create(
                f"local-test-{self._mark}", internal=True, labels={LABEL: self._mark}
            )
        return self._network


def _serving_mounts(base: Path) -> dict[str, dict[str, str]]:
    """Every folder of the base read-only, each a mount of its own as on the platform (C1.10)."""
    return {
        str(each.resolve()): {"bind": f"{contract.BASE_DIR}/{each.name}", "mode": "ro"}
        for each in base.iterdir()
        if each.is_dir()
    }


def _whole(base: Path) -> dict[str, dict[str, str]]:
    return {str(base.resolve()): {"bind": contract.BASE_DIR, "mode": "rw"}}


def _restrictions(limits: Limits) -> dict[str, Any]:
    options: dict[str, Any] = {
        "user": limits.user,
        "read_only": limits.read_only,
        "tty": limits.terminal,
    }
    if limits.read_only:
        options["tmpfs"] = {"/tmp": ""}  # noqa: S108 - inside the container
    if limits.memory is not None:
        options |= {"mem_limit": limits.memory, "memswap_limit": limits.memory}
    if limits.cpus is not None:
        options["nano_cpus"] = round(limits.cpus * 1e9)
    if limits.shm is not None:
        options["shm_size"] = limits.shm
    if limits.drop_capabilities:
        options |= {"cap_drop": ["ALL"], "security_opt": ["no-new-privileges"]}
    return options


def _no_engine(error: Exception) -> PlatformError:
    return PlatformError(
        f"No Docker engine answers: {error}.",
        hint="Start Docker, or test a plain process with --command.",
    )
