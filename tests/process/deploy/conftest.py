"""One laptop's AWS for all tests of `deploy`; each makes buckets and names of its own."""

import itertools
from collections.abc import Iterator

import pytest

from local_test.aws.laptop import Laptop
from tests.support.laptop import laptop

_NUMBERS = itertools.count(1)


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    with laptop(tmp_path_factory.mktemp("aws")) as running:
        yield running


@pytest.fixture
def bucket(aws: Laptop) -> str:
    """Give a new, empty bucket."""
    name = f"deploy-{next(_NUMBERS)}"
    aws.client("s3").create_bucket(Bucket=name)
    return name
