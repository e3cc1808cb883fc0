"""InvokeEndpoint and InvokeEndpointWithResponseStream: headers, limits, errors, streams."""

import contextlib
import http.client
import json
import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local_test.aws.sagemaker import answering
from tests.support.hosting import VARIANT, Hosting


@pytest.fixture(scope="module")
def name(hosting: Hosting) -> Iterator[str]:
    yield hosting.endpoint("asked")
    hosting.delete("asked")


@pytest.fixture(scope="module")
def serverless(hosting: Hosting) -> Iterator[str]:
    """A serverless endpoint for one request at a time."""
    config = {"MemorySizeInMB": 2048, "MaxConcurrency": 1}
    variant = {"VariantName": VARIANT, "ModelName": "serverless", "ServerlessConfig": config}
    yield hosting.endpoint("serverless", ProductionVariants=[variant])
    hosting.delete("serverless")


def model_error(hosting: Hosting, name: str, wish: dict[str, Any]) -> dict[str, Any]:
    with pytest.raises(hosting.runtime.exceptions.ModelError) as caught:
        hosting.ask(name, wish)
    found: dict[str, Any] = caught.value.response
    assert found["ResponseMetadata"]["HTTPStatusCode"] == 424
    return found


def test_only_the_headers_of_the_api_reach_the_container(hosting: Hosting, name: str) -> None:
    found = hosting.ask(
        name, Accept="application/json", CustomAttributes="a=1", InferenceId="id-7", SessionId="s1"
    )
    headers = {key.lower(): value for key, value in found["headers"].items()}
    assert headers["content-type"] == "application/json"
    assert headers["accept"] == "application/json"
    assert headers["x-amzn-sagemaker-custom-attributes"] == "a=1"
    assert headers["x-amzn-sagemaker-inference-id"] == "id-7"
    assert headers["x-amzn-sagemaker-session-id"] == "s1"
    assert headers["x-amzn-sagemaker-forwarded-api"] == "InvokeEndpoint"
    assert headers["host"] == "model.aws.local:8080"
    assert not {"authorization", "x-amz-date", "amz-sdk-request"} & headers.keys()


def test_only_the_headers_of_the_api_come_back(hosting: Hosting, name: str) -> None:
    ask = hosting.runtime.invoke_endpoint
    found = ask(EndpointName=name, Body=json.dumps({"attributes": "b=2"}), CustomAttributes="a=1")
    assert found["CustomAttributes"] == "b=2"
    assert found["InvokedProductionVariant"] == VARIANT
    assert found["ContentType"] == "application/json"
    assert "x-secret" not in found["ResponseMetadata"]["HTTPHeaders"]
    assert "CustomAttributes" not in ask(EndpointName=name, Body=b"{}", CustomAttributes="a=1")


@pytest.mark.parametrize(
    ("wish", "status", "said"),
    [({"refuse": "not these"}, 422, "not these"), ({"fail": "lights out"}, 500, "lights out")],
)
def test_what_the_model_refuses_is_a_model_error(
    hosting: Hosting, name: str, wish: dict[str, Any], status: int, said: str
) -> None:
    found = model_error(hosting, name, wish)
    assert found["OriginalStatusCode"] == status
    assert said in found["OriginalMessage"]
    side = "client" if status < 500 else "server"
    assert found["Error"]["Message"].startswith(f"Received {side} error ({status}) from primary")
    assert found["LogStreamArn"].endswith(f":log-group:/aws/sagemaker/Endpoints/{name}")


def test_an_answer_that_takes_too_long_is_cut_off(
    hosting: Hosting, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "INVOCATION_SECONDS", 0.3)
    found = model_error(hosting, name, {"sleep": 2})
    assert found["OriginalStatusCode"] == 0
    assert "Received server error (0) from primary" in found["Error"]["Message"]
    assert "Your invocation timed out" in found["OriginalMessage"]
    # One that trickles is too late as a whole, even though every piece is in time.
    found = model_error(hosting, name, {"parts": ["x"] * 20, "pause": 0.1})
    assert "Your invocation timed out" in found["OriginalMessage"]


def test_an_answer_that_breaks_off_is_a_model_error(hosting: Hosting, name: str) -> None:
    found = model_error(hosting, name, {"parts": ["x"], "break": True})
    assert "could not get a response" in found["OriginalMessage"]


