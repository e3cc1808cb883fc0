"""Endpoints from CreateModel to DeleteEndpoint, as boto3 sees them."""

import contextlib
import json
import os
import re
import signal
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError, WaiterError

from local_test.aws.sagemaker import variants
from tests.support.hosting import BUCKET, NEVER_HEALTHY, VARIANT, Hosting, packed
from tests.support.waiting import until


@pytest.fixture(scope="module")
def two(hosting: Hosting) -> Iterator[str]:
    """An endpoint of two instances."""
    yield hosting.endpoint("two", count=2)
    hosting.delete("two")


def test_an_endpoint_goes_from_creating_to_in_service_and_away(hosting: Hosting) -> None:
    name = hosting.config(hosting.model("life"))
    arn = hosting.sagemaker.create_endpoint(
        EndpointName=name, EndpointConfigName=name, Tags=[{"Key": "owner", "Value": "test"}]
    )["EndpointArn"]
    assert hosting.describe(name)["EndpointStatus"] == "Creating"
    refused(hosting.runtime.invoke_endpoint, "not found", EndpointName=name, Body=b"{}")
    refused(hosting.sagemaker.delete_endpoint, "in-progress", EndpointName=name)
    hosting.wait(name)
    found = hosting.describe(name)
    assert found["ProductionVariants"][0]["CurrentInstanceCount"] == 1
    assert found["EndpointArn"] == arn
    assert "FailureReason" not in found
    assert hosting.ask(name)["model"] == "life"
    hosting.sagemaker.delete_model(ModelName=name)
    hosting.sagemaker.delete_endpoint_config(EndpointConfigName=name)
    assert hosting.ask(name)["model"] == "life"
    hosting.delete(name)
    refused(hosting.sagemaker.describe_endpoint, "Could not find endpoint", EndpointName=name)
    refused(hosting.sagemaker.list_tags, "Could not find", ResourceArn=arn)
    assert not [*(hosting.aws.cloud.folder / "endpoints" / name).glob("*")]


def test_instances_share_the_requests(hosting: Hosting, two: str) -> None:
    servers = [hosting.ask(two)["server"] for _ in range(6)]
    assert sorted(servers.count(each) for each in set(servers)) == [3, 3]


def test_a_dead_instance_is_replaced(hosting: Hosting, two: str) -> None:
    before = {hosting.ask(two)["server"] for _ in range(2)}
    victim = before.pop()
    os.kill(victim, signal.SIGKILL)

    def replaced() -> bool:
        servers = set()
        for _ in range(2):  # what the dying one had accepted already is lost, as on AWS
            with contextlib.suppress(hosting.runtime.exceptions.ModelError):
                servers.add(hosting.ask(two)["server"])
        return len(servers) == 2 and victim not in servers

    until(replaced, "a replacement")
    assert hosting.describe(two)["EndpointStatus"] == "InService"


def test_lists_show_what_was_asked_for(hosting: Hosting, two: str) -> None:
    lists = hosting.sagemaker
    names = [each["EndpointName"] for each in lists.list_endpoints()["Endpoints"]]
    assert two in names
    found = lists.list_endpoints(StatusEquals="Failed", NameContains=two)["Endpoints"]
    assert found == []
    assert [each["ModelName"] for each in lists.list_models(NameContains=two)["Models"]] == [two]
    found = lists.list_endpoint_configs(NameContains=two)["EndpointConfigs"]
    assert [each["EndpointConfigName"] for each in found] == [two]


def test_what_was_made_is_described_as_it_was_made(hosting: Hosting, two: str) -> None:
    model = hosting.sagemaker.describe_model(ModelName=two)
    assert model["ExecutionRoleArn"] == hosting.role
    assert model["PrimaryContainer"]["ModelDataUrl"] == f"s3://{BUCKET}/{two}/model.tar.gz"
    config = hosting.sagemaker.describe_endpoint_config(EndpointConfigName=two)
    assert config["ProductionVariants"][0]["InitialVariantWeight"] == 1.0


def test_names_are_taken_once(hosting: Hosting, two: str) -> None:
    model = hosting.sagemaker.describe_model(ModelName=two)
    refused(
        hosting.sagemaker.create_model,
        "Cannot create already existing model",
        ModelName=two,
        PrimaryContainer=model["PrimaryContainer"],
        ExecutionRoleArn=hosting.role,
    )
    refused(
        hosting.sagemaker.create_endpoint,
        "Cannot create already existing endpoint",
        EndpointName=two,
        EndpointConfigName=two,
    )
    with pytest.raises(ClientError, match="Cannot create already existing endpoint configuration"):
        hosting.config(two)


