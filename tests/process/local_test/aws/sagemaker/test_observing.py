"""What is seen of an endpoint from outside: metrics, alarms, logs, captured data, scaling."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.hosting import BUCKET, VARIANT, Hosting
from tests.support.waiting import until

_CAPTURE = {
    "EnableCapture": True,
    "InitialSamplingPercentage": 50,
    "DestinationS3Uri": f"s3://{BUCKET}/captured",
    "CaptureOptions": [{"CaptureMode": "Input"}, {"CaptureMode": "Output"}],
    "CaptureContentTypeHeader": {"JsonContentTypes": ["application/json"]},
}


@pytest.fixture(scope="module")
def name(hosting: Hosting) -> Iterator[str]:
    yield hosting.endpoint("seen", DataCaptureConfig=_CAPTURE)
    hosting.delete("seen")


def dimensions(name: str) -> list[dict[str, str]]:
    return [
        {"Name": "EndpointName", "Value": name},
        {"Name": "VariantName", "Value": VARIANT},
    ]


def measured(hosting: Hosting, name: str, metric: str, statistic: str) -> float:
    end = datetime.now(UTC) + timedelta(seconds=2)
    rows = hosting.aws.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/SageMaker",
        MetricName=metric,
        Dimensions=dimensions(name),
        StartTime=end - timedelta(hours=1),
        EndTime=end,
        Period=7200,
        Statistics=[statistic],
    )["Datapoints"]
    return float(sum(each[statistic] for each in rows))


def alarm_state(hosting: Hosting, alarm: str) -> str:
    found = hosting.aws.client("cloudwatch").describe_alarms(AlarmNames=[alarm])
    return str(found["MetricAlarms"][0]["StateValue"])


def test_requests_are_counted_and_measured(hosting: Hosting, name: str) -> None:
    hosting.ask(name, {"sleep": 0.2})
    with pytest.raises(hosting.runtime.exceptions.ModelError):
        hosting.ask(name, {"refuse": "no"})
    until(lambda: measured(hosting, name, "Invocations", "Sum") == 2, "two invocations")
    assert measured(hosting, name, "Invocation4XXErrors", "Sum") == 1
    assert measured(hosting, name, "Invocation5XXErrors", "Sum") == 0
    assert measured(hosting, name, "Invocation4XXErrors", "SampleCount") == 2
    assert measured(hosting, name, "ModelLatency", "Maximum") >= 200_000
    assert 0 < measured(hosting, name, "OverheadLatency", "Maximum") < 200_000


def test_an_alarm_rings_and_calms_down(hosting: Hosting, name: str) -> None:
    cloudwatch = hosting.aws.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName="slow",
        Namespace="AWS/SageMaker",
        MetricName="ModelLatency",
        Dimensions=dimensions(name),
        Period=10,
        EvaluationPeriods=1,
        Threshold=300_000,
        ComparisonOperator="GreaterThanThreshold",
        TreatMissingData="notBreaching",
        ExtendedStatistic="p99",
    )
    hosting.ask(name, {"sleep": 0.5})
    until(lambda: alarm_state(hosting, "slow") == "ALARM", "the alarm")
    until(lambda: alarm_state(hosting, "slow") == "OK", "calm")
    cloudwatch.delete_alarms(AlarmNames=["slow"])


def test_the_log_of_every_instance_is_in_cloudwatch(hosting: Hosting, name: str) -> None:
    logs = hosting.aws.client("logs")
    group = f"/aws/sagemaker/Endpoints/{name}"
    stream = logs.describe_log_streams(logGroupName=group)["logStreams"][0]["logStreamName"]
    assert stream.startswith(f"{VARIANT}/i-")

    def is_told() -> bool:
        events = logs.get_log_events(logGroupName=group, logStreamName=stream)["events"]
        return any("The model is loaded" in each["message"] for each in events)

    until(is_told, "the line that the model is loaded")


def captured(hosting: Hosting, name: str) -> list[dict[str, Any]]:
    prefix = f"captured/{name}/{VARIANT}/{datetime.now(UTC):%Y/%m/%d}"
    listed = hosting.s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix).get("Contents", ())
    texts = [
        hosting.s3.get_object(Bucket=BUCKET, Key=each["Key"])["Body"].read() for each in listed
    ]
    return [json.loads(line) for text in texts for line in text.splitlines()]


def test_a_sample_of_the_requests_is_captured(hosting: Hosting, name: str) -> None:
    def marked() -> list[dict[str, Any]]:
        return [
            line
            for line in captured(hosting, name)
            if line["eventMetadata"].get("inferenceId") == "captured"
        ]

    for _ in range(10):
        hosting.ask(name, {"size": 3}, InferenceId="captured", CustomAttributes="a=1")
    until(lambda: len(marked()) == 5, "half of ten requests")
    line = marked()[0]
    assert line["eventVersion"] == "0"
    assert line["eventMetadata"]["customAttributes"] == ["a=1"]
    given, answered = (line["captureData"][each] for each in ("endpointInput", "endpointOutput"))
    assert (given["mode"], given["encoding"], given["data"]) == ("INPUT", "JSON", '{"size": 3}')
    assert answered["observedContentType"] == "application/json"
    assert json.loads(answered["data"])["body"] == "xxx"
    found = hosting.describe(name)["DataCaptureConfig"]
    assert (found["CaptureStatus"], found["CurrentSamplingPercentage"]) == ("Started", 50)


def test_scaling_holds_the_bounds_and_follows_its_target(hosting: Hosting, name: str) -> None:
    scaling = hosting.aws.client("application-autoscaling")
    target = {
        "ServiceNamespace": "sagemaker",
        "ResourceId": f"endpoint/{name}/variant/{VARIANT}",
        "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
    }

    def has(count: int) -> bool:
        found = hosting.describe(name)
        current = found["ProductionVariants"][0]["CurrentInstanceCount"]
        return bool(current == count and found["EndpointStatus"] == "InService")

    scaling.register_scalable_target(**target, MinCapacity=2, MaxCapacity=3)
    until(lambda: has(2), "the least number")
    scaling.put_scaling_policy(
        **target,
        PolicyName="busy",
        PolicyType="TargetTrackingScaling",
        TargetTrackingScalingPolicyConfiguration={
            "TargetValue": 1.0,
            "PredefinedMetricSpecification": {
                "PredefinedMetricType": "SageMakerVariantInvocationsPerInstance"
            },
            "ScaleOutCooldown": 0,
            "ScaleInCooldown": 0,
        },
    )
    for _ in range(20):
        hosting.ask(name)
    until(lambda: has(3), "the greatest number")
    scaling.deregister_scalable_target(**target)
