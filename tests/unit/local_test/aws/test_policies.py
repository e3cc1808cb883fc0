from typing import Any

import pytest

from local_test.aws.policies import Ask, Verdict, trusts, verdict

ARN = "arn:aws:s3:::models/a/b.tar.gz"
READ = Ask("s3:GetObject", ARN, {"s3:prefix": ["a/"], "aws:username": ["ann"]})


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    return {"Version": "2012-10-17", "Statement": list(statements)}


def statement(**more: Any) -> dict[str, Any]:
    return {"Effect": "Allow", "Action": "*", "Resource": "*", **more}


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({}, Verdict.ALLOWED),
        ({"Action": "s3:Get*"}, Verdict.ALLOWED),
        ({"Action": "S3:getobject"}, Verdict.ALLOWED),
        ({"Action": ["s3:Put*", "s3:Get?bject"]}, Verdict.ALLOWED),
        ({"Action": "s3:PutObject"}, Verdict.SILENT),
        ({"Action": "s3:Get"}, Verdict.SILENT),
        ({"Resource": "arn:aws:s3:::models/*"}, Verdict.ALLOWED),
        ({"Resource": "arn:aws:s3:::MODELS/*"}, Verdict.SILENT),
        ({"Resource": "arn:aws:s3:::modelsxa/b"}, Verdict.SILENT),
        ({"Resource": "arn:aws:s3:::models/a/b.tar.g."}, Verdict.SILENT),
        ({"Resource": "arn:aws:s3:::models/${aws:username}/*"}, Verdict.SILENT),
        ({"Effect": "Deny"}, Verdict.DENIED),
    ],
)
def test_statement(more: dict[str, Any], expected: Verdict) -> None:
    assert verdict([policy(statement(**more))], READ) is expected


def test_not_action_and_not_resource() -> None:
    others = {"Effect": "Allow", "NotAction": "iam:*", "NotResource": "arn:aws:s3:::secret/*"}
    assert verdict([policy(others)], READ) is Verdict.ALLOWED
    assert verdict([policy(others)], Ask("iam:CreateUser")) is Verdict.SILENT
    secret = Ask("s3:GetObject", "arn:aws:s3:::secret/a")
    assert verdict([policy(others)], secret) is Verdict.SILENT


def test_a_deny_wins_wherever_it_stands() -> None:
    deny = statement(Effect="Deny", Action="s3:GetObject")
    for documents in (
        [policy(statement(), deny)],
        [policy(deny), policy(statement())],
        [{"Version": "2012-10-17", "Statement": deny}, policy(statement())],
    ):
        assert verdict(documents, READ) is Verdict.DENIED


def test_nothing_said_is_a_no() -> None:
    assert verdict([], READ) is Verdict.SILENT


@pytest.mark.parametrize(
    ("condition", "met"),
    [
        ({"StringEquals": {"s3:prefix": "a/"}}, True),
        ({"StringEquals": {"S3:Prefix": ["x", "a/"]}}, True),
        ({"StringEquals": {"s3:prefix": "A/"}}, False),
        ({"StringEqualsIgnoreCase": {"s3:prefix": "A/"}}, True),
        ({"StringNotEquals": {"s3:prefix": "b/"}}, True),
        ({"StringNotEquals": {"s3:prefix": ["b/", "a/"]}}, False),
        ({"StringLike": {"s3:prefix": "?*"}}, True),
        ({"StringNotLike": {"s3:prefix": "a*"}}, False),
        ({"StringEquals": {"missing": "a"}}, False),
        ({"StringNotEquals": {"missing": "a"}}, True),
        ({"StringEqualsIfExists": {"missing": "a"}}, True),
        ({"StringEqualsIfExists": {"s3:prefix": "b"}}, False),
        ({"Null": {"missing": "true"}}, True),
        ({"Null": {"missing": True}}, True),
        ({"Null": {"s3:prefix": "true"}}, False),
        ({"Bool": {"aws:SecureTransport": "true"}}, True),
        ({"Bool": {"aws:SecureTransport": False}}, False),
        ({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:user/*"}}, True),
        ({"NumericLessThan": {"s3:max-keys": 10}}, True),
        ({"NumericGreaterThanEquals": {"s3:max-keys": "10"}}, False),
        ({"DateLessThan": {"aws:CurrentTime": "2027-01-01T00:00:00Z"}}, True),
        ({"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, True),
        ({"NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"}}, False),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["project", "owner"]}}, True),
        ({"ForAllValues:StringEquals": {"aws:TagKeys": ["project"]}}, False),
        ({"ForAnyValue:StringEquals": {"aws:TagKeys": ["project"]}}, True),
        ({"ForAllValues:StringEquals": {"missing": ["project"]}}, True),
        ({"ForAnyValue:StringEquals": {"missing": ["project"]}}, False),
        ({"StringEquals": {"s3:prefix": "${aws:username}"}}, False),
        ({"StringEquals": {"owner": "${aws:username}"}}, True),
        ({"StringEquals": {"owner": "${missing}"}}, False),
        ({"StringEquals": {"s3:prefix": "a/", "owner": "bob"}}, False),
    ],
)
def test_condition(condition: dict[str, Any], met: bool) -> None:
    context = {
        "s3:prefix": ["a/"],
        "s3:max-keys": ["5"],
        "aws:username": ["ann"],
        "owner": ["ann"],
        "aws:securetransport": ["true"],
        "aws:principalarn": ["arn:aws:iam::123456789012:user/ann"],
        "aws:currenttime": ["2026-11-24T00:00:00+00:00"],
        "aws:sourceip": ["127.0.0.1"],
        "aws:tagkeys": ["project", "owner"],
    }
    found = verdict([policy(statement(Condition=condition))], Ask("s3:Any", "*", context))
    assert found is (Verdict.ALLOWED if met else Verdict.SILENT)


@pytest.mark.parametrize(
    ("principal", "expected"),
    [
        ("*", True),
        ({"AWS": "*"}, True),
        ({"AWS": "123456789012"}, True),
        ({"AWS": ["arn:aws:iam::123456789012:user/bob"]}, False),
        ({"Service": "sagemaker.amazonaws.com"}, False),
    ],
)
def test_trust(principal: Any, expected: bool) -> None:
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal}
    who = {"AWS": ["arn:aws:iam::123456789012:user/ann", "123456789012"]}
    assert trusts(policy(trust), who, Ask("sts:AssumeRole", "role")) is expected
    deny = {**trust, "Effect": "Deny"}
    assert not trusts(policy(trust, deny), who, Ask("sts:AssumeRole", "role"))
