import pytest
from werkzeug.datastructures import Headers

from local_test.aws.errors import AwsError
from local_test.aws.sagemaker import invocation_headers as headers

STREAM = "InvokeEndpointWithResponseStream"
ASYNC = "InvokeEndpointAsync"


@pytest.mark.parametrize(
    ("operation", "sent"),
    [
        ("InvokeEndpoint", {"Content-Type": "text/csv", "Accept": "a/b"}),
        (STREAM, {"Content-Type": "text/csv", "X-Amzn-SageMaker-Accept": "a/b"}),
        (
            ASYNC,
            {
                "Content-Type": "ignored/here",
                "X-Amzn-SageMaker-Content-Type": "text/csv",
                "X-Amzn-SageMaker-Accept": "a/b",
                "X-Amzn-SageMaker-InvocationTimeoutSeconds": "5",
            },
        ),
    ],
)
def test_a_container_sees_plain_names_whatever_the_operation(
    operation: str, sent: dict[str, str]
) -> None:
    given = headers.read(operation, "e", Headers({**sent, "X-Other": "1", "Authorization": "no"}))
    assert headers.for_container(operation, given) == {
        "Content-Type": "text/csv",
        "Accept": "a/b",
        "X-Amzn-SageMaker-Forwarded-Api": operation,
    }
    assert given.get("InvocationTimeoutSeconds") in {None, 5}


@pytest.mark.parametrize(
    ("operation", "sent", "said"),
    [
        ("InvokeEndpoint", {"X-Amzn-SageMaker-Inference-Id": "x" * 65}, "inferenceId"),
        ("InvokeEndpoint", {"X-Amzn-SageMaker-Session-Id": "what?"}, "sessionId"),
        (ASYNC, {"X-Amzn-SageMaker-InvocationTimeoutSeconds": "3601"}, "3600"),
        (ASYNC, {"X-Amzn-SageMaker-InvocationTimeoutSeconds": "soon"}, "must be a integer"),
        (ASYNC, {"X-Amzn-SageMaker-InputLocation": "nowhere"}, "inputLocation"),
    ],
)
def test_headers_that_the_api_does_not_allow_are_named(
    operation: str, sent: dict[str, str], said: str
) -> None:
    with pytest.raises(AwsError, match=said) as caught:
        headers.read(operation, "e", Headers(sent))
    assert caught.value.code == "ValidationError"


def test_a_caller_gets_what_the_operation_has_names_for() -> None:
    answered = Headers(
        {
            "Content-Type": "text/csv",
            "X-Amzn-SageMaker-New-Session-Id": "s; Expires=2026-01-01T00:00:00Z",
            "Set-Cookie": "a=b",
        }
    )
    assert headers.for_caller("InvokeEndpoint", answered, "v") == {
        "x-Amzn-Invoked-Production-Variant": "v",
        "Content-Type": "text/csv",
        "X-Amzn-SageMaker-New-Session-Id": "s; Expires=2026-01-01T00:00:00Z",
    }
    assert headers.for_caller(STREAM, answered, "v") == {
        "x-Amzn-Invoked-Production-Variant": "v",
        "X-Amzn-SageMaker-Content-Type": "text/csv",
    }
