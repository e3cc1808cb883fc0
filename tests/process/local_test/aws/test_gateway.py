"""What comes to the one port and is nobody's."""

import http.client
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from local_test.aws.laptop import Laptop
from tests.support.laptop import client


def ask(aws: Laptop, method: str, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(urlsplit(aws.url).netloc)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def test_health(aws: Laptop) -> None:
    assert ask(aws, "GET", "/health") == (200, b"ok\n")


@pytest.mark.parametrize("path", ["/", "/bucket/key", "/endpoints/e/invocations"])
def test_unsigned(aws: Laptop, path: str) -> None:
    status, body = ask(aws, "POST", path)
    assert status == 403
    assert b"MissingAuthenticationToken" in body


@pytest.mark.parametrize("service", ["sns", "dynamodb", "sqs"])
def test_service_that_is_not_there(aws: Laptop, service: str) -> None:
    calls = {
        "sns": "list_topics",
        "dynamodb": "list_tables",
        "sqs": "list_queues",
    }
    with pytest.raises(ClientError, match=f"no service {service}"):
        getattr(client(aws, service, aws.credentials), calls[service])()


def test_operation_that_is_not_there(aws: Laptop) -> None:
    with pytest.raises(ClientError) as caught:
        aws.client("sagemaker").list_apps()
    assert caught.value.response["Error"]["Code"] == "UnknownOperationException"


def test_input_is_checked_as_aws_checks_it(aws: Laptop) -> None:
    with pytest.raises(ClientError) as caught:
        aws.client("sagemaker").describe_endpoint(EndpointName="not a name")
    error = caught.value.response["Error"]
    assert error["Code"] == "ValidationException"
    assert "1 validation error detected: Value 'not a name' at 'endpointName'" in error["Message"]


def test_many_at_once(aws: Laptop) -> None:
    """Writes to moto and to S3 from 16 threads; nothing is lost."""
    s3, logs = aws.client("s3"), aws.client("logs")
    s3.create_bucket(Bucket="many")

    def work(number: int) -> None:
        logs.create_log_group(logGroupName=f"/many/{number}")
        s3.put_object(Bucket="many", Key=str(number), Body=b"x" * number)

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(48)))
    groups = logs.describe_log_groups(logGroupNamePrefix="/many/", limit=50)["logGroups"]
    assert len(groups) == 48
    sizes = {each["Key"]: each["Size"] for each in s3.list_objects_v2(Bucket="many")["Contents"]}
    assert sizes == {str(number): number for number in range(48)}
