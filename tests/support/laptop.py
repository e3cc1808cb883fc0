"""The laptop's AWS for tests: `with laptop(folder) as aws`, each with an account of its own."""

import contextlib
import itertools
import os
from collections.abc import Iterator
from pathlib import Path

from local_test.aws.laptop import Laptop

_ACCOUNTS = itertools.count(111111111111)


@contextlib.contextmanager
def laptop(folder: Path, *, docker: bool = False, region: str = "us-east-1") -> Iterator[Laptop]:
    """Run one inside the block; several of one process do not meet, as their accounts differ.

    A conftest makes its fixture of it, shared by the tests of its folder:

        @pytest.fixture(scope="session")
        def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
            with laptop(tmp_path_factory.mktemp("aws")) as running:
                yield running

    Its programs run with `aws.variables` (from a container: `aws.container_variables`), its
    clients are `aws.client("sagemaker")`, and `aws.cloud` is what operations are handed.
    """
    account = str(next(_ACCOUNTS))
    variables = dict(os.environ)
    with Laptop(
        folder, docker=docker, region=region, account=account, variables=variables
    ) as running:
        yield running
