"""An SDK's surroundings: fake keys, no network, no telemetry, a folder and a port of its own."""

import functools
import gc
import importlib.metadata
import os
import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from model.blerssi import data, simulate
from tests.sdk.harness import Harness, docker, image
from tests.support.server import free_port

FOLDER = Path(__file__).parent
CONFIG = """\
SchemaVersion: "1.0"
SageMaker:
  PythonSDK:
    Modules:
      TelemetryOptOut: true
"""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if FOLDER in item.path.parents:  # what AWS's code warns of cannot be mended here
            item.add_marker(pytest.mark.filterwarnings("ignore"))


def pytest_runtest_setup(item: pytest.Item) -> None:
    if missing := _missing(wanted=item.path.relative_to(FOLDER).parts[0]):
        required = os.environ.get("REQUIRE_DOCKER", "") not in {"", "0"}
        (pytest.fail if required else pytest.skip)(missing)


@functools.cache
def _missing(wanted: str) -> str | None:
    """Why these tests cannot run; the folder that they are in names the SDK that they need."""
    try:
        found = importlib.metadata.version("sagemaker")
    except importlib.metadata.PackageNotFoundError:
        found = "missing"
    if not found.startswith(f"{wanted.removeprefix('v')}."):
        return f"SageMaker's SDK is {found} here; run these tests in .venv/sdk-{wanted}."
    if not shutil.which("docker-compose") and "v2" not in docker("compose", "version", check=False):
        return "Docker Compose is missing; .ci/docker-compose installs it."
    return None


@pytest.fixture(scope="session")
def surroundings(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Every variable of AWS is ours, and a proxy that is not there answers for the internet."""
    config = tmp_path_factory.mktemp("config") / "config.yaml"
    config.write_text(CONFIG)
    with pytest.MonkeyPatch.context() as patch:
        for name in [each for each in os.environ if each.startswith(("AWS_", "SAGEMAKER_"))]:
            patch.delenv(name)
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            patch.setenv(name, "not-a-key")
        patch.setenv("AWS_DEFAULT_REGION", "us-west-2")
        patch.setenv("SAGEMAKER_SUPPRESS_V2_WARNING", "1")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
            patch.setenv(name, os.devnull)
        for name in ("SAGEMAKER_USER_CONFIG_OVERRIDE", "SAGEMAKER_ADMIN_CONFIG_OVERRIDE"):
            patch.setenv(name, str(config))
        for name in ("HTTP_PROXY", "HTTPS_PROXY"):
            patch.setenv(name, f"http://127.0.0.1:{free_port()}")
            patch.delenv(name.lower(), raising=False)
        patch.setenv("NO_PROXY", "localhost,127.0.0.1")
        yield


@pytest.fixture(scope="session")
def harness(surroundings: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """What the tests of one SDK share; its containers are gone at the end."""
    tested = image()
    training, validation = simulate.simulate_pair(seed=0, visits_per_cell=1)
    scans = tmp_path_factory.mktemp("scans")
    channels = {"training": scans / "training", "validation": scans / "validation"}
    for folder, surveyed in zip(channels.values(), (training, validation), strict=True):
        folder.mkdir()
        data.write(folder / "scans.csv", surveyed)
    # The folder's name becomes that of a project of Docker Compose, so no other may have it.
    root = tmp_path_factory.mktemp("sdk") / f"blerssi-{uuid.uuid4().hex[:12]}"
    root.mkdir()
    rows = validation.readings[::100].tolist()
    made = Harness(tested, root, free_port(), channels, rows)
    yield made
    made.remove()
    gc.collect()  # what the SDK left open is closed here, where warnings are no errors
