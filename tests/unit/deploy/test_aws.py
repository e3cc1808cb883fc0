import io
from typing import Any

import pytest
from botocore.stub import Stubber

from deploy.aws import Aws, iam_name
from deploy.errors import DeployError, MissingError
from deploy.screen import Screen


def aws(*, plan: bool = False) -> tuple[Aws, io.StringIO]:
    out = io.StringIO()
    return Aws(Screen(out), region="eu-west-1", plan=plan), out


def stubbed(given: Aws, service: str) -> Stubber:
    stub = Stubber(given.client(service))
    stub.activate()
    return stub


def test_a_read_calls_the_operation_under_boto3s_name() -> None:
    given, _ = aws()
    with stubbed(given, "sts") as stub:
        stub.add_response("get_caller_identity", {"Account": "123456789012"})
        assert given.account == "123456789012"
        assert given.account == "123456789012"  # asked once, or the stub would object
        stub.assert_no_pending_responses()


@pytest.mark.parametrize("call", ["read", "write"])
def test_a_refusal_is_explained(call: str) -> None:
    given, _ = aws()
    with stubbed(given, "sagemaker") as stub:
        stub.add_client_error("delete_model", "ValidationException", "Could not find model")
        with pytest.raises(MissingError, match="sagemaker:DeleteModel blerssi-1"):
            getattr(given, call)("sagemaker", "DeleteModel", ModelName="blerssi-1")


def test_a_plan_shows_a_write_and_makes_none() -> None:
    given, out = aws(plan=True)
    with stubbed(given, "sagemaker"):  # a call would find no answer
        answer = given.write(
            "sagemaker",
            "CreateModel",
            ModelName="blerssi-1",
            PrimaryContainer={"Image": "i", "Environment": {"KEY": "hunter2"}},
        )
    assert answer == {}
    assert "would call sagemaker:CreateModel\n  ModelName = blerssi-1\n" in out.getvalue()
    assert "hunter2" not in out.getvalue()
    hidden: dict[str, Any] = {"Image": "i", "Environment": {"KEY": "(not shown)"}}
    assert given.planned == [
        {
            "operation": "sagemaker:CreateModel",
            "parameters": {"ModelName": "blerssi-1", "PrimaryContainer": hidden},
        }
    ]


def test_a_plan_reads() -> None:
    given, _ = aws(plan=True)
    with stubbed(given, "sts") as stub:
        stub.add_response("get_caller_identity", {"Account": "123456789012"})
        assert given.account == "123456789012"


def test_pages_are_put_together() -> None:
    given, _ = aws()
    with stubbed(given, "sagemaker") as stub:
        first = {"Tags": [{"Key": "a", "Value": "1"}], "NextToken": "t"}
        stub.add_response("list_tags", first, {"ResourceArn": "arn:x"})
        last = {"Tags": [{"Key": "b", "Value": "2"}]}
        stub.add_response("list_tags", last, {"ResourceArn": "arn:x", "NextToken": "t"})
        found = given.pages("sagemaker", "ListTags", "Tags", ResourceArn="arn:x")
        assert [each["Key"] for each in found] == ["a", "b"]


def test_a_page_that_is_refused_is_explained() -> None:
    given, _ = aws()
    with stubbed(given, "sagemaker") as stub:
        stub.add_client_error("list_models", "AccessDeniedException", "No")
        with pytest.raises(DeployError, match="IAM does not allow sagemaker:ListModels"):
            list(given.pages("sagemaker", "ListModels", "Models"))


def test_a_region_and_a_profile_must_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_DEFAULT_REGION", "AWS_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")
    with pytest.raises(DeployError, match="No AWS region"):
        Aws(Screen(io.StringIO()))
    with pytest.raises(DeployError, match="nobody"):
        Aws(Screen(io.StringIO()), profile="nobody")


@pytest.mark.parametrize(
    ("service", "operation", "expected"),
    [
        ("sagemaker", "CreateModel", "sagemaker:CreateModel"),
        ("sagemaker-runtime", "InvokeEndpointAsync", "sagemaker:InvokeEndpointAsync"),
        ("s3", "HeadObject", "s3:GetObject"),
        ("s3", "ListObjectsV2", "s3:ListBucket"),
        ("resourcegroupstaggingapi", "GetResources", "tag:GetResources"),
    ],
)
def test_an_operation_has_iams_name(service: str, operation: str, expected: str) -> None:
    assert iam_name(service, operation) == expected
