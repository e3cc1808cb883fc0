import pytest

from container.docker_network import gateway


@pytest.mark.parametrize(
    ("network", "address"),
    [
        ({"Subnet": "172.17.0.0/16", "Gateway": "172.17.0.9"}, "172.17.0.9"),
        ({"Subnet": "172.17.0.0/16"}, "172.17.0.1"),
        ({"Subnet": "192.168.5.64/26"}, "192.168.5.65"),
    ],
)
def test_the_gateway_of_a_network_is_told_or_its_first_address(
    network: dict[str, str], address: str
) -> None:
    assert gateway(network) == address