def test_tags_are_added_listed_and_taken_away(hosting: Hosting, two: str) -> None:
    arn = hosting.describe(two)["EndpointArn"]
    tags = [{"Key": "a", "Value": "1"}, {"Key": "b", "Value": "2"}]
    hosting.sagemaker.add_tags(ResourceArn=arn, Tags=tags)
    hosting.sagemaker.add_tags(ResourceArn=arn, Tags=[{"Key": "a", "Value": "3"}])
    hosting.sagemaker.delete_tags(ResourceArn=arn, TagKeys=["b", "unknown"])
    found = hosting.sagemaker.list_tags(ResourceArn=arn)["Tags"]
    assert found == [{"Key": "a", "Value": "3"}]
    refused(
        hosting.sagemaker.add_tags,
        "Duplicate tag keys",
        ResourceArn=arn,
        Tags=[{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}],
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"ModelDataUrl": f"s3://{BUCKET}/nothing/model.tar.gz"}, "Could not find model data"),
        ({"ModelDataUrl": "s3://no-such-bucket/model.tar.gz"}, "Could not find model data"),
        ({"Image": "somebody/elses:latest"}, "Requested image somebody/elses:latest not found"),
        ({"Mode": "MultiModel"}, "cannot be run by the laptop"),
        ({"Environment": {"A": "x" * 1025}}, "length less than or equal to 1024"),
    ],
)
def test_a_model_that_cannot_serve_is_refused(
    hosting: Hosting, two: str, change: dict[str, Any], said: str
) -> None:
    container = hosting.sagemaker.describe_model(ModelName=two)["PrimaryContainer"]
    refused(
        hosting.sagemaker.create_model,
        said,
        ModelName="refused",
        PrimaryContainer={**container, **change},
        ExecutionRoleArn=hosting.role,
    )


def test_a_role_must_be_there_and_ours(hosting: Hosting, two: str) -> None:
    container = hosting.sagemaker.describe_model(ModelName=two)["PrimaryContainer"]
    for arn, said in (
        (f"{hosting.role}-unknown", "role"),
        ("arn:aws:iam::999999999999:role/serving", "Cross-account"),
    ):
        refused(
            hosting.sagemaker.create_model,
            said,
            ModelName="refused",
            PrimaryContainer=container,
            ExecutionRoleArn=arn,
        )


def test_a_role_without_rights_gets_no_model(hosting: Hosting) -> None:
    iam = hosting.aws.client("iam")
    policy = iam.get_role_policy(RoleName="serving", PolicyName="s3")["PolicyDocument"]
    name = hosting.config(hosting.model("denied"))
    container = hosting.sagemaker.describe_model(ModelName=name)["PrimaryContainer"]
    iam.delete_role_policy(RoleName="serving", PolicyName="s3")
    try:
        refused(
            hosting.sagemaker.create_model,
            r"Could not access model data at s3://models/denied/.*s3:GetObject",
            ModelName="denied-2",
            PrimaryContainer=container,
            ExecutionRoleArn=hosting.role,
        )
        hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
        expect_failure(hosting, name, "Failed to download model data.*role.*permissions")
    finally:
        iam.put_role_policy(RoleName="serving", PolicyName="s3", PolicyDocument=json.dumps(policy))


def test_an_unknown_model_or_configuration_is_refused(hosting: Hosting) -> None:
    with pytest.raises(ClientError, match='Could not find model "arn:'):
        hosting.config("nothing")
    refused(
        hosting.sagemaker.create_endpoint,
        "Could not find endpoint configuration",
        EndpointName="nothing",
        EndpointConfigName="nothing",
    )
    for operation, member in (
        (hosting.sagemaker.delete_model, "ModelName"),
        (hosting.sagemaker.delete_endpoint_config, "EndpointConfigName"),
        (hosting.sagemaker.delete_endpoint, "EndpointName"),
    ):
        refused(operation, "Could not find", **{member: "nothing"})


