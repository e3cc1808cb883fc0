import base64
import json
from typing import Any

import pytest

from local_test.aws.sagemaker import data_capture
from local_test.aws.sagemaker.data_capture import Captured, Exchange

CONFIG = {
    "InitialSamplingPercentage": 100,
    "DestinationS3Uri": "s3://b/p",
    "CaptureOptions": [{"CaptureMode": "InputAndOutput"}],
    "CaptureContentTypeHeader": {
        "CsvContentTypes": ["text/csv"],
        "JsonContentTypes": ["application/json"],
    },
}


def captured(config: dict[str, Any], exchange: Exchange, times: int = 1) -> list[dict[str, Any]]:
    buffer = Captured()
    document = {
        "EndpointName": "e",
        "DataCaptureConfig": {**CONFIG, **config},
        "Variants": [],
        "Pending": {"Variants": [{"VariantName": "v", "ExecutionRoleArn": "arn"}]},
    }
    for _ in range(times):
        data_capture.record(buffer, document, exchange)
    return [json.loads(line) for lines in buffer.lines.values() for line in lines]


def exchange(media_type: str | None, body: bytes = b"1,2") -> Exchange:
    given = {} if media_type is None else {"ContentType": media_type}
    return Exchange("v", given, body, b"[1]", {"Content-Type": "application/json"})


@pytest.mark.parametrize(
    ("media_type", "body", "encoding"),
    [
        ("text/csv", b"1,2", "CSV"),
        ("TEXT/CSV", b"1,2", "CSV"),
        ("text/csv; charset=utf-8", b"1,2", "BASE64"),
        ("application/x-npy", b"\x93NUMPY", "BASE64"),
        ("text/csv", b"\xff", "BASE64"),
        (None, b"1,2", "BASE64"),
    ],
)
def test_only_listed_types_are_kept_as_text(
    media_type: str | None, body: bytes, encoding: str
) -> None:
    (line,) = captured({}, exchange(media_type, body))
    found = line["captureData"]["endpointInput"]
    assert found["encoding"] == encoding
    kept = base64.b64decode(found["data"]) if encoding == "BASE64" else found["data"].encode()
    assert kept == body
    assert line["captureData"]["endpointOutput"]["encoding"] == "JSON"


def test_without_lists_nothing_is_kept_as_text() -> None:
    (line,) = captured({"CaptureContentTypeHeader": {}}, exchange("text/csv"))
    sides = line["captureData"].values()
    assert {each["encoding"] for each in sides} == {"BASE64"}


@pytest.mark.parametrize(("percentage", "count"), [(0, 0), (10, 10), (100, 100)])
def test_a_sample_is_as_large_as_it_should_be(percentage: int, count: int) -> None:
    config = {"InitialSamplingPercentage": percentage}
    assert len(captured(config, exchange("text/csv"), times=100)) == count


@pytest.mark.parametrize(
    ("config", "sides"),
    [
        ({"CaptureOptions": [{"CaptureMode": "Input"}]}, {"endpointInput"}),
        ({"CaptureOptions": [{"CaptureMode": "Output"}]}, {"endpointOutput"}),
    ],
)
def test_sides_are_captured_as_they_are_wanted(config: dict[str, Any], sides: set[str]) -> None:
    (line,) = captured(config, exchange("text/csv"))
    assert line["captureData"].keys() == sides


def test_capture_can_be_off() -> None:
    assert captured({"EnableCapture": False}, exchange("text/csv")) == []
