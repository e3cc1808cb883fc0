"""IAM's policy simulator as boto3 meets it."""

import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from local_test.aws.laptop import Laptop
from tests.support.laptop import allow, client, document, role, user

MINE = "arn:aws:s3:::mine/*"


def decisions(aws: Laptop, source: str, *actions: str, **more: Any) -> dict[str, str]:
    found = aws.client("iam").simulate_principal_policy(
        PolicySourceArn=source, ActionNames=list(actions), **more
    )
    assert not found["IsTruncated"]
    return {each["EvalActionName"]: each["EvalDecision"] for each in found["EvaluationResults"]}


def test_every_action_has_its_decision(aws: Laptop) -> None:
    refuse = allow("logs:DeleteLogGroup", Effect="Deny")
    source = role(aws, "simulated", allow("logs:*"), allow("s3:*", resource=MINE), refuse)
    actions = ("logs:CreateLogGroup", "logs:DeleteLogGroup", "ecr:GetAuthorizationToken", "s3:Get")
    assert decisions(aws, source, *actions) == {
        "logs:CreateLogGroup": "allowed",
        "logs:DeleteLogGroup": "explicitDeny",
        "ecr:GetAuthorizationToken": "implicitDeny",
        "s3:Get": "implicitDeny",  # of any bucket
    }


def test_every_resource_has_its_decision(aws: Laptop) -> None:
    source = role(aws, "simulated-objects", allow("s3:GetObject", resource=MINE))
    (found,) = aws.client("iam").simulate_principal_policy(
        PolicySourceArn=source,
        ActionNames=["s3:GetObject"],
        ResourceArns=["arn:aws:s3:::mine/a", "arn:aws:s3:::theirs/a"],
    )["EvaluationResults"]
    assert found["EvalDecision"] == "implicitDeny"
    assert [each["EvalResourceDecision"] for each in found["ResourceSpecificResults"]] == [
        "allowed",
        "implicitDeny",
    ]


def test_conditions_and_further_policies_count(aws: Laptop) -> None:
    condition = {"StringEquals": {"s3:prefix": "a/"}}
    source = role(aws, "simulated-conditions", allow("s3:ListBucket", Condition=condition))
    entry = {"ContextKeyName": "s3:prefix", "ContextKeyValues": ["a/"], "ContextKeyType": "string"}
    assert decisions(aws, source, "s3:ListBucket") == {"s3:ListBucket": "implicitDeny"}
    with_context = decisions(aws, source, "s3:ListBucket", ContextEntries=[entry])
    assert with_context == {"s3:ListBucket": "allowed"}
    further = [document(allow("s3:ListBucket"))]
    assert decisions(aws, source, "s3:ListBucket", PolicyInputList=further) == {
        "s3:ListBucket": "allowed"
    }


def test_a_boundary_is_told_apart(aws: Laptop) -> None:
    iam = aws.client("iam")
    boundary = iam.create_policy(PolicyName="only-s3", PolicyDocument=document(allow("s3:*")))
    iam.create_role(
        RoleName="bounded",
        AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": []}),
        PermissionsBoundary=boundary["Policy"]["Arn"],
    )
    iam.put_role_policy(RoleName="bounded", PolicyName="all", PolicyDocument=document(allow("*")))
    (found,) = iam.simulate_principal_policy(
        PolicySourceArn=iam.get_role(RoleName="bounded")["Role"]["Arn"],
        ActionNames=["logs:CreateLogGroup"],
    )["EvaluationResults"]
    assert found["EvalDecision"] == "implicitDeny"
    assert found["PermissionsBoundaryDecisionDetail"] == {"AllowedByPermissionsBoundary": False}


def test_nobody_and_what_is_not_simulated_are_refused(aws: Laptop) -> None:
    source = role(aws, "simulated-badly")
    with pytest.raises(ClientError, match="cannot be found") as caught:
        decisions(aws, f"{source}-not", "s3:GetObject")
    assert caught.value.response["Error"]["Code"] == "NoSuchEntity"
    with pytest.raises(ClientError, match="does not simulate ResourceOwner"):
        decisions(aws, source, "s3:GetObject", ResourceOwner="arn:aws:iam::111122223333:root")


def test_to_simulate_is_a_right_of_its_own(aws: Laptop) -> None:
    source = role(aws, "simulated-by-others")
    may = user(aws, "simulator", allow("iam:SimulatePrincipalPolicy", resource=source))
    found = client(aws, "iam", may)
    found.simulate_principal_policy(PolicySourceArn=source, ActionNames=["s3:GetObject"])
    with pytest.raises(ClientError) as caught:
        found.simulate_principal_policy(PolicySourceArn=f"{source}-2", ActionNames=["s3:GetObject"])
    assert caught.value.response["Error"]["Code"] == "AccessDenied"
