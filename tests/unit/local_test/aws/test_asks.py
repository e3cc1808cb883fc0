import gzip
import json
from typing import Any

import pytest

from local_test.aws import asks
from local_test.aws.policies import Ask

PLACE = {"region": "us-east-1", "account": "123456789012"}
SAGEMAKER = "arn:aws:sagemaker:us-east-1:123456789012"
ROLE = "arn:aws:iam::123456789012:role/r"


def needed(service: str, action: str, **given: Any) -> list[tuple[str, str]]:
    found = asks.needed(service, action, given, PLACE)
    return [(ask.action, ask.resource) for ask in found]


@pytest.mark.parametrize(
    ("action", "given", "expected"),
    [
        ("ListModels", {}, [("sagemaker:ListModels", "*")]),
        ("ListEndpointConfigs", {}, [("sagemaker:ListEndpointConfigs", "*")]),
        (
            "DescribeModel",
            {"ModelName": "Mine"},
            [("sagemaker:DescribeModel", f"{SAGEMAKER}:model/mine")],
        ),
        (
            "DeleteEndpointConfig",
            {"EndpointConfigName": "c"},
            [("sagemaker:DeleteEndpointConfig", f"{SAGEMAKER}:endpoint-config/c")],
        ),
        (
            "CreateEndpoint",
            {"EndpointName": "e", "EndpointConfigName": "c"},
            [
                ("sagemaker:CreateEndpoint", f"{SAGEMAKER}:endpoint/e"),
                ("sagemaker:CreateEndpoint", f"{SAGEMAKER}:endpoint-config/c"),
            ],
        ),
        (
            "UpdateEndpointWeightsAndCapacities",
            {"EndpointName": "e"},
            [("sagemaker:UpdateEndpointWeightsAndCapacities", f"{SAGEMAKER}:endpoint/e")],
        ),
        (
            "StopTrainingJob",
            {"TrainingJobName": "t"},
            [("sagemaker:StopTrainingJob", f"{SAGEMAKER}:training-job/t")],
        ),
        (
            "CreateHyperParameterTuningJob",
            {
                "HyperParameterTuningJobName": "T",
                "TrainingJobDefinition": {"RoleArn": ROLE},
            },
            [
                (
                    "sagemaker:CreateHyperParameterTuningJob",
                    f"{SAGEMAKER}:hyper-parameter-tuning-job/t",
                ),
                ("iam:PassRole", ROLE),
            ],
        ),
        ("AddTags", {"ResourceArn": "arn"}, [("sagemaker:AddTags", "arn")]),
        (
            "CreateModel",
            {"ModelName": "m", "ExecutionRoleArn": ROLE, "Tags": [{"Key": "a", "Value": "b"}]},
            [
                ("sagemaker:CreateModel", f"{SAGEMAKER}:model/m"),
                ("iam:PassRole", ROLE),
                ("sagemaker:AddTags", f"{SAGEMAKER}:model/m"),
            ],
        ),
        (
            "CreateTrainingJob",
            {"TrainingJobName": "t", "RoleArn": ROLE},
            [
                ("sagemaker:CreateTrainingJob", f"{SAGEMAKER}:training-job/t"),
                ("iam:PassRole", ROLE),
            ],
        ),
    ],
)
def test_sagemaker(action: str, given: dict[str, Any], expected: list[tuple[str, str]]) -> None:
    assert needed("sagemaker", action, **given) == expected


