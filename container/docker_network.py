"""What Docker says of a network, read as it is meant."""

from collections.abc import Mapping
from ipaddress import ip_network
from typing import Any


def bridge(engine: Any) -> str:
    """The address under which containers of Docker's default network reach this machine.

    Args:
        engine: A client of the package docker.

    Raises:
        docker.errors.DockerException: The engine does not answer.
    """
    return gateway(engine.networks.get("bridge").attrs["IPAM"]["Config"][0])


def gateway(network: Mapping[str, str]) -> str:
    """The engine's own address in a network.

    Args:
        network: Its `Subnet`, and its `Gateway`, which an engine does not tell of the bridge that
            it has made itself: there it is the first address.
    """
    return network.get("Gateway") or str(next(ip_network(network["Subnet"]).hosts()))
