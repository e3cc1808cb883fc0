"""Jobs while S3 fails: what can be repeated is, and the rest is told."""

import contextlib
import io
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.awsrequest import AWSResponse
from botocore.exceptions import ClientError

from local_test.aws.laptop import Laptop
from tests.support.job_runs import ECR, S3, Jobs, channel

LISTS = {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "*"}
READS = {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": "*"}
COPY = "import shutil; shutil.copytree('input/data/training', 'model/copy')"
BUSY = b"<?xml version='1.0'?><Error><Code>SlowDown</Code><Message>Busy.</Message></Error>"


class Raw(io.BytesIO):
    """The body of a prepared answer."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        yield self.read()


@pytest.fixture(scope="module")
def jobs(aws: Laptop) -> Jobs:
    return Jobs(aws)


@contextlib.contextmanager
def failing(jobs: Jobs, fails: Callable[[int], bool]) -> Iterator[list[int]]:
    """Have S3 answer 503 to some requests of jobs, by their number; gives those that failed."""
    events = jobs.aws.cloud.client("s3", role=jobs.role).meta.events
    seen, failed = 0, list[int]()

    def before(request: Any, **_: Any) -> AWSResponse | None:
        nonlocal seen
        seen += 1
        if not fails(seen):
            return None
        failed.append(seen)
        return AWSResponse(request.url, 503, {}, Raw(BUSY))

    events.register("before-send.s3", before)
    try:
        yield failed
    finally:
        events.unregister("before-send.s3", before)


def test_jobs_get_by_with_an_s3_that_fails_every_third_request(jobs: Jobs) -> None:
    for number in range(4):
        jobs.put(f"third/{number}.csv", f"{number},1\n")
    model = jobs.model()

    with failing(jobs, lambda number: number % 3 == 0) as failed:
        trained = jobs.train(COPY, [channel("training", jobs.uri("third/"))])
        transformed = jobs.transform(model, jobs.uri("third/"))

    assert len(failed) > 4
    assert trained["TrainingJobStatus"] == "Completed", trained.get("FailureReason")
    found = jobs.archived(f"out/{trained['TrainingJobName']}/output/model.tar.gz")
    assert found == {f"copy/{number}.csv": f"{number},1\n".encode() for number in range(4)}
    assert transformed["TransformJobStatus"] == "Completed", transformed.get("FailureReason")
    assert jobs.result(transformed, "3.csv") == "4,true\n"


def test_an_s3_that_is_gone_when_the_model_is_done_fails_the_job(jobs: Jobs) -> None:
    with failing(jobs, lambda _: True):
        job = jobs.train("open('model/weights', 'w').write('7')")

    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith("ClientError: Artifact upload failed: ")
    assert "SlowDown" in job["FailureReason"]


@pytest.mark.parametrize(
    ("rights", "said"),
    [
        (LISTS, "ClientError: Data download failed: HeadObject was refused: AccessDenied."),
        (READS, "ClientError: Artifact upload failed: "),
    ],
)
def test_a_training_job_can_do_what_its_role_may(
    jobs: Jobs, rights: dict[str, Any], said: str
) -> None:
    data = channel("training", jobs.put("rights/a.csv", "1\n"))

    job = jobs.train(COPY, [data], RoleArn=jobs.new_role(rights))

    assert job["TrainingJobStatus"] == "Failed"
    assert job["FailureReason"].startswith(said)
    assert "AccessDenied" in job["FailureReason"]


def test_a_transform_job_can_do_what_its_models_role_may(jobs: Jobs) -> None:
    uri = jobs.put("rights/a.csv", "1\n")
    model = jobs.model(role=jobs.new_role(READS))

    job = jobs.transform(model, uri)

    assert job["TransformJobStatus"] == "Failed"
    assert job["FailureReason"].startswith(f"ClientError: {uri}: S3: ")
    assert "AccessDenied" in job["FailureReason"]


def test_a_role_has_to_be_allowed_to_pull_the_image(jobs: Jobs) -> None:
    made = jobs.aws.client("ecr").create_repository(repositoryName="team/pulled")
    image = {"TrainingImage": f"{made['repository']['repositoryUri']}:1"}
    given = jobs.training("pass", algorithm=image)

    with pytest.raises(ClientError, match=f"{jobs.role} may not pull .*ecr:BatchGetImage"):
        jobs.sagemaker.create_training_job(**given)
    allowed = jobs.train("pass", algorithm=image, RoleArn=jobs.new_role(S3, ECR))

    assert allowed["TrainingJobStatus"] == "Completed"
