import pytest
from werkzeug.datastructures import Headers

from local_test.aws import moto_services
from local_test.aws.moto_services import Call


@pytest.mark.parametrize(
    ("target", "headers", "body", "expected"),
    [
        ("/", {"X-Amz-Target": "SageMaker.CreateModel"}, b"{}", "CreateModel"),
        ("/", {}, b"Action=CreateRole&RoleName=r", "CreateRole"),
        ("/?Action=ListUsers&Version=1", {}, b"", "ListUsers"),
        ("/service/CloudWatch/operation/PutMetricData", {}, b"\xbf", "PutMetricData"),
        ("/bucket/key", {}, b"\xff\xfe", ""),
    ],
)
def test_action(target: str, headers: dict[str, str], body: bytes, expected: str) -> None:
    assert moto_services.action(target, Headers(headers), body) == expected


@pytest.mark.parametrize(
    ("action", "writes"),
    [
        ("CreateRole", True),
        ("AssumeRole", True),
        ("PutMetricData", True),
        ("BatchDeleteImage", True),
        ("BatchGetImage", False),
        ("DescribeAlarms", False),
        ("GetCallerIdentity", False),
        ("ListUsers", False),
    ],
)
def test_what_goes_into_the_journal(action: str, writes: bool) -> None:
    assert Call("s", action, "r", "k", "POST", "/", {}, b"").writes is writes
