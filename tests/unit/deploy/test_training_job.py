import io
from dataclasses import replace
from typing import Any

import pytest
from botocore.stub import Stubber

from deploy.aws import Aws
from deploy.errors import DeployError
from deploy.screen import Screen
from deploy.training_job import Jobs, Order, TrainingFailedError, metric_definitions
from train import metrics

ORDER = Order(
    image="1.dkr.ecr.eu-west-1.amazonaws.com/blerssi@sha256:" + "0" * 64,
    role="arn:aws:iam::123456789012:role/blerssi-execution",
    channels={"training": "s3://bucket/data/training.csv"},
    content={"training": [["data/training.csv", '"etag"']]},
    hyperparameters={"epochs": "3"},
    output="s3://bucket/models/",
    instance_type="ml.m5.large",
    instance_count=1,
    volume_gb=5,
    spot=True,
    max_seconds=3600,
    max_wait=7200,
    kms_key=None,
)


def test_the_metrics_are_those_that_training_prints() -> None:
    assert metric_definitions() == metrics.definitions()


def test_a_spot_job_has_checkpoints_and_waits() -> None:
    request = ORDER.request("name", {"project": "blerssi"})
    assert request["EnableManagedSpotTraining"] is True
    assert request["StoppingCondition"] == {
        "MaxRuntimeInSeconds": 3600,
        "MaxWaitTimeInSeconds": 7200,
    }
    assert request["CheckpointConfig"]["S3Uri"] == f"s3://bucket/models/checkpoints/{ORDER.stem}"
    assert request["HyperParameters"] == {"epochs": "3"}
    assert request["Tags"] == [{"Key": "project", "Value": "blerssi"}]


def test_a_job_on_demand_waits_for_no_machine() -> None:
    request = replace(ORDER, spot=False, kms_key="key").request("name", {})
    assert request["EnableManagedSpotTraining"] is False
    assert "MaxWaitTimeInSeconds" not in request["StoppingCondition"]
    assert request["OutputDataConfig"]["KmsKeyId"] == "key"
    assert request["ResourceConfig"]["VolumeKmsKeyId"] == "key"


@pytest.mark.parametrize(
    "change",
    [
        {"image": "other"},
        {"hyperparameters": {"epochs": "4"}},
        {"content": {"training": [["data/training.csv", '"other"']]}},
    ],
)
def test_another_content_is_another_job(change: dict[str, Any]) -> None:
    assert replace(ORDER, **change).stem != ORDER.stem
    assert replace(ORDER).stem == ORDER.stem


def jobs() -> tuple[Jobs, Stubber]:
    aws = Aws(Screen(io.StringIO()), region="eu-west-1")
    stub = Stubber(aws.client("sagemaker"))
    stub.activate()
    return Jobs(aws, Screen(io.StringIO()), {}), stub


def described(name: str, status: str, **more: Any) -> dict[str, Any]:
    return {
        "TrainingJobName": name,
        "TrainingJobArn": f"arn:aws:sagemaker:eu-west-1:123456789012:training-job/{name}",
        "ModelArtifacts": {"S3ModelArtifacts": "s3://bucket/model.tar.gz"},
        "TrainingJobStatus": status,
        "SecondaryStatus": status,
        "AlgorithmSpecification": {"TrainingInputMode": "File"},
        "ResourceConfig": {"VolumeSizeInGB": 5},
        "StoppingCondition": {},
        "CreationTime": 0,
        **more,
    }


def test_a_job_that_is_there_is_found_again() -> None:
    asked, stub = jobs()
    stub.add_response("describe_training_job", described(ORDER.stem, "InProgress"))
    assert asked.start(ORDER) == ORDER.stem
    stub.assert_no_pending_responses()


def test_a_job_that_failed_gets_a_successor() -> None:
    asked, stub = jobs()
    stub.add_response("describe_training_job", described(ORDER.stem, "Failed"))
    stub.add_client_error(
        "describe_training_job", "ValidationException", "Requested resource not found."
    )
    arn = "arn:aws:sagemaker:eu-west-1:123456789012:training-job/x"
    stub.add_response("create_training_job", {"TrainingJobArn": arn})
    assert asked.start(ORDER) == f"{ORDER.stem}-2"
    stub.assert_no_pending_responses()


def test_a_job_that_somebody_else_started_meanwhile_is_the_same() -> None:
    asked, stub = jobs()
    stub.add_client_error("describe_training_job", "ValidationException", "resource not found")
    stub.add_client_error("create_training_job", "ResourceInUse", "already exists")
    assert asked.start(ORDER) == ORDER.stem


def test_what_aws_refuses_is_said() -> None:
    asked, stub = jobs()
    stub.add_client_error("describe_training_job", "ValidationException", "resource not found")
    stub.add_client_error("create_training_job", "ResourceLimitExceeded", "no ml.m5.large left")
    with pytest.raises(DeployError, match=r"no ml\.m5\.large left"):
        asked.start(ORDER)


def test_a_failed_job_says_why(monkeypatch: pytest.MonkeyPatch) -> None:
    asked, stub = jobs()
    failed = described("x", "Failed", FailureReason="AlgorithmError: epochs is 'many'")
    stub.add_response("describe_training_job", failed)
    monkeypatch.setattr("deploy.training_job._last_lines", lambda *_: ["epoch=1"])
    with pytest.raises(TrainingFailedError, match="epochs is 'many'") as caught:
        asked.completed("x", 5, 0.1)
    assert caught.value.hint.endswith("epoch=1")
