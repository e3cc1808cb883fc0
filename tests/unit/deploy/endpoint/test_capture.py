import pytest

from deploy.endpoint.capture import Capture


def test_both_ways_are_recorded_and_our_texts_stay_texts() -> None:
    request = Capture(30, "s3://bucket/capture").request()
    assert request["EnableCapture"] is True
    assert request["InitialSamplingPercentage"] == 30
    assert [each["CaptureMode"] for each in request["CaptureOptions"]] == ["Input", "Output"]
    assert request["CaptureContentTypeHeader"] == {
        "CsvContentTypes": ["text/csv"],
        "JsonContentTypes": ["application/json", "application/jsonlines"],
    }


@pytest.mark.parametrize("percent", [1, 100])
def test_percentages_are_taken(percent: int) -> None:
    assert Capture(percent, "s3://bucket").problems() == []


@pytest.mark.parametrize(
    ("capture", "words"),
    [
        (Capture(0, "s3://bucket/x"), "--capture 0"),
        (Capture(101, "s3://bucket/x"), "--capture 101"),
        (Capture(10, "bucket/x"), "--capture-to"),
        (Capture(10, f"s3://bucket/{'x' * 512}"), "512 characters"),
    ],
)
def test_what_sagemaker_would_refuse_is_said(capture: Capture, words: str) -> None:
    assert any(words in each for each in capture.problems())
