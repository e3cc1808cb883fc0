"""The endpoint of SDK V3's `LocalSession`, spoken to as boto3's clients are."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model import archive
from tests.sdk.harness import LABEL, Harness, docker

NAME = "blerssi"


@pytest.fixture(scope="module")
def session(harness: Harness) -> Iterator[Any]:
    """A session with an endpoint; deleted at the end, when the server has ten seconds (C7.14)."""
    from sagemaker.core.local import LocalSession

    made = LocalSession()
    made.config = harness.config
    client = made.sagemaker_client
    client.create_model(
        ModelName=NAME,
        PrimaryContainer={
            "Image": harness.image,
            "ModelDataUrl": f"file://{_model(harness)}",
            "Environment": {},
        },
    )
    variant = {"VariantName": "AllTraffic", "InstanceType": "local", "InitialInstanceCount": 1}
    client.create_endpoint_config(
        EndpointConfigName=NAME, ProductionVariants=[{**variant, "ModelName": NAME}]
    )
    client.create_endpoint(EndpointName=NAME, EndpointConfigName=NAME)
    server = harness.newest()
    yield made
    client.delete_endpoint(NAME)
    assert server.exit_code == 0, server.log


def _model(harness: Harness) -> Path:
    """Train in the image, as the SDK's trainer has a test of its own; gives model.tar.gz."""
    made = harness.folder("model")
    mounts = [f"{folder}:/opt/ml/input/data/{name}" for name, folder in harness.channels.items()]
    volumes = [f"--volume={mount}" for mount in (*mounts, f"{made}:/opt/ml/model")]
    docker("run", "--rm", "--label", LABEL, *volumes, harness.image, "train", "--epochs", "2")
    archive.pack(made, harness.root / "model.tar.gz")
    return harness.root / "model.tar.gz"


def _ask(session: Any, body: bytes | str, media_type: str, **options: str) -> tuple[int, Any]:
    reply = session.sagemaker_runtime_client.invoke_endpoint(
        Body=body, EndpointName=NAME, ContentType=media_type, Accept="application/json", **options
    )
    assert reply["ContentType"] == "application/json"
    return reply["ResponseMetadata"]["HTTPStatusCode"], json.loads(reply["Body"].read())


def test_it_is_in_service(session: Any) -> None:
    assert session.sagemaker_client.describe_endpoint(NAME)["EndpointStatus"] == "InService"


@pytest.mark.parametrize("media_type", ["text/csv", "application/x-npy"])
def test_every_format_is_answered(session: Any, harness: Harness, media_type: str) -> None:
    body: bytes | str = "\n".join(",".join(map(str, row)) for row in harness.rows)
    if media_type == "application/x-npy":
        buffer = io.BytesIO()
        np.save(buffer, np.asarray(harness.rows, np.float32))
        body = buffer.getvalue()

    answer = _ask(session, body, media_type)

    assert len(answer[1]["predictions"]) == len(harness.rows)
    as_json = json.dumps({"instances": harness.rows})
    assert answer == _ask(session, as_json, "application/json") == (200, answer[1])


def test_headers_of_the_platform_change_nothing(session: Any, harness: Harness) -> None:
    body = json.dumps({"instances": harness.rows})

    with_headers = _ask(
        session,
        body,
        "application/json",
        TargetModel="another.tar.gz",  # C7.16
        TargetVariant="AllTraffic",
        InferenceId="question-1",
        CustomAttributes="trace=1",
    )

    assert with_headers == _ask(session, body, "application/json")


def test_an_error_keeps_its_status_and_explains(session: Any) -> None:
    status, answer = _ask(session, "-70,-80", "text/csv")

    assert status == 400
    assert "13" in answer["error"]["message"]
