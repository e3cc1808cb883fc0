"""What botocore signs is read and believed, and nothing else is."""

from typing import Any

import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth

from local_test.aws import signing
from tests.support.signed import BODY, SECRET, SESSION, arrived, signed

CASES: dict[str, tuple[Any, str, str]] = {
    "JSON": (SigV4Auth, "sagemaker", "/"),
    "a path with signs": (SigV4Auth, "sagemaker", "/endpoints/a%20b/invocations"),
    "a query": (SigV4Auth, "iam", "/?b=2&a=1%202"),
    "an object": (S3SigV4Auth, "s3", "/bucket/a%20b//c%2B?list-type=2"),
    "a presigned object": (S3SigV4QueryAuth, "s3", "/bucket/a%20b?x=1"),
}


def body_of(service: str) -> bytes | None:
    return None if service == "s3" else BODY


@pytest.mark.parametrize("case", CASES)
def test_what_is_signed_holds(case: str) -> None:
    kind, service, path = CASES[case]
    request = signed(kind, service, path)
    found = signing.read(request)
    assert found is not None
    assert (found.key, found.region, found.service) == ("AKID", "us-east-1", service)
    assert found.token == SESSION
    assert signing.holds(request, found, SECRET, body_of(service))
    assert not signing.holds(request, found, "another", body_of(service))


@pytest.mark.parametrize("case", CASES)
def test_what_is_changed_does_not(case: str) -> None:
    kind, service, path = CASES[case]
    request = signed(kind, service, path)
    found = signing.read(request)
    assert found is not None
    request.environ["RAW_URI"] = request.environ["RAW_URI"].replace("/", "/other", 1)
    assert not signing.holds(request, found, SECRET, body_of(service))


def test_changed_body() -> None:
    request = signed(SigV4Auth, "sagemaker", "/")
    found = signing.read(request)
    assert found is not None
    assert not signing.holds(request, found, SECRET, b"{}")


def test_body_that_is_not_what_its_header_says() -> None:
    request = signed(S3SigV4Auth, "s3", "/bucket?delete")
    found = signing.read(request)
    assert found is not None
    assert signing.holds(request, found, SECRET, BODY)
    assert not signing.holds(request, found, SECRET, b"<Delete/>")


def test_unsigned() -> None:
    assert signing.read(arrived("/", {})) is None
    assert signing.read(arrived("/", {"Authorization": "Basic QVdTOng="})) is None


@pytest.mark.parametrize(
    "header",
    [
        "AWS4-HMAC-SHA256 Credential=a/b/c/d/aws4_request, SignedHeaders=host",
        "AWS4-HMAC-SHA256 Credential=a/b, SignedHeaders=host, Signature=0",
        "AWS4-HMAC-SHA256",
    ],
)
def test_malformed(header: str) -> None:
    with pytest.raises(ValueError, match=r"requires|five parts"):
        signing.read(arrived("/", {"Authorization": header}))


def test_signer_is_believed() -> None:
    signer = signing.Signer("AKID", SECRET, "s3", "us-east-1")
    headers = signer.sign(
        "POST", "http://127.0.0.1:1234/b/k?a=1", {"X-Amz-Content-SHA256": "UNSIGNED-PAYLOAD"}
    )
    request = arrived("/b/k?a=1", headers)
    found = signing.read(request)
    assert found is not None
    assert signing.holds(request, found, SECRET, None)


def test_secrets_do_not_show() -> None:
    found = signing.read(signed(SigV4Auth, "sagemaker", "/"))
    assert SESSION not in repr(found)
    assert SECRET not in repr(signing.Signer("AKID", SECRET, "s3", "us-east-1"))


def test_target_without_what_presigning_adds() -> None:
    request = signed(S3SigV4QueryAuth, "s3", "/bucket/key?x=1", body=b"")
    assert signing.target(request, without=signing.PRESIGNED) == "/bucket/key?x=1"
