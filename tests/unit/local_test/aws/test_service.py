import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, cast

import pytest

from container.errors import AlgorithmError
from local_test.aws.cloud import Cloud
from local_test.aws.errors import AwsError
from local_test.aws.service import Service

CLOUD = cast("Cloud", object())


@pytest.fixture
def service() -> Service:
    made = Service("sagemaker")

    @made.operation("DeleteModel")
    def delete(cloud: Cloud, given: Mapping[str, Any]) -> None:
        assert cloud is CLOUD
        if given["ModelName"] == "none":
            raise AwsError("ValidationException", "Could not find it")

    @made.operation("CreateModel")
    def create(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
        assert "Tags" not in given
        return {"ModelArn": f"arn/{given['ModelName']}"}

    @made.operation("ListModels")
    def models(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
        now = datetime.fromtimestamp(5, UTC)
        row = {"ModelName": "m", "ModelArn": "arn", "CreationTime": now}
        return {"Models": [row], "NextToken": None}

    return made


def test_answer(service: Service) -> None:
    body = json.dumps({"ModelName": "m", "Tags": None}).encode()
    assert json.loads(service.call(CLOUD, "CreateModel", body)) == {"ModelArn": "arn/m"}
    listed = json.loads(service.call(CLOUD, "ListModels", b""))
    assert listed == {"Models": [{"ModelName": "m", "ModelArn": "arn", "CreationTime": 5.0}]}
    assert service.call(CLOUD, "DeleteModel", b'{"ModelName": "m"}') == b""
    assert service.operations == {"CreateModel", "DeleteModel", "ListModels"}


@pytest.mark.parametrize(
    ("name", "body", "code", "words"),
    [
        ("CreateModel", b"{}", "ValidationException", "1 validation error detected: Value 'null'"),
        (
            "CreateModel",
            b'{"ModelName": "a b", "ExecutionRoleArn": "no"}',
            "ValidationException",
            "errors detected",
        ),
        ("CreateModel", b"{", "SerializationException", "not JSON"),
        ("CreateModel", b"[]", "SerializationException", "not a JSON object"),
        ("CreateApp", b"{}", "UnknownOperationException", "no CreateApp of sagemaker"),
        ("DeleteModel", b'{"ModelName": "none"}', "ValidationException", "Could not find it"),
    ],
)
def test_refusal(service: Service, name: str, body: bytes, code: str, words: str) -> None:
    with pytest.raises(AwsError) as caught:
        service.call(CLOUD, name, body)
    assert caught.value.code == code
    assert words in caught.value.message


def test_operation_registers_once(service: Service) -> None:
    with pytest.raises(AlgorithmError, match="registered twice"):
        service.operation("CreateModel")(lambda *_: {})


def test_start(service: Service) -> None:
    started: list[Cloud] = []
    service.at_start(started.append)
    service.start(CLOUD)
    assert started == [CLOUD]
