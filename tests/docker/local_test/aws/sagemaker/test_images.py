"""Images of the laptop's own registry: pulled with its token, run by digest, taken back."""

import base64
import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import docker
import pytest
from botocore.exceptions import ClientError

from local_test.aws.laptop import Laptop
from tests.support.job_runs import ECR, S3, Jobs
from tests.support.laptop import laptop

SMALL = "debian:bookworm-slim"


@pytest.fixture
def engine() -> Iterator[Any]:
    with contextlib.closing(docker.from_env()) as client:
        yield client


def pushed(aws: Laptop, engine: Any, name: str) -> str:
    """Push a small image, leave no name of it here, and give its URI by digest."""
    ecr = aws.client("ecr")
    uri: str = ecr.create_repository(repositoryName=name)["repository"]["repositoryUri"]
    token = ecr.get_authorization_token()["authorizationData"][0]["authorizationToken"]
    user, _, password = base64.b64decode(token).decode().partition(":")
    engine.images.get(SMALL).tag(uri, "1")
    try:
        engine.images.push(uri, "1", auth_config={"username": user, "password": password})
    finally:
        engine.images.remove(f"{uri}:1")
    found = ecr.describe_images(repositoryName=name)["imageDetails"][0]["imageDigest"]
    return f"{uri}@{found}"


def test_a_job_runs_the_image_of_the_registry_and_leaves_no_name_of_it(
    engine: Any, tmp_path: Path
) -> None:
    try:
        engine.images.get(SMALL)
    except docker.errors.ImageNotFound:
        required = os.environ.get("REQUIRE_DOCKER", "") not in {"", "0"}
        (pytest.fail if required else pytest.skip)(f"There is no {SMALL} here.")
    with laptop(tmp_path, docker=True) as aws:
        image = pushed(aws, engine, "team/small")
        jobs = Jobs(aws, image)
        shell = {
            "ContainerEntrypoint": ["/bin/sh", "-c"],
            "ContainerArguments": ["echo pulled > /opt/ml/model/it"],
        }
        job = jobs.train(algorithm=shell, RoleArn=jobs.new_role(S3, ECR))

        assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
        found = jobs.archived(f"out/{job['TrainingJobName']}/output/model.tar.gz")
        assert found == {"it": b"pulled\n"}

        gone = f"{image.partition('@')[0]}:no-such-tag"
        given = jobs.training(algorithm={"TrainingImage": gone}, RoleArn=jobs.new_role(S3, ECR))
        with pytest.raises(ClientError, match="no-such-tag in the registry"):
            jobs.sagemaker.create_training_job(**given)

    names = [name for each in engine.images.list() for name in each.attrs["RepoDigests"] or ()]
    assert image not in names