@pytest.mark.parametrize(
    ("service", "action", "given", "expected"),
    [
        ("sts", "GetCallerIdentity", {}, []),
        ("sts", "AssumeRole", {"RoleArn": ROLE}, [("sts:AssumeRole", ROLE)]),
        ("iam", "ListUsers", {}, [("iam:ListUsers", "*")]),
        ("iam", "GetRole", {"RoleName": "r"}, [("iam:GetRole", ROLE)]),
        (
            "iam",
            "CreateRole",
            {"RoleName": "r", "Path": "/a/"},
            [("iam:CreateRole", "arn:aws:iam::123456789012:role/a/r")],
        ),
        ("iam", "GetPolicy", {"PolicyArn": "arn:p"}, [("iam:GetPolicy", "arn:p")]),
        (
            "iam",
            "AttachRolePolicy",
            {"RoleName": "r", "PolicyArn": "arn:p"},
            [("iam:AttachRolePolicy", ROLE)],
        ),
        ("ecr", "GetAuthorizationToken", {}, [("ecr:GetAuthorizationToken", "*")]),
        (
            "ecr",
            "DescribeRepositories",
            {"repositoryNames": ["a", "b"]},
            [
                ("ecr:DescribeRepositories", "arn:aws:ecr:us-east-1:123456789012:repository/a"),
                ("ecr:DescribeRepositories", "arn:aws:ecr:us-east-1:123456789012:repository/b"),
            ],
        ),
        (
            "ecr",
            "CreateRepository",
            {"repositoryName": "a", "tags": [{"Key": "k", "Value": "v"}]},
            [
                ("ecr:CreateRepository", "arn:aws:ecr:us-east-1:123456789012:repository/a"),
                ("ecr:TagResource", "arn:aws:ecr:us-east-1:123456789012:repository/a"),
            ],
        ),
        (
            "monitoring",
            "PutMetricAlarm",
            {"AlarmName": "a"},
            [("cloudwatch:PutMetricAlarm", "arn:aws:cloudwatch:us-east-1:123456789012:alarm:a")],
        ),
        (
            "monitoring",
            "DescribeAlarms",
            {},
            [("cloudwatch:DescribeAlarms", "arn:aws:cloudwatch:us-east-1:123456789012:alarm:*")],
        ),
        (
            "monitoring",
            "PutDashboard",
            {"DashboardName": "d"},
            [("cloudwatch:PutDashboard", "arn:aws:cloudwatch::123456789012:dashboard/d")],
        ),
        ("monitoring", "PutMetricData", {"Namespace": "n"}, [("cloudwatch:PutMetricData", "*")]),
        (
            "logs",
            "GetLogEvents",
            {"logGroupName": "/g", "logStreamName": "s"},
            [
                (
                    "logs:GetLogEvents",
                    "arn:aws:logs:us-east-1:123456789012:log-group:/g:log-stream:s",
                )
            ],
        ),
        (
            "logs",
            "CreateLogGroup",
            {"logGroupName": "/g"},
            [("logs:CreateLogGroup", "arn:aws:logs:us-east-1:123456789012:log-group:/g:*")],
        ),
        (
            "application-autoscaling",
            "RegisterScalableTarget",
            {"ServiceNamespace": "sagemaker"},
            [
                (
                    "application-autoscaling:RegisterScalableTarget",
                    "arn:aws:application-autoscaling:us-east-1:123456789012:scalable-target/*",
                )
            ],
        ),
    ],
)
def test_others(
    service: str, action: str, given: dict[str, Any], expected: list[tuple[str, str]]
) -> None:
    assert needed(service, action, **given) == expected


def test_conditions() -> None:
    tags = [{"Key": "Project", "Value": "blerssi"}]
    given = {"ModelName": "m", "ExecutionRoleArn": ROLE, "Tags": tags}
    create, passing, _ = asks.needed("sagemaker", "CreateModel", given, PLACE)
    assert create.context["aws:requesttag/project"] == ["blerssi"]
    assert create.context["aws:tagkeys"] == ["Project"]
    assert passing.context == {"iam:passedtoservice": ["sagemaker.amazonaws.com"]}
    (metric,) = asks.needed("monitoring", "PutMetricData", {"Namespace": "n"}, PLACE)
    assert metric.context["cloudwatch:namespace"] == ["n"]


def test_invocation() -> None:
    assert asks.invocation("InvokeEndpointAsync", "Mine", PLACE) == [
        Ask("sagemaker:InvokeEndpointAsync", f"{SAGEMAKER}:endpoint/mine")
    ]


def test_compressed_parameters() -> None:
    headers = {"Content-Type": "application/x-amz-json-1.0", "Content-Encoding": "gzip"}
    body = gzip.compress(b'{"Namespace": "n"}')
    assert asks.parameters(headers, body) == {"Namespace": "n"}
    assert asks.parameters(headers, body[:-9]) == {}
    assert asks.parameters(headers, b"{}") == {}


@pytest.mark.parametrize(
    ("kind", "body", "expected"),
    [
        ("application/x-amz-json-1.1", json.dumps({"a": [1]}).encode(), {"a": [1]}),
        ("application/x-amz-json-1.1", b"{", {}),
        ("application/x-amz-json-1.1", b"[]", {}),
        ("application/x-www-form-urlencoded", b"Action=A&RoleName=a%20b", {"RoleName": "a b"}),
    ],
)
def test_parameters(kind: str, body: bytes, expected: dict[str, Any]) -> None:
    found = asks.parameters({"Content-Type": kind}, body)
    assert {name: value for name, value in found.items() if name != "Action"} == expected
