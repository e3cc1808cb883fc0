"""The addresses under which programs and containers of this machine reach the laptop's AWS."""

import contextlib
import socket

from container import docker_network
from container.errors import PlatformError
from local_test.docker_runner import docker_package

LOCAL = "127.0.0.1"
_DESKTOP = "host.docker.internal"  # what Docker calls the machine that its own one runs on


def bridge() -> str:
    """The address under which containers of Docker's default network reach this machine.

    Raises:
        PlatformError: Docker's package is missing, or no engine answers.
    """
    docker = docker_package()
    try:
        with contextlib.closing(docker.from_env()) as client:
            return docker_network.bridge(client)
    except docker.errors.DockerException as error:
        raise PlatformError(
            f"No Docker engine answers: {error}.", hint="Start Docker, or go without it."
        ) from error


def find(*, docker: bool) -> tuple[list[str], str]:
    """Give the addresses to serve on, and the host by which containers reach one of them.

    Raises:
        PlatformError: Docker does not answer.
    """
    if not docker:
        return [LOCAL], LOCAL
    address = bridge()
    try:
        socket.create_server((address, 0)).close()
    except OSError:  # the engine is in a virtual machine, as Docker Desktop's
        return [LOCAL], _DESKTOP
    return [LOCAL, address], address
