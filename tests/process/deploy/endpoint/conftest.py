"""Real endpoints of the laptop's AWS, without Docker: our own program as child processes."""

import itertools
from collections.abc import Callable, Iterator

import pytest

from local_test.aws.laptop import Laptop
from tests.support import deploys, endpoints
from tests.support.deploys import Ended

_NUMBERS = itertools.count(1)
Run = Callable[..., Ended]


@pytest.fixture(scope="session")
def role(aws: Laptop) -> str:
    return endpoints.role(aws)


@pytest.fixture
def name(aws: Laptop) -> Iterator[str]:
    """Give the name of an endpoint, of which nothing is left afterwards."""
    found = f"endpoint-{next(_NUMBERS)}"
    yield found
    deploys.deploy("destroy", "--name", found, "--yes", variables=aws.variables)


@pytest.fixture
def good(aws: Laptop, bucket: str) -> str:
    return endpoints.put(aws, bucket, "good", endpoints.handler("good"))


@pytest.fixture
def run(aws: Laptop, name: str, role: str) -> Run:
    """Give `deploy endpoint` with what a test on one machine needs; options may be overridden."""

    def run_it(artifact: str, *more: object, variables: dict[str, str] | None = None) -> Ended:
        return deploys.deploy(
            *("endpoint", "--name", name, "--image", endpoints.IMAGE, "--role", role),
            *("--artifact", artifact, "--instance-type", "ml.m5.large"),
            *("--poll", 0.2, "--bake", 1, "--alarm-period", 10, "--max-p99", 60),
            *more,
            variables=variables or aws.variables,
        )

    return run_it
