"""The way of a real image and a real model into an endpoint, and out again without a trace."""

from collections.abc import Iterator

import pytest

from local_test.aws.laptop import Laptop
from local_test.layout import Job
from tests.support import endpoints
from tests.support.deploys import deploy
from tests.support.laptop import laptop

NAME = "blerssi-docker"
REPOSITORY = "blerssi-endpoint-test"
BUCKET = "endpoint-models"


@pytest.fixture(scope="module")
def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
    with laptop(tmp_path_factory.mktemp("aws"), docker=True) as running:
        yield running


def test_push_upload_endpoint_destroy(aws: Laptop, image: str, job: Job) -> None:
    aws.client("s3").create_bucket(Bucket=BUCKET)
    role = endpoints.role(aws)
    pushed = deploy(
        *("push", "--image", image, "--repository", REPOSITORY, "--image-tag", "one", "--json"),
        variables=aws.variables,
        seconds=600,
    )
    assert pushed.code == 0, pushed.err
    uploaded = deploy(
        "upload", job.archive, "--to", f"s3://{BUCKET}/models", "--json", variables=aws.variables
    )
    assert uploaded.code == 0, uploaded.err
    repository, digest = pushed.document["repository"], pushed.document["digest"]
    ended = deploy(
        *("endpoint", "--name", NAME, "--image", f"{repository}:one", "--role", role),
        *("--artifact", uploaded.document["model_artifact_url"], "--instances", 2),
        *("--poll", 0.2, "--max-p99", 60, "--json"),
        variables=aws.variables,
        seconds=300,
    )
    assert ended.code == 0, ended.err
    assert ended.document["digest"] == digest  # whatever becomes of the tag
    assert ended.document["image"].endswith(f"@{digest}")
    reply = aws.client("sagemaker-runtime").invoke_endpoint(
        EndpointName=NAME, Body=",".join(["-70"] * 13), ContentType="text/csv", Accept="text/csv"
    )
    assert reply["Body"].read().count(b",") == 5  # location, probability, column, row, …
    gone = deploy(
        *("destroy", "--name", NAME, "--artifacts", "--repository", REPOSITORY, "--logs"),
        *("--yes", "--json"),
        variables=aws.variables,
    )
    assert gone.code == 0, gone.err
    assert endpoints.left(aws, NAME) == []
    assert aws.client("s3").list_objects_v2(Bucket=BUCKET)["KeyCount"] == 0
    assert aws.client("ecr").describe_repositories()["repositories"] == []