def test_bodies_have_limits(hosting: Hosting, serverless: str) -> None:
    with pytest.raises(ClientError, match="HTTP content length exceeded 4194304 bytes") as caught:
        hosting.runtime.invoke_endpoint(EndpointName=serverless, Body=b"x" * (4 * 1024**2 + 1))
    assert caught.value.response["ResponseMetadata"]["HTTPStatusCode"] == 413
    found = model_error(hosting, serverless, {"size": 4 * 1024**2})
    assert "exceeds 4194304 bytes" in found["OriginalMessage"]
    assert len(hosting.ask(serverless, {"size": 3 * 1024**2})["body"]) == 3 * 1024**2


def test_a_serverless_endpoint_throttles(hosting: Hosting, serverless: str) -> None:
    stream = hosting.runtime.invoke_endpoint_with_response_stream(
        EndpointName=serverless, Body=json.dumps({"parts": ["a", "b"], "pause": 1})
    )["Body"]
    parts = iter(stream)
    next(parts)  # it is being answered now
    impatient = _client(hosting, Config(retries={"total_max_attempts": 1}))
    with pytest.raises(ClientError, match="Rate exceeded") as caught:
        impatient.invoke_endpoint(EndpointName=serverless, Body=b"{}")
    assert caught.value.response["Error"]["Code"] == "ThrottlingException"
    assert len([*parts]) == 1
    found = hosting.describe(serverless)["ProductionVariants"][0]
    assert found["CurrentServerlessConfig"]["MaxConcurrency"] == 1


def _client(hosting: Hosting, config: Config) -> Any:
    import boto3

    variables = hosting.aws.variables
    return boto3.client(
        "sagemaker-runtime",
        endpoint_url=variables["AWS_ENDPOINT_URL"],
        region_name=variables["AWS_REGION"],
        aws_access_key_id=variables["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=variables["AWS_SECRET_ACCESS_KEY"],
        config=config,
    )


@pytest.mark.parametrize(
    "parameters",
    [
        {"CustomAttributes": "x" * 1025},
        {"InferenceId": "x" * 65},
        {"TargetVariant": "not a name"},
        {"SessionId": "what-?"},
    ],
)
def test_headers_are_held_to_the_api(
    hosting: Hosting, name: str, parameters: dict[str, Any]
) -> None:
    with pytest.raises(hosting.runtime.exceptions.ValidationError, match="1 validation error"):
        hosting.ask(name, **parameters)


def test_parts_of_a_stream_come_as_they_are_made(hosting: Hosting, name: str) -> None:
    found = hosting.runtime.invoke_endpoint_with_response_stream(
        EndpointName=name,
        Body=json.dumps({"parts": ["first", "second"], "pause": 2}),
        ContentType="application/json",
        Accept="text/plain",
    )
    assert found["ContentType"] == "text/plain"
    assert found["InvokedProductionVariant"] == VARIANT
    parts = iter(found["Body"])
    started = time.monotonic()
    assert next(parts)["PayloadPart"]["Bytes"] == b"first"
    assert time.monotonic() - started < 2  # the second is made 2 s after the first
    assert b"".join(each["PayloadPart"]["Bytes"] for each in parts) == b"second"


def test_a_stream_that_breaks_ends_with_the_reason(hosting: Hosting, name: str) -> None:
    found = hosting.runtime.invoke_endpoint_with_response_stream(
        EndpointName=name, Body=json.dumps({"parts": ["first"], "break": True})
    )
    with contextlib.closing(found["Body"]):
        parts = iter(found["Body"])
        assert next(parts)["PayloadPart"]["Bytes"] == b"first"
        with pytest.raises(ClientError, match="ModelStreamError"):
            next(parts)


def test_a_stream_that_is_refused_is_a_model_error(hosting: Hosting, name: str) -> None:
    with pytest.raises(hosting.runtime.exceptions.ModelError, match=r"client error \(422\)"):
        hosting.runtime.invoke_endpoint_with_response_stream(
            EndpointName=name, Body=json.dumps({"refuse": "no"})
        )


def test_an_instance_is_free_again_when_a_caller_leaves_its_stream(
    hosting: Hosting, serverless: str
) -> None:
    stream = hosting.runtime.invoke_endpoint_with_response_stream(
        EndpointName=serverless,
        Body=json.dumps({"parts": ["x" * 65536], "times": 200, "pause": 0.05}),
    )["Body"]
    next(iter(stream))
    stream.close()
    assert hosting.ask(serverless)["model"] == "serverless"  # boto3 retries while it is throttled


def test_an_unsigned_request_is_refused(hosting: Hosting, name: str) -> None:
    connection = http.client.HTTPConnection(urlsplit(hosting.aws.url).netloc, timeout=10)
    connection.request("POST", f"/endpoints/{name}/invocations", b"{}")
    assert connection.getresponse().status == 403
    connection.close()
