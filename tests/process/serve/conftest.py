"""Servers that several tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.models import signed_model
from tests.support.server import ServerProcess, running

ROW = b"-70,-80,,,,,,,,,,,-90\n"


@pytest.fixture(scope="session")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A base folder with a signed model."""
    folder = tmp_path_factory.mktemp("base")
    signed_model(folder / "model")
    return folder


@pytest.fixture(scope="module")
def server(base: Path) -> Iterator[ServerProcess]:
    """One worker with the settings that users get, but for a small limit of the body."""
    with running(
        base, SAGEMAKER_MODEL_SERVER_WORKERS="1", SAGEMAKER_MAX_PAYLOAD_IN_MB="4"
    ) as process:
        yield process


@pytest.fixture
def row() -> bytes:
    """One record as CSV."""
    return ROW
