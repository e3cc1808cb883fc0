"""Somebody who has assumed a role of the laptop's IAM."""

from collections.abc import Mapping
from typing import Any

import boto3

from local_test.aws.clients import Credentials
from local_test.aws.laptop import Laptop


def assumed(aws: Laptop, arn: str) -> dict[str, str]:
    """Give the variables of a program that has assumed a role."""
    session = aws.client("sts").assume_role(RoleArn=arn, RoleSessionName="somebody")
    found = session["Credentials"]
    credentials = Credentials(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"])
    return aws.variables_for(aws.url, credentials)


def client(service: str, variables: Mapping[str, str]) -> Any:
    """Give boto3's client of a service for whoever has these variables."""
    return boto3.client(
        service,
        endpoint_url=variables["AWS_ENDPOINT_URL"],
        region_name=variables["AWS_REGION"],
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        aws_session_token=variables["AWS_SESSION_TOKEN"],
    )
