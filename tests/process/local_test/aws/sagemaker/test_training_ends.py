"""How training jobs end: stopped, out of time, failed, refused, cut off."""

from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from local_test.aws.laptop import Laptop
from tests.support.job_runs import Jobs, channel
from tests.support.laptop import laptop
from tests.support.waiting import until

LASTING = """
import pathlib, signal, sys, time
def stop(*_):
    pathlib.Path("model/weights").write_text("saved")
    sys.exit({code})
signal.signal(signal.SIGTERM, stop)
print("begun", flush=True)
time.sleep(600)
"""
FAILING = """
import pathlib, sys
{write}
sys.exit({code})
"""
WRITES = "pathlib.Path('output/failure').write_text('No beacons.\\n\\nTraceback ...')"


OUT_OF_MEMORY = (
    "Please use an instance type with more memory, or reduce the size of job data processed on an "
    "instance."
)


@pytest.fixture(scope="module")
def jobs(aws: Laptop) -> Jobs:
    made = Jobs(aws)
    made.put("in/a.csv", "1")
    return made


def begun(jobs: Jobs, given: dict[str, Any]) -> str:
    """Create a job and wait until its program says that it has begun."""
    name: str = given["TrainingJobName"]
    jobs.sagemaker.create_training_job(**given)
    jobs.trained(name, "InProgress")
    until(
        lambda: (
            jobs.training_of(name)["SecondaryStatus"] == "Training"
            and "begun" in jobs.log("/aws/sagemaker/TrainingJobs", f"{name}/")
        ),
        "the program",
    )
    return name


@pytest.mark.parametrize("code", [0, 1])
def test_a_stopped_job_keeps_what_it_saved(jobs: Jobs, code: int) -> None:
    name = begun(jobs, jobs.training(LASTING.format(code=code)))

    jobs.sagemaker.stop_training_job(TrainingJobName=name)
    assert jobs.training_of(name)["TrainingJobStatus"] in {"Stopping", "Stopped"}

    job = jobs.trained(name)
    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "Stopped")
    assert "Stopping" in [each["Status"] for each in job["SecondaryStatusTransitions"]]
    assert jobs.archived(f"out/{name}/output/model.tar.gz") == {"weights": b"saved"}
    jobs.sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=name)
    with pytest.raises(ClientError, match="the training job is in status Stopped"):
        jobs.sagemaker.stop_training_job(TrainingJobName=name)


def test_a_job_that_takes_too_long_is_stopped_and_keeps_its_model(jobs: Jobs) -> None:
    job = jobs.train(LASTING.format(code=0), seconds=2)

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Stopped", "MaxRuntimeExceeded")
    assert jobs.keys(f"out/{job['TrainingJobName']}/output/") == ["model.tar.gz"]


@pytest.mark.parametrize(
    ("write", "code", "reason"),
    [
        (WRITES, 3, "AlgorithmError: No beacons.\n\nTraceback ..., exit code: 3"),
        ("pass", 1, "AlgorithmError: , exit code: 1"),
        (
            "import os, signal; os.kill(os.getpid(), signal.SIGKILL)",
            1,
            f"AlgorithmError: {OUT_OF_MEMORY}, exit code: 137",
        ),
    ],
)
def test_a_failed_job_says_why(jobs: Jobs, write: str, code: int, reason: str) -> None:
    job = jobs.train(FAILING.format(write=write, code=code))

    assert (job["TrainingJobStatus"], job["SecondaryStatus"]) == ("Failed", "Failed")
    assert job["FailureReason"] == reason
    assert jobs.keys(f"out/{job['TrainingJobName']}/output/model") == []


def test_a_long_failure_is_cut_before_the_exit_code(jobs: Jobs) -> None:
    write = "pathlib.Path('output/failure').write_text('x' * 3000)"

    reason = jobs.train(FAILING.format(write=write, code=2))["FailureReason"]

    assert len(reason) == 1024
    assert reason.endswith("xxx, exit code: 2")


def test_waiters_see_a_failure(jobs: Jobs) -> None:
    name = jobs.train("raise SystemExit(1)")["TrainingJobName"]

    with pytest.raises(WaiterError, match="terminal failure"):
        jobs.sagemaker.get_waiter("training_job_completed_or_stopped").wait(TrainingJobName=name)


@pytest.mark.parametrize(
    ("program", "more", "said"),
    [
        (
            "import os; os.symlink('/etc/passwd', 'model/link'); open('model/x', 'w').close()",
            {},
            ("", "link is a link"),
        ),
        (
            "open('model/x', 'w').write('7')",
            {"OutputDataConfig": {"S3OutputPath": "s3://no-such-bucket-here/out"}},
            ("s3://no-such-bucket-here/out/", "NoSuchBucket"),
        ),
    ],
)
def test_what_cannot_be_uploaded_fails_the_job(
    jobs: Jobs, program: str, more: dict[str, Any], said: tuple[str, str]
) -> None:
    reason = jobs.train(program, **more)["FailureReason"]

    assert reason.startswith(f"ClientError: Artifact upload failed: {said[0]}")
    assert said[1] in reason


