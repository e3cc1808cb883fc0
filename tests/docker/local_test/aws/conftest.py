"""One laptop's AWS with Docker for all tests of the folder."""

from collections.abc import Iterator

import pytest

from local_test.aws.laptop import Laptop
from tests.support.laptop import laptop


@pytest.fixture(scope="session")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    with laptop(tmp_path_factory.mktemp("aws"), docker=True) as running:
        yield running
