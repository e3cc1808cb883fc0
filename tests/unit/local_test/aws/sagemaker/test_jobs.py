import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from container.errors import PlatformError, UserError
from local_test.aws.errors import validation
from local_test.aws.sagemaker import jobs
from local_test.aws.sagemaker.jobs import JobFailedError
from local_test.aws.sagemaker.model_data import ModelDataError
from model.errors import ArtifactError

_REFUSED = ClientError({"Error": {"Code": "AccessDenied", "Message": "no"}}, "GetObject")


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (JobFailedError("AlgorithmError: as it is"), "AlgorithmError: as it is"),
        (validation("no such thing"), "ClientError: no such thing"),
        (_REFUSED, "ClientError: GetObject was refused: AccessDenied."),
        (UserError("Wrong.", hint="Mend it."), "ClientError: Wrong. Mend it."),
        (ModelDataError("not there"), "ClientError: not there"),
        (ArtifactError("no tar"), "ClientError: no tar"),
        (PlatformError("Docker refuses."), "InternalServerError: Docker refuses."),
        (
            EndpointConnectionError(endpoint_url="http://x"),
            'InternalServerError: Could not connect to the endpoint URL: "http://x"',
        ),
        (
            OSError(28, "No space left on device", "/a/file"),
            "InternalServerError: No space left on device: /a/file.",
        ),
    ],
)
def test_a_reason_begins_with_who_can_mend_it(error: Exception, expected: str) -> None:
    assert jobs.reason(error) == expected


def test_what_nobody_expected_is_logged_and_not_shown(caplog: pytest.LogCaptureFixture) -> None:
    reason = jobs.reason(ZeroDivisionError("secret detail"))

    assert "secret" not in reason
    assert "secret detail" in caplog.text


def test_a_reason_has_a_limit() -> None:
    assert len(jobs.reason(JobFailedError("x" * 5000))) == 1024
