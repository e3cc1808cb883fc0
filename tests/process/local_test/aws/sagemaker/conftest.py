"""One laptop's AWS for all tests of the local SageMaker."""

from collections.abc import Iterator

import pytest

from local_test.aws.laptop import Laptop
from tests.support.hosting import Hosting
from tests.support.laptop import laptop


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    with laptop(tmp_path_factory.mktemp("aws")) as running:
        yield running


@pytest.fixture(scope="session")
def hosting(aws: Laptop) -> Hosting:
    return Hosting.prepared(aws)
