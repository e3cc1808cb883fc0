import datetime
from typing import Any

import pytest

from deploy.endpoint import failure
from deploy.errors import DeniedError
from tests.support.fake_aws import FakeAws, common

SINCE = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
START = int(SINCE.timestamp() * 1000)


def logged(**streams: tuple[int, list[str]]) -> FakeAws:
    """An AWS with streams: seconds after the start at which one was made, and its lines."""
    aws = FakeAws()
    aws.operations["DescribeLogStreams"] = lambda **_: {
        "logStreams": [
            {"logStreamName": name, "creationTime": START + seconds * 1000}
            for name, (seconds, _) in streams.items()
        ]
    }

    def events(**given: Any) -> Any:
        seconds, lines = streams[given["logStreamName"]]
        found = [
            {"timestamp": START + seconds * 1000 + number, "message": line}
            for number, line in enumerate(lines)
        ]
        return {"events": found[-given["limit"] :]}

    aws.operations["GetLogEvents"] = events
    return aws


def lines(aws: FakeAws, limit: int = 20) -> list[str]:
    return failure.last_lines(common(aws).aws, "blerssi", SINCE, limit)


def test_lines_of_several_containers_are_put_in_order() -> None:
    aws = logged(second=(2, ["c\n"]), first=(1, ["a", "b"]))
    assert lines(aws) == ["a", "b", "c"]
    assert lines(aws, limit=2) == ["b", "c"]


def test_what_an_older_version_writes_is_left_out() -> None:
    assert lines(logged(old=(-60, ["all is well"]), new=(1, ["it fails"]))) == ["it fails"]


def test_of_a_long_line_both_ends_are_shown() -> None:
    found = lines(logged(new=(1, [f"Traceback {'x' * 1000} ValueError"])))[0]
    assert found.startswith("Traceback")
    assert found.endswith("ValueError")
    assert len(found) < 420


def test_a_log_that_cannot_be_read_is_no_fault() -> None:
    aws = FakeAws()

    def denied(**_: Any) -> Any:
        raise DeniedError("Not for you.")

    aws.operations["DescribeLogStreams"] = denied
    assert lines(aws) == []


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("No  ping\n", "is Failed: No ping."),
        ("No ping!", "is Failed: No ping!"),
        (None, "AWS gives no reason."),
    ],
)
def test_a_reason_is_a_sentence(reason: str | None, words: str) -> None:
    described = {"EndpointName": "blerssi", "EndpointStatus": "Failed", "FailureReason": reason}
    error = failure.not_made(common(FakeAws()).aws, described, SINCE)
    assert words in error.message
    assert "has no lines of that time" in error.hint
