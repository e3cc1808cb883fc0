"""The image under test, and what several tests share: scans, a trained model."""

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_test import layout, train
from local_test.docker_runner import DockerRunner
from local_test.layout import Job
from local_test.runner import Program
from tests.support.engine import Engine

EPOCHS = "3"


@pytest.fixture(scope="session")
def image() -> str:
    """The image's name; building it is `make image`'s job."""
    try:
        import docker
    except ModuleNotFoundError:
        required = os.environ.get("REQUIRE_DOCKER", "") not in {"", "0"}
        give_up = pytest.fail if required else pytest.skip
        give_up("Docker's Python package is missing here; run these tests in .venv/client.")
    name = os.environ.get("IMAGE") or "blerssi-sagemaker:latest"
    try:
        with contextlib.closing(docker.from_env()) as client:
            client.images.get(name)
    except docker.errors.ImageNotFound:
        pytest.fail(f"There is no image {name}; build it with `make image`.", pytrace=False)
    return name


@pytest.fixture(scope="module")
def engine(image: str) -> Iterator[Engine]:
    """Containers of the image; they are gone after the module's tests."""
    import docker

    client = docker.from_env()
    made = Engine(client, image)
    yield made
    made.remove()
    client.close()


@pytest.fixture(scope="session")
def scans(image: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with training.csv and validation.csv, simulated in the image."""
    folder = tmp_path_factory.mktemp("scans")
    command = ("python", "-m", "model.blerssi.simulate")
    files = ("--output", "training.csv", "--validation", "validation.csv")
    with DockerRunner(image).start(Program((*command, *files), folder)) as running:
        assert running.wait() == 0, running.tail
    return folder


@pytest.fixture(scope="session")
def job(image: str, scans: Path, tmp_path_factory: pytest.TempPathFactory) -> Job:
    """A job that has trained a model in Docker and packed it."""
    made = Job(tmp_path_factory.mktemp("job"))
    channels = {name: scans / f"{name}.csv" for name in ("training", "validation")}
    layout.lay_out(made, channels, {"epochs": EPOCHS})
    shown: list[str] = []
    result = train.train(DockerRunner(image), made, {}, shown.append)
    assert result.exit_code == 0, "\n".join(shown)
    (made.folder / "log").write_text("\n".join(shown), encoding="utf-8")
    return made
