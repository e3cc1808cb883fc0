from typing import Any

import pytest

from deploy.endpoint import config
from deploy.endpoint.capture import Capture
from deploy.endpoint.config import Asynchronous, Configuration, Instances, Serverless


def variant(configuration: Configuration) -> dict[str, Any]:
    found: dict[str, Any] = configuration.request("blerssi", "model-1")["ProductionVariants"][0]
    return found


def test_instances() -> None:
    found = variant(Configuration(Instances("ml.c6i.large", 3, 600)))
    assert (found["InstanceType"], found["InitialInstanceCount"]) == ("ml.c6i.large", 3)
    assert found["ContainerStartupHealthCheckTimeoutInSeconds"] == 600
    assert found["ModelName"] == "model-1"
    assert "ServerlessConfig" not in found


def test_two_instances_are_the_default() -> None:
    assert Configuration(Instances()).instances == 2


def test_serverless_has_no_instances() -> None:
    configuration = Configuration(Serverless(2048, 20))
    found = variant(configuration)
    assert found["ServerlessConfig"] == {"MemorySizeInMB": 2048, "MaxConcurrency": 20}
    assert not {"InstanceType", "InitialInstanceCount"} & found.keys()
    assert configuration.instances is None


def test_asynchronous_answers_and_failures_go_below_the_endpoints_own_folder() -> None:
    configuration = Configuration(Instances(), Asynchronous("s3://bucket/async/", 8))
    found = configuration.request("blerssi", "model-1")["AsyncInferenceConfig"]
    assert found["OutputConfig"] == {
        "S3OutputPath": "s3://bucket/async/blerssi/answers",
        "S3FailurePath": "s3://bucket/async/blerssi/failures",
    }
    assert found["ClientConfig"] == {"MaxConcurrentInvocationsPerInstance": 8}


def test_the_places_that_an_endpoint_writes_to_are_known() -> None:
    configuration = Configuration(
        Instances(), Asynchronous("s3://bucket/async"), Capture(10, "s3://bucket/capture")
    )
    assert config.places(configuration.request("blerssi", "m"), "blerssi") == [
        "s3://bucket/capture/blerssi/",
        "s3://bucket/async/blerssi/answers/",
        "s3://bucket/async/blerssi/failures/",
    ]
    assert config.places(Configuration(Instances()).request("blerssi", "m"), "blerssi") == []


def test_a_folder_that_is_not_the_endpoints_own_is_no_such_place() -> None:
    there = {"AsyncInferenceConfig": {"OutputConfig": {"S3OutputPath": "s3://bucket/shared"}}}
    assert config.places(there, "blerssi") == []


@pytest.mark.parametrize(
    ("configuration", "words"),
    [
        (Configuration(Instances("m5.large")), "--instance-type 'm5.large'"),
        (Configuration(Instances(count=0)), "--instances 0"),
        (Configuration(Instances(start_seconds=59)), "--start-seconds 59"),
        (Configuration(Serverless(1000)), "--serverless 1000"),
        (Configuration(Serverless(1024, 201)), "--concurrency 201"),
        (Configuration(Instances(), Asynchronous("bucket")), "--async-to"),
        (Configuration(Instances(), Asynchronous("s3://bucket", 0)), "--concurrency 0"),
        (Configuration(Serverless(1024), Asynchronous("s3://bucket")), "exclude each other"),
        (Configuration(Serverless(1024), capture=Capture(1, "s3://bucket")), "--capture is not"),
    ],
)
def test_what_sagemaker_would_refuse_is_said(configuration: Configuration, words: str) -> None:
    assert any(words in each for each in configuration.problems())
