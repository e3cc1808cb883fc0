"""IAM as boto3 meets it: who is nobody, who may not, whose time is over."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_test.aws.clients import Credentials
from local_test.aws.laptop import Laptop
from tests.support.laptop import allow, assumed, client, expire, role, user

NOBODY = Credentials("AKIAAAAAAAAAAAAAAAAA", "secret")
CALLS: dict[str, Callable[[Any], Any]] = {
    "sagemaker": lambda client: client.list_models(),
    "iam": lambda client: client.list_users(),
    "ecr": lambda client: client.describe_repositories(),
    "cloudwatch": lambda client: client.list_metrics(),
    "logs": lambda client: client.describe_log_groups(),
    "application-autoscaling": lambda client: client.describe_scalable_targets(
        ServiceNamespace="sagemaker"
    ),
    "s3": lambda client: client.list_buckets(),
}


def refusal(call: Any) -> tuple[str, str]:
    """What a call is refused with: code and message."""
    with pytest.raises(ClientError) as caught:
        call()
    error = caught.value.response["Error"]
    return error["Code"], error.get("Message", "")


@pytest.mark.parametrize("service", CALLS)
def test_owner_may_do_everything(aws: Laptop, service: str) -> None:
    CALLS[service](aws.client(service))


@pytest.mark.parametrize(
    ("service", "code"),
    [
        ("sagemaker", "UnrecognizedClientException"),
        ("iam", "InvalidClientTokenId"),
        ("sts", "InvalidClientTokenId"),
        ("s3", "InvalidAccessKeyId"),
        ("cloudwatch", "UnrecognizedClientException"),
    ],
)
def test_unknown_key(aws: Laptop, service: str, code: str) -> None:
    found = client(aws, service, NOBODY)
    call = found.get_caller_identity if service == "sts" else lambda: CALLS[service](found)
    assert refusal(call)[0] == code


@pytest.mark.parametrize(
    ("service", "code"),
    [("sagemaker", "InvalidSignatureException"), ("s3", "SignatureDoesNotMatch")],
)
def test_wrong_secret(aws: Laptop, service: str, code: str) -> None:
    wrong = Credentials(aws.credentials.key, "not the secret")
    assert refusal(lambda: CALLS[service](client(aws, service, wrong)))[0] == code


def test_wrong_region(aws: Laptop) -> None:
    elsewhere = client(aws, "sagemaker", aws.credentials, region_name="eu-west-1")
    code, message = refusal(elsewhere.list_models)
    assert code == "InvalidSignatureException"
    assert "eu-west-1" in message


@pytest.mark.parametrize("service", CALLS)
def test_user_without_policy_is_denied(aws: Laptop, service: str) -> None:
    nobody = user(aws, f"powerless-{service}")
    code, message = refusal(lambda: CALLS[service](client(aws, service, nobody)))
    assert code in {"AccessDenied", "AccessDeniedException"}
    assert f"user/powerless-{service} is not authorized to perform: " in message
    assert "because no identity-based policy allows" in message


def test_denied_explicitly(aws: Laptop) -> None:
    denied = user(aws, "denied", allow("*"), allow("sagemaker:ListModels", Effect="Deny", Sid="No"))
    code, message = refusal(client(aws, "sagemaker", denied).list_models)
    assert code == "AccessDeniedException"
    assert "with an explicit deny" in message
    client(aws, "sagemaker", denied).list_endpoints()


def test_objects_of_one_bucket(aws: Laptop) -> None:
    s3 = aws.client("s3")
    for bucket in ("mine", "theirs"):
        s3.create_bucket(Bucket=bucket)
        s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    reader = user(aws, "reader", allow("s3:GetObject", resource="arn:aws:s3:::mine/*"))
    mine = client(aws, "s3", reader)
    assert mine.get_object(Bucket="mine", Key="a")["Body"].read() == b"1"
    assert refusal(lambda: mine.get_object(Bucket="theirs", Key="a"))[0] == "AccessDenied"
    assert refusal(lambda: mine.put_object(Bucket="mine", Key="a"))[0] == "AccessDenied"
    # Who may not list must not learn what is there.
    assert refusal(lambda: mine.get_object(Bucket="mine", Key="b"))[0] == "AccessDenied"


def test_passing_a_role_is_a_right_of_its_own(aws: Laptop) -> None:
    execution = role(aws, "execution")
    model = {
        "ModelName": "passed",
        "PrimaryContainer": {"Image": "none"},
        "ExecutionRoleArn": execution,
    }
    creator = user(aws, "creator", allow("sagemaker:CreateModel"))
    code, message = refusal(lambda: client(aws, "sagemaker", creator).create_model(**model))
    assert code == "AccessDeniedException"
    assert f"iam:PassRole on resource: {execution}" in message

    condition = {"StringEquals": {"iam:PassedToService": "sagemaker.amazonaws.com"}}
    passer = user(
        aws,
        "passer",
        allow("sagemaker:CreateModel"),
        allow("iam:PassRole", resource=execution, Condition=condition),
    )
    code, _ = refusal(lambda: client(aws, "sagemaker", passer).create_model(**model))
    assert code == "ValidationException"  # of the image; the rights suffice


def test_session_of_a_role(aws: Laptop) -> None:
    arn = role(aws, "lister", allow("sagemaker:ListModels"), trusted={"AWS": aws.cloud.account})
    session = assumed(aws, arn)
    sagemaker = client(aws, "sagemaker", session)
    sagemaker.list_models()
    who = client(aws, "sts", session).get_caller_identity()["Arn"]
    assert who == f"arn:aws:sts::{aws.cloud.account}:assumed-role/lister/test"
    assert refusal(sagemaker.list_endpoints)[0] == "AccessDeniedException"

    expire(aws, session)
    code, message = refusal(sagemaker.list_models)
    assert code == "ExpiredTokenException"
    assert "expired" in message
    assert refusal(client(aws, "s3", session).list_buckets)[0] == "ExpiredToken"
    assert refusal(client(aws, "sts", session).get_caller_identity)[0] == "ExpiredToken"


def test_session_needs_its_token(aws: Laptop) -> None:
    arn = role(aws, "tokened", allow("*"), trusted={"AWS": aws.cloud.account})
    session = assumed(aws, arn)
    without = Credentials(session.key, session.secret)
    code, _ = refusal(client(aws, "sagemaker", without).list_models)
    assert code == "UnrecognizedClientException"


def test_role_that_does_not_trust(aws: Laptop) -> None:
    arn = role(aws, "distrustful", allow("*"))
    assert refusal(lambda: assumed(aws, arn))[0] == "AccessDenied"


def test_sagemaker_acts_as_a_role(aws: Laptop) -> None:
    arn = role(aws, "acting", allow("s3:ListAllMyBuckets"))
    aws.cloud.client("s3", role=arn).list_buckets()
    denied = aws.cloud.client("s3", role=arn)
    assert refusal(lambda: denied.create_bucket(Bucket="no"))[0] == "AccessDenied"


def test_policy_that_changes_holds_at_once(aws: Laptop) -> None:
    changing = user(aws, "changing")
    sagemaker = client(aws, "sagemaker", changing)
    assert refusal(sagemaker.list_models)[0] == "AccessDeniedException"
    policy = {"Version": "2012-10-17", "Statement": [allow("sagemaker:List*")]}
    iam = aws.client("iam")
    made = iam.create_policy(PolicyName="lists", PolicyDocument=json.dumps(policy))["Policy"]
    iam.attach_user_policy(UserName="changing", PolicyArn=made["Arn"])
    sagemaker.list_models()
    iam.detach_user_policy(UserName="changing", PolicyArn=made["Arn"])
    assert refusal(sagemaker.list_models)[0] == "AccessDeniedException"