TWO = [channel("a", "s3://{bucket}/in/"), channel("a", "s3://{bucket}/in/")]


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"RoleArn": "arn:aws:iam::111111111111:role/nobody"}, "nobody"),
        (
            {"AlgorithmSpecification": {"TrainingImage": "no-such:1", "TrainingInputMode": "File"}},
            "Cannot find the image no-such:1",
        ),
        (
            {"AlgorithmSpecification": {"AlgorithmName": "a", "TrainingInputMode": "File"}},
            "no TrainingImage",
        ),
        (
            {"InputDataConfig": [channel("a", "s3://no-such-bucket-here/x")]},
            "No S3 objects found under S3 URL",
        ),
        (
            {"InputDataConfig": [channel("a", "s3://{bucket}/nothing/")]},
            "No S3 objects found under S3 URL",
        ),
        (
            {"InputDataConfig": [channel("a", "s3://{bucket}/in/", RecordWrapperType="RecordIO")]},
            "are for Pipe mode",
        ),
        (
            {"InputDataConfig": [channel("a", "s3://{bucket}/in/", "AugmentedManifestFile")]},
            "takes Pipe mode and AttributeNames",
        ),
        ({"InputDataConfig": TWO}, "two channels are named a"),
        (
            {
                "ResourceConfig": {
                    "InstanceType": "ml.m5.large",
                    "InstanceCount": 2,
                    "VolumeSizeInGB": 1,
                }
            },
            "2 instances need a network",
        ),
        ({"EnableNetworkIsolation": True}, "EnableNetworkIsolation needs a network"),
        ({"EnableManagedSpotTraining": True}, "Invalid MaxWaitTimeInSeconds"),
        (
            {"CheckpointConfig": {"S3Uri": "s3://x/y", "LocalPath": "/var/x"}},
            "is not below /opt/ml",
        ),
        ({"TrainingJobName": "not a name"}, "regular expression"),
        ({"OutputDataConfig": {"S3OutputPath": "https://x/y"}}, "is not an S3 URI"),
        ({"Tags": [{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]}, "Duplicate tag keys"),
    ],
)
def test_what_aws_rejects_is_rejected(jobs: Jobs, changes: dict[str, Any], said: str) -> None:
    given = {**jobs.training("pass"), **changes}
    for each in given.get("InputDataConfig", ()):
        source = each["DataSource"]["S3DataSource"]
        source = {**source, "S3Uri": source["S3Uri"].format(bucket=jobs.bucket)}
        each["DataSource"] = {"S3DataSource": source}

    with pytest.raises(ClientError, match=said) as caught:
        jobs.sagemaker.create_training_job(**given)

    assert caught.value.response["Error"]["Code"] == "ValidationException"
    with pytest.raises(ClientError):
        jobs.sagemaker.describe_training_job(TrainingJobName=given["TrainingJobName"])


def test_a_role_without_rights_is_told_at_once(jobs: Jobs) -> None:
    given = jobs.training("pass", [channel("a", jobs.uri("in/"))], RoleArn=jobs.new_role())

    with pytest.raises(ClientError, match="S3 says AccessDenied"):
        jobs.sagemaker.create_training_job(**given)


def test_a_name_can_be_used_once(jobs: Jobs) -> None:
    given = jobs.training("pass")
    jobs.sagemaker.create_training_job(**given)

    with pytest.raises(ClientError, match="job with this name already exists") as caught:
        jobs.sagemaker.create_training_job(**given)

    assert caught.value.response["Error"]["Code"] == "ResourceInUse"
    jobs.trained(given["TrainingJobName"])


@pytest.mark.parametrize("operation", ["describe_training_job", "stop_training_job"])
def test_a_job_that_is_not_there_is_told(jobs: Jobs, operation: str) -> None:
    with pytest.raises(ClientError, match="Requested resource not found"):
        getattr(jobs.sagemaker, operation)(TrainingJobName="nothing")


def test_a_job_ends_with_the_laptop_and_is_still_known_after_it(tmp_path: Path) -> None:
    with laptop(tmp_path) as aws:
        jobs = Jobs(aws)
        name = begun(jobs, jobs.training(LASTING.format(code=0)))
        account = aws.cloud.account

    with Laptop(tmp_path, account=account) as again:
        job = again.client("sagemaker").describe_training_job(TrainingJobName=name)

    assert job["TrainingJobStatus"] == "Failed"
    assert "laptop's AWS was closed" in job["FailureReason"]
    assert not list(tmp_path.rglob("algo-1"))
