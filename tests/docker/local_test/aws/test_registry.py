"""Docker itself, pushing to the registry and pulling from it."""

import base64
import os
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_test.aws.laptop import Laptop
from local_test.runner import Program
from tests.support.laptop import allow, client, user

DOCKERFILE = "FROM {base}\nLABEL blerssi.test={label}\n"


class Docker:
    """The docker command with a configuration of its own, so that no password is left behind."""

    def __init__(self, folder: Path) -> None:
        self._variables = {**os.environ, "DOCKER_CONFIG": str(folder), "DOCKER_BUILDKIT": "0"}

    def __call__(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["docker", *arguments],
            env=self._variables,
            input=given,
            capture_output=True,
            text=True,
            check=False,
        )

    def login(self, token: str, uri: str) -> None:
        password = base64.b64decode(token).decode().partition(":")[2]
        host = uri.partition("/")[0]
        done = self("login", "--username", "AWS", "--password-stdin", host, given=password)
        assert done.returncode == 0, done.stderr


@pytest.fixture
def docker(tmp_path: Path) -> Docker:
    return Docker(tmp_path / "docker")


@pytest.fixture
def uri(aws: Laptop) -> str:
    ecr = aws.client("ecr")
    name = f"test/{uuid.uuid4().hex}"
    made = ecr.create_repository(repositoryName=name, imageTagMutability="IMMUTABLE")
    found: str = made["repository"]["repositoryUri"]
    return found


@pytest.fixture
def built(docker: Docker, uri: str, image: str) -> Iterator[str]:
    """An image under the repository's name, different from any other in its label alone."""
    name, label = f"{uri}:v1", uuid.uuid4().hex
    text = DOCKERFILE.format(base=image, label=label)
    done = docker("build", "--quiet", "--tag", name, "-", given=text)
    assert done.returncode == 0, done.stderr
    yield name
    left = docker("image", "ls", "--all", "--quiet", "--filter", f"reference={uri}").stdout.split()
    docker("image", "rm", "--force", *left)  # the repository's name is of this test alone


def token(aws: Laptop) -> str:
    found = aws.client("ecr").get_authorization_token()["authorizationData"][0]
    return str(found["authorizationToken"])


def test_push_and_run_by_digest(aws: Laptop, docker: Docker, uri: str, built: str) -> None:
    docker.login(token(aws), uri)
    pushed = docker("push", built)
    assert pushed.returncode == 0, pushed.stderr
    name = uri.partition("/")[2]
    (image,) = aws.client("ecr").describe_images(repositoryName=name)["imageDetails"]
    assert f"digest: {image['imageDigest']}" in pushed.stdout
    assert image["imageManifestMediaType"].endswith("docker.distribution.manifest.v2+json")
    assert image["imageSizeInBytes"] > 1 << 20
    assert docker("push", built).returncode == 0  # the same again

    assert docker("image", "rm", built).returncode == 0
    runner = aws.cloud.runner(f"{uri}@{image['imageDigest']}")
    folder = aws.cloud.folder / "base"
    folder.mkdir()
    with runner.start(Program(("python", "-c", "print('it runs')"), folder)) as running:
        assert running.wait() == 0
        assert running.tail == "it runs"


def test_immutable_tag(aws: Laptop, docker: Docker, uri: str, built: str) -> None:
    docker.login(token(aws), uri)
    assert docker("push", built).returncode == 0
    text = DOCKERFILE.format(base=built, label="another")
    assert docker("build", "--quiet", "--tag", built, "-", given=text).returncode == 0
    refused = docker("push", built)
    assert refused.returncode != 0
    assert "repository is immutable" in refused.stderr


def test_push_without_login(docker: Docker, built: str) -> None:
    refused = docker("push", built)
    assert refused.returncode != 0
    assert "no basic auth credentials" in refused.stderr


def test_push_without_the_right(aws: Laptop, docker: Docker, uri: str, built: str) -> None:
    reader = user(aws, "reader", allow("ecr:GetAuthorizationToken", "ecr:BatchGetImage"))
    ecr = client(aws, "ecr", reader)
    docker.login(ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"], uri)
    refused = docker("push", built)
    assert refused.returncode != 0
    assert "not authorized to perform: ecr:" in refused.stderr


def test_push_to_a_repository_that_is_not_there(
    aws: Laptop, docker: Docker, uri: str, built: str
) -> None:
    docker.login(token(aws), uri)
    other = f"{uri}-other:v1"
    assert docker("tag", built, other).returncode == 0
    try:
        refused = docker("push", other)
    finally:
        docker("image", "rm", other)
    assert refused.returncode != 0
    assert "does not exist" in refused.stderr


def test_containers_reach_the_laptop(aws: Laptop, image: str) -> None:
    runner = aws.cloud.runner(image)
    folder = aws.cloud.folder / "reach"
    folder.mkdir()
    program = "import boto3; print(boto3.client('sts').get_caller_identity()['Arn'])"
    variables = aws.container_variables
    with runner.start(Program(("python", "-c", program), folder, variables)) as running:
        assert running.wait() == 0, running.tail
        assert running.tail.endswith(":user/laptop")
