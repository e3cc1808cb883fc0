"""InvokeEndpointAsync: from S3 to S3, with the errors where they belong."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.support.hosting import BUCKET, VARIANT, Hosting
from tests.support.waiting import until

_CONFIG = {
    "OutputConfig": {
        "S3OutputPath": f"s3://{BUCKET}/answers",
        "S3FailurePath": f"s3://{BUCKET}/failures/",
    },
    "ClientConfig": {"MaxConcurrentInvocationsPerInstance": 2},
}


@pytest.fixture(scope="module")
def name(hosting: Hosting) -> Iterator[str]:
    yield hosting.endpoint("queued", AsyncInferenceConfig=_CONFIG)
    hosting.delete("queued")


def send(hosting: Hosting, name: str, wish: dict[str, Any], **more: Any) -> Any:
    hosting.s3.put_object(Bucket=BUCKET, Key="wish.json", Body=json.dumps(wish))
    return hosting.runtime.invoke_endpoint_async(
        EndpointName=name,
        InputLocation=f"s3://{BUCKET}/wish.json",
        ContentType="application/json",
        **more,
    )


def content(hosting: Hosting, location: str) -> str:
    """Wait for an object and read it."""
    key = location.removeprefix(f"s3://{BUCKET}/")
    found: list[str] = []

    def is_there() -> bool:
        try:
            body = hosting.s3.get_object(Bucket=BUCKET, Key=key)["Body"]
        except hosting.s3.exceptions.NoSuchKey:
            return False
        found.append(body.read().decode())
        return True

    until(is_there, location)
    return found[0]


def test_an_answer_is_put_where_it_was_promised(hosting: Hosting, name: str) -> None:
    sent = send(hosting, name, {"attributes": "x"}, InferenceId="mine", Filename="answer.json")
    assert sent["ResponseMetadata"]["HTTPStatusCode"] == 202
    assert sent["InferenceId"] == "mine"
    assert sent["OutputLocation"] == f"s3://{BUCKET}/answers/answer.json"
    found = json.loads(content(hosting, sent["OutputLocation"]))
    headers = {key.lower(): value for key, value in found["headers"].items()}
    assert (found["model"], headers["x-amzn-sagemaker-inference-id"]) == (name, "mine")
    assert headers["content-type"] == "application/json"


def test_a_small_body_needs_no_s3(hosting: Hosting, name: str) -> None:
    sent = hosting.runtime.invoke_endpoint_async(EndpointName=name, Body=b'{"size": 5}')
    assert json.loads(content(hosting, sent["OutputLocation"]))["body"] == "xxxxx"


@pytest.mark.parametrize(
    ("wish", "more", "said"),
    [
        ({"refuse": "not these"}, {}, "not these"),
        ({"sleep": 5}, {"InvocationTimeoutSeconds": 1}, "timed out"),
    ],
)
def test_a_failure_is_put_elsewhere(
    hosting: Hosting, name: str, wish: dict[str, Any], more: dict[str, Any], said: str
) -> None:
    sent = send(hosting, name, wish, **more)
    assert sent["FailureLocation"].startswith(f"s3://{BUCKET}/failures/")
    assert said in content(hosting, sent["FailureLocation"])


def test_an_input_that_is_missing_is_a_failure(hosting: Hosting, name: str) -> None:
    sent = hosting.runtime.invoke_endpoint_async(
        EndpointName=name, InputLocation=f"s3://{BUCKET}/nothing"
    )
    assert "NoSuchKey" in content(hosting, sent["FailureLocation"])


def test_each_kind_of_endpoint_has_its_own_operation(hosting: Hosting, name: str) -> None:
    with pytest.raises(ClientError, match="InvokeEndpointAsync"):
        hosting.ask(name)
    with pytest.raises(ClientError, match="Exactly one of InputLocation and Body"):
        hosting.runtime.invoke_endpoint_async(EndpointName=name)
    with pytest.raises(ClientError, match="more than 128000 bytes"):
        hosting.runtime.invoke_endpoint_async(EndpointName=name, Body=b"x" * 128_001)


def test_requests_wait_while_there_is_no_instance(hosting: Hosting, name: str) -> None:
    def scale(count: int) -> None:
        change = {"VariantName": VARIANT, "DesiredInstanceCount": count}
        hosting.sagemaker.update_endpoint_weights_and_capacities(
            EndpointName=name, DesiredWeightsAndCapacities=[change]
        )
        hosting.wait(name)

    scale(0)
    assert hosting.describe(name)["ProductionVariants"][0]["CurrentInstanceCount"] == 0
    sent = [send(hosting, name, {}) for _ in range(5)]
    scale(1)
    for each in sent:
        assert json.loads(content(hosting, each["OutputLocation"]))["model"] == name


def test_instances_come_with_a_backlog_and_go_without_one(hosting: Hosting, name: str) -> None:
    scaling = hosting.aws.client("application-autoscaling")
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{name}/variant/{VARIANT}",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }

    def has(count: int) -> bool:
        variant = hosting.describe(name)["ProductionVariants"][0]
        return bool(variant["CurrentInstanceCount"] == count)

    def follow(value: float) -> None:
        backlog = {
            "Namespace": "AWS/SageMaker",
            "MetricName": "ApproximateBacklogSizePerInstance",
            "Dimensions": [{"Name": "EndpointName", "Value": name}],
            "Statistic": "Maximum",
        }
        scaling.put_scaling_policy(
            **target,
            PolicyName="backlog",
            PolicyType="TargetTrackingScaling",
            TargetTrackingScalingPolicyConfiguration={
                "TargetValue": value,
                "CustomizedMetricSpecification": backlog,
                "ScaleInCooldown": 0,
                "ScaleOutCooldown": 0,
            },
        )

    scaling.register_scalable_target(**target, MinCapacity=0, MaxCapacity=2)
    sent = [send(hosting, name, {"sleep": 3}) for _ in range(6)]
    follow(1.0)
    until(lambda: has(2), "the greatest number")
    for each in sent:
        content(hosting, each["OutputLocation"])
    follow(1e9)  # the metric of the last minute still has the backlog, which this is far above
    until(lambda: has(1) or has(0), "fewer instances")
    scaling.deregister_scalable_target(**target)
