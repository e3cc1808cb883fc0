"""The laptop's AWS for tests: `with laptop(folder) as aws`, each with an account of its own."""

import contextlib
import functools
import itertools
import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import boto3
from moto.sts.models import sts_backends

from local_test.aws.clients import Credentials
from local_test.aws.laptop import Laptop

_ACCOUNTS = itertools.count(111111111111)
SAGEMAKER = {"Service": "sagemaker.amazonaws.com"}


@contextlib.contextmanager
def laptop(folder: Path, *, docker: bool = False, region: str = "us-east-1") -> Iterator[Laptop]:
    """Run one inside the block; several of one process do not meet, as their accounts differ.

    A conftest makes its fixture of it, shared by the tests of its folder:

        @pytest.fixture(scope="session")
        def aws(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laptop]:
            with laptop(tmp_path_factory.mktemp("aws")) as running:
                yield running

    Its programs run with `aws.variables` (from a container: `aws.container_variables`), its
    clients are `aws.client("sagemaker")`, and `aws.cloud` is what operations are handed.
    """
    account = str(next(_ACCOUNTS))
    variables = dict(os.environ)
    with Laptop(
        folder, docker=docker, region=region, account=account, variables=variables
    ) as running:
        yield running


@functools.cache
def _session() -> Any:
    """One for all clients: what it has read of the services once, it knows."""
    return boto3.Session()


def allow(*actions: str, resource: str = "*", **more: Any) -> dict[str, Any]:
    """A statement of a policy; `Effect="Deny"` turns it round."""
    return {"Effect": "Allow", "Action": list(actions), "Resource": resource, **more}


def document(*statements: dict[str, Any]) -> str:
    """A policy as text."""
    return json.dumps({"Version": "2012-10-17", "Statement": statements})


def user(aws: Laptop, name: str, *statements: dict[str, Any]) -> Credentials:
    """Make a user who may do what the statements say, and give its access key."""
    iam = aws.client("iam")
    iam.create_user(UserName=name)
    if statements:
        policy = document(*statements)
        iam.put_user_policy(UserName=name, PolicyName="own", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    return Credentials(key["AccessKeyId"], key["SecretAccessKey"])


def role(aws: Laptop, name: str, *statements: dict[str, Any], trusted: Any = None) -> str:
    """Make a role and give its ARN.

    Args:
        aws: Where.
        name: Of the role.
        statements: What it may do.
        trusted: The principal that may assume it; SageMaker where nobody is named.
    """
    iam = aws.client("iam")
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": trusted or SAGEMAKER}
    made = iam.create_role(RoleName=name, AssumeRolePolicyDocument=document(trust))
    if statements:
        policy = document(*statements)
        iam.put_role_policy(RoleName=name, PolicyName="own", PolicyDocument=policy)
    arn: str = made["Role"]["Arn"]
    return arn


def may_pull(aws: Laptop, arn: str) -> None:
    """Let a role pull images, too, as an execution role must."""
    actions = ("GetAuthorizationToken", "BatchGetImage", "GetDownloadUrlForLayer")
    more = (*actions, "BatchCheckLayerAvailability")
    policy = document(allow(*(f"ecr:{each}" for each in more)))
    name = arn.rpartition("/")[2]
    aws.client("iam").put_role_policy(RoleName=name, PolicyName="ecr", PolicyDocument=policy)


def assumed(aws: Laptop, arn: str) -> Credentials:
    """Give the credentials of a session of a role that trusts the account."""
    found = aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
    return Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])


def expire(aws: Laptop, credentials: Credentials) -> None:
    """Let a session be over."""
    for session in sts_backends[aws.cloud.account]["aws"].assumed_roles:
        if session.access_key_id == credentials.key:
            session.expiration = datetime.now(UTC)


def client(aws: Laptop, service: str, credentials: Credentials, **more: Any) -> Any:
    """A boto3 client of somebody who is not the owner, closed with the laptop."""
    made = _session().client(
        service,
        endpoint_url=aws.url,
        aws_access_key_id=credentials.key,
        aws_secret_access_key=credentials.secret,
        aws_session_token=credentials.token,
        **{"region_name": aws.cloud.region, **more},
    )
    aws.cloud.undo.callback(made.close)
    return made


def variables(aws: Laptop, credentials: Credentials) -> dict[str, str]:
    """What a program of somebody who is not the owner is run with."""
    return aws.variables_for(aws.url, credentials)
