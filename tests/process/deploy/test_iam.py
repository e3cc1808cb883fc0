"""The roles in force: made in the laptop's IAM, assumed, and used for what they are for and not."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from local_test.aws.laptop import Laptop
from tests.support.deploys import deploy, model_folder
from tests.support.roles import assumed, client

BUCKET = "iam-models"
ABOUT = ("--bucket", BUCKET, "--prefix", "ours")


@pytest.fixture(scope="module")
def made(aws: Laptop) -> Iterator[dict[str, str]]:
    """Make the bucket and the roles; gives the ARNs by the roles' short names."""
    s3 = aws.client("s3")
    s3.create_bucket(Bucket=BUCKET)
    ended = deploy("iam", "apply", *ABOUT, "--json", variables=aws.variables)
    assert ended.code == 0, ended.err
    roles: dict[str, str] = ended.document["roles"]
    yield roles
    ended = deploy("iam", "remove", *ABOUT, variables=aws.variables)
    assert ended.code == 0, ended.err
    left = {each["RoleName"] for each in aws.client("iam").list_roles()["Roles"]}
    assert not left & {f"blerssi-{name}" for name in roles}


def test_all_roles_are_made_and_a_rerun_changes_nothing(aws: Laptop, made: dict[str, str]) -> None:
    assert set(made) == {"execution", "pipeline", "pusher", "cleaner"}
    again = deploy("iam", "apply", *ABOUT, variables=aws.variables)
    assert again.out.count("is as it should be.") == 4
    tags = aws.client("iam").list_role_tags(RoleName="blerssi-pipeline")["Tags"]
    assert {"Key": "made-by", "Value": "blerssi-deploy"} in tags


def test_a_change_brings_them_up_to_date_and_back(aws: Laptop, made: dict[str, str]) -> None:
    other = ("iam", "apply", "pipeline", "--bucket", BUCKET, "--prefix", "elsewhere")
    assert "is up to date." in deploy(*other, variables=aws.variables).out
    assert "is up to date." in deploy("iam", "apply", *ABOUT, variables=aws.variables).out


def test_a_plan_makes_nothing(aws: Laptop) -> None:
    ended = deploy(
        *("iam", "apply", "--bucket", BUCKET, "--project", "planned", "--plan"),
        variables=aws.variables,
    )
    assert ended.out.count("would call iam:CreateRole") == 4
    names = {each["RoleName"] for each in aws.client("iam").list_roles()["Roles"]}
    assert not any(name.startswith("planned-") for name in names)


