"""EnableNetworkIsolation of endpoints: containers on a Docker network that leads nowhere (C1.61).

Such a network publishes no ports, so its containers are asked at their own addresses; they can
reach this machine and each other, but nothing else. Where their addresses cannot be reached from
here (Docker Desktop, a rootless engine), and without Docker, nothing is isolated.
"""

import contextlib
import logging
import uuid
from collections.abc import Sequence
from typing import Any

from local_test.aws.cloud import Cloud
from local_test.aws.sagemaker.variants import Variant
from local_test.docker_runner import LABEL, docker_package

_LOG = logging.getLogger(__name__)


def network(
    cloud: Cloud, endpoint: str, planned: Sequence[Variant], undo: contextlib.ExitStack
) -> str | None:
    """Make the network of a deployment, if it wants one and can have it; gives its name.

    Args:
        cloud: Where.
        endpoint: Its name.
        planned: The variants.
        undo: Removes the network when it is closed.

    Raises:
        ContainerError: An image is missing, or Docker does not answer.
    """
    isolated = [each for each in planned if each.isolated]
    if not isolated or not cloud.runner(isolated[0].image).has_networks:
        return None
    docker = docker_package()
    client = undo.enter_context(contextlib.closing(docker.from_env()))
    if not _reaches_containers(client.info()):
        _LOG.warning("Docker cannot isolate endpoint %s here; it has a network.", endpoint)
        return None
    name = f"blerssi-{uuid.uuid4().hex}"
    made = client.networks.create(name, labels={LABEL: "endpoint"}, internal=True)
    undo.callback(_remove, made)
    return name


def _remove(made: Any) -> None:
    try:
        made.remove()
    except docker_package().errors.APIError as error:
        _LOG.warning("The network %s stays: %s", made.name, error)


def _reaches_containers(info: dict[str, Any]) -> bool:
    """Whether this machine has a way to the addresses of containers."""
    is_rootless = "name=rootless" in (info["SecurityOptions"] or ())
    return not is_rootless and "Docker Desktop" not in info["OperatingSystem"]