@pytest.mark.parametrize(
    ("archive", "variables", "said"),
    [
        pytest.param(
            packed({"code/inference.py": NEVER_HEALTHY}),
            {},
            "did not pass the ping health check.*without answering /ping.*no such weights",
            id="never-healthy",
        ),
        pytest.param(
            None,
            {"SAGEMAKER_MODEL_SERVER_WORKERS": "many"},
            "did not pass the ping health check.*ended with exit code [1-9].*many",
            id="crashed",
        ),
        pytest.param(b"no archive at all", {}, "Failed to extract model data", id="corrupt"),
    ],
)
def test_an_endpoint_fails_with_the_reason(
    hosting: Hosting,
    archive: bytes | None,
    variables: dict[str, str],
    said: str,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(variants, "STARTUP_SECONDS", 4.0)
    name = f"fails-{request.node.callspec.id}"
    hosting.config(hosting.model(name, archive, variables))
    hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    expect_failure(hosting, name, said)


def test_model_data_that_has_gone_is_missed(hosting: Hosting) -> None:
    name = hosting.config(hosting.model("gone"))
    hosting.s3.delete_object(Bucket=BUCKET, Key=f"{name}/model.tar.gz")
    hosting.sagemaker.create_endpoint(EndpointName=name, EndpointConfigName=name)
    expect_failure(hosting, name, f"Failed to download model data.*{BUCKET}/gone/model.tar.gz")


def test_uncompressed_model_data_is_served(hosting: Hosting) -> None:
    container = hosting.sagemaker.describe_model(ModelName=hosting.model("packed"))
    program = "def model_fn(d):\n    return 1\ndef transform_fn(m, b, c, a):\n    return b'plain'\n"
    hosting.s3.put_object(Bucket=BUCKET, Key="plain/code/inference.py", Body=program)
    source = {
        "S3Uri": f"s3://{BUCKET}/plain/",
        "S3DataType": "S3Prefix",
        "CompressionType": "None",
    }
    changed = {**container["PrimaryContainer"], "ModelDataSource": {"S3DataSource": source}}
    del changed["ModelDataUrl"]
    hosting.sagemaker.create_model(
        ModelName="plain", PrimaryContainer=changed, ExecutionRoleArn=hosting.role
    )
    hosting.config("plain")
    hosting.sagemaker.create_endpoint(EndpointName="plain", EndpointConfigName="plain")
    hosting.wait("plain")
    found = hosting.runtime.invoke_endpoint(EndpointName="plain", Body=b"{}")
    assert found["Body"].read() == b"plain"
    hosting.delete("plain")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"MemorySizeInMB": 1500}, "MemorySizeInMB"),
        ({"InstanceType": "ml.m5.large"}, "cannot have InstanceType"),
    ],
)
def test_serverless_configurations_are_held_to_their_rules(
    hosting: Hosting, two: str, change: dict[str, Any], said: str
) -> None:
    serverless = {"MemorySizeInMB": change.get("MemorySizeInMB", 1024), "MaxConcurrency": 1}
    kept = {key: value for key, value in change.items() if key != "MemorySizeInMB"}
    variant = {"VariantName": VARIANT, "ModelName": two, "ServerlessConfig": serverless, **kept}
    with pytest.raises(ClientError, match=said):
        hosting.config("serverless-refused", ProductionVariants=[variant])


def expect_failure(hosting: Hosting, name: str, said: str) -> None:
    """The waiter gives up, the reason is told, and nothing is left but to delete it."""
    with pytest.raises(WaiterError):
        hosting.wait(name)
    found = hosting.describe(name)
    assert found["EndpointStatus"] == "Failed"
    assert re.search(said, found["FailureReason"]), found["FailureReason"]
    assert not [*(hosting.aws.cloud.folder / "endpoints" / name).glob("*")]
    refused(
        hosting.sagemaker.update_endpoint,
        "Failed",
        EndpointName=name,
        EndpointConfigName=name,
    )
    hosting.delete(name)


def refused(operation: Any, said: str, **parameters: Any) -> None:
    with pytest.raises(ClientError, match=said) as caught:
        operation(**parameters)
    assert caught.value.response["Error"]["Code"] in {"ValidationException", "ValidationError"}


def test_a_role_that_may_not_pull_the_image_is_refused(hosting: Hosting) -> None:
    registry = hosting.aws.client("ecr")
    repository = registry.create_repository(repositoryName="guarded")["repository"]
    data = hosting.model("guarded")
    wanted = {
        "Image": f"{repository['repositoryUri']}:1",
        "ModelDataUrl": f"s3://{BUCKET}/{data}/model.tar.gz",
    }
    refused(
        hosting.sagemaker.create_model,
        "may not pull",
        ModelName="guarded-2",
        PrimaryContainer=wanted,
        ExecutionRoleArn=hosting.role,
    )