@pytest.mark.parametrize(
    ("name", "prefix", "code"),
    [
        ("pipeline", "ours/models", 0),
        ("pipeline", "theirs/models", 1),
        ("execution", "ours/models", None),
        ("pusher", "ours/models", 1),
        ("cleaner", "ours/models", 1),
    ],
)
def test_the_pipeline_uploads_to_its_prefix_and_no_other_role_does(
    aws: Laptop, made: dict[str, str], tmp_path: Path, name: str, prefix: str, code: int | None
) -> None:
    if code is None:  # SageMaker's alone
        with pytest.raises(ClientError, match="not authorized to perform: sts:AssumeRole"):
            assumed(aws, made[name])
        return
    model = model_folder(tmp_path / "model", params=f"{name} {prefix}".encode())
    to = f"s3://{BUCKET}/{prefix}"
    before = aws.client("s3").list_objects_v2(Bucket=BUCKET).get("KeyCount")
    variables = assumed(aws, made[name])
    ended = deploy("upload", model, "--to", to, variables=variables)
    assert ended.code == code, ended.err
    after = aws.client("s3").list_objects_v2(Bucket=BUCKET).get("KeyCount")
    assert after - before == 1 - code
    if code:
        assert "IAM does not allow s3:" in ended.err
        assert "python -m deploy iam render" in ended.err
        for secret in ("AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
            assert variables[secret] not in ended.err


def test_only_who_may_make_roles_makes_them(aws: Laptop, made: dict[str, str]) -> None:
    ended = deploy("iam", "apply", *ABOUT, variables=assumed(aws, made["pipeline"]))
    assert ended.code == 1
    assert "IAM does not allow iam:" in ended.err


SCALED = {
    "ServiceNamespace": "sagemaker",
    "ResourceId": "endpoint/blerssi/variant/all",
    "ScalableDimension": "sagemaker:variant:DesiredInstanceCount",
}
ALARM = {
    "AlarmName": "blerssi-deploy/blerssi/5xx",
    "Namespace": "AWS/SageMaker",
    "MetricName": "Invocation5XXErrors",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 1,
    "Threshold": 1.0,
    "ComparisonOperator": "GreaterThanThreshold",
}
GROUP = "/aws/sagemaker/Endpoints/blerssi"


@pytest.mark.parametrize(
    ("name", "service", "operation", "parameters", "allowed"),
    [
        ("pipeline", "sagemaker", "describe_endpoint", {"EndpointName": "blerssi"}, True),
        ("pipeline", "sagemaker", "describe_endpoint", {"EndpointName": "theirs"}, False),
        ("pipeline", "sagemaker", "delete_model", {"ModelName": "blerssi-1"}, True),
        ("pipeline", "sagemaker", "delete_model", {"ModelName": "theirs"}, False),
        ("pipeline", "cloudwatch", "put_metric_alarm", ALARM, True),
        (
            "pipeline",
            "cloudwatch",
            "put_metric_alarm",
            {**ALARM, "AlarmName": "theirs"},
            False,
        ),
        (
            "pipeline",
            "application-autoscaling",
            "describe_scalable_targets",
            {"ServiceNamespace": "sagemaker"},
            True,
        ),
        (
            "pipeline",
            "application-autoscaling",
            "register_scalable_target",
            {
                "ServiceNamespace": "ecs",
                "ResourceId": "service/a/b",
                "ScalableDimension": "ecs:service:DesiredCount",
                "MinCapacity": 1,
                "MaxCapacity": 2,
            },
            False,
        ),
        ("pipeline", "logs", "describe_log_streams", {"logGroupName": GROUP}, True),
        ("pipeline", "logs", "describe_log_streams", {"logGroupName": "/aws/lambda/x"}, False),
        ("pipeline", "logs", "delete_log_group", {"logGroupName": GROUP}, False),
        ("pipeline", "iam", "list_roles", {}, False),
        ("pipeline", "ecr", "get_authorization_token", {}, False),
        ("pusher", "ecr", "get_authorization_token", {}, True),
        (
            "pusher",
            "ecr",
            "describe_repositories",
            {"repositoryNames": ["blerssi-sagemaker"]},
            True,
        ),
        ("pusher", "ecr", "create_repository", {"repositoryName": "theirs"}, False),
        ("pusher", "ecr", "delete_repository", {"repositoryName": "blerssi-sagemaker"}, False),
        ("pusher", "sagemaker", "list_endpoints", {}, False),
        ("pusher", "s3", "list_objects_v2", {"Bucket": BUCKET}, False),
        ("cleaner", "sagemaker", "delete_endpoint", {"EndpointName": "blerssi"}, True),
        ("cleaner", "sagemaker", "delete_endpoint", {"EndpointName": "theirs"}, False),
        ("cleaner", "sagemaker", "list_endpoints", {}, True),
        ("cleaner", "logs", "delete_log_group", {"logGroupName": GROUP}, True),
        ("cleaner", "ecr", "delete_repository", {"repositoryName": "blerssi-sagemaker"}, True),
        ("cleaner", "ecr", "delete_repository", {"repositoryName": "theirs"}, False),
        ("cleaner", "application-autoscaling", "deregister_scalable_target", SCALED, True),
        ("cleaner", "s3", "list_objects_v2", {"Bucket": BUCKET, "Prefix": "theirs"}, False),
        ("cleaner", "s3", "list_object_versions", {"Bucket": BUCKET, "Prefix": "ours/"}, True),
    ],
)
def test_what_a_role_needs_works_and_anything_else_is_denied(
    aws: Laptop,
    made: dict[str, str],
    name: str,
    service: str,
    operation: str,
    parameters: dict[str, object],
    allowed: bool,
) -> None:
    asked = client(service, assumed(aws, made[name]))
    try:
        getattr(asked, operation)(**parameters)
        code = ""
    except ClientError as error:  # that a thing is not there is an answer of somebody who may ask
        code = error.response["Error"]["Code"]
    assert code.startswith("AccessDenied") is not allowed, code
