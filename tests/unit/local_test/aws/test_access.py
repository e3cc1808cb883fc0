"""Refusals of the guard that need a clock, or one who is not in moto."""

from datetime import UTC, datetime, timedelta
from typing import cast

import pytest
from botocore.auth import S3SigV4QueryAuth, SigV4Auth
from werkzeug.wrappers import Request

from local_test.aws import signing
from local_test.aws.access import SKEW, Access
from local_test.aws.errors import AwsError
from local_test.aws.identities import Identities, Identity
from local_test.aws.policies import Ask
from tests.support.signed import BODY, SECRET, SESSION, signed

EVERYTHING = {"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}
READS = {"Statement": [{"Effect": "Allow", "Action": "s3:Get*", "Resource": "*"}]}
ARN = "arn:aws:sts::123456789012:assumed-role/r/s"


class One:
    """A cloud with one session in it."""

    def __init__(self, identity: Identity) -> None:
        self.identity = identity

    def find(self, key: str) -> Identity | None:
        return self.identity if key == "AKID" else None


def access(identity: Identity, *, later: timedelta = timedelta()) -> Access:
    identities = cast("Identities", One(identity))
    return Access("us-east-1", "123456789012", identities, lambda: datetime.now(UTC) + later)


def session(**more: object) -> Identity:
    values = {"token": SESSION, "documents": (EVERYTHING,), **more}
    return Identity(ARN, "r", SECRET, **values)  # type: ignore[arg-type]


def identify(guard: Access, request: Request, body: bytes | None = BODY) -> Identity:
    found = signing.read(request)
    assert found is not None
    return guard.identify(request, found, body)


def code(guard: Access, request: Request, body: bytes | None = BODY) -> str:
    with pytest.raises(AwsError) as caught:
        identify(guard, request, body)
    return caught.value.code


@pytest.mark.parametrize("later", [SKEW + timedelta(minutes=1), -SKEW - timedelta(minutes=1)])
def test_old_and_early_signatures(later: timedelta) -> None:
    request = signed(SigV4Auth, "sagemaker", "/")
    assert identify(access(session()), request).arn == ARN
    assert code(access(session(), later=later), request) == "InvalidSignatureException"


def test_end_of_a_session() -> None:
    request = signed(SigV4Auth, "sagemaker", "/")
    soon = session(expires=datetime.now(UTC) + timedelta(minutes=10))
    assert identify(access(soon), request) is soon
    assert code(access(soon, later=timedelta(minutes=11)), request) == "ExpiredTokenException"


def test_presigned_url_holds_for_as_long_as_it_says() -> None:
    request = signed(S3SigV4QueryAuth, "s3", "/bucket/key", expires=3600)
    assert identify(access(session(), later=timedelta(minutes=59)), request, None).arn == ARN
    assert code(access(session(), later=timedelta(minutes=61)), request, None) == "AccessDenied"


def test_session_policy_narrows() -> None:
    guard = access(session())
    narrow = session(limits=((READS,),))
    guard.permit(narrow, [Ask("s3:GetObject")], "s3")
    with pytest.raises(AwsError, match="s3:PutObject"):
        guard.permit(narrow, [Ask("s3:PutObject")], "s3")


def test_all_that_is_asked_has_to_be_allowed() -> None:
    reader = session(documents=(READS,))
    with pytest.raises(AwsError) as caught:
        access(reader).permit(reader, [Ask("s3:GetObject"), Ask("iam:PassRole", "role")], "iam")
    assert caught.value.status == 403
    assert caught.value.message == (
        f"User: {ARN} is not authorized to perform: iam:PassRole on resource: role "
        "because no identity-based policy allows the iam:PassRole action"
    )


def test_secrets_do_not_show() -> None:
    assert SECRET not in repr(session())
    assert SESSION not in repr(session())
