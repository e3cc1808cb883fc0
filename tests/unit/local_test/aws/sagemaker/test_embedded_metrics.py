import json
from datetime import UTC, datetime
from typing import Any

import pytest

from local_test.aws.sagemaker import embedded_metrics

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def line(**changes: Any) -> str:
    directive = {
        "Namespace": "Test",
        "Dimensions": [["Name"], []],
        "Metrics": [{"Name": "Latency", "Unit": "Milliseconds"}, {"Name": "Count"}],
    }
    members = {
        "_aws": {"Timestamp": NOW.timestamp() * 1000, "CloudWatchMetrics": [directive]},
        "Name": "mine",
        "Latency": [1.5, 2],
        "Count": 3,
    }
    return json.dumps(members | changes)


def test_metrics_are_read_for_every_set_of_dimensions() -> None:
    found = embedded_metrics.found_in(["plain text", line(), "{}"])

    assert list(found) == ["Test"]
    data = found["Test"]
    assert [(each["MetricName"], each["Value"], each["Unit"]) for each in data] == [
        ("Latency", 1.5, "Milliseconds"),
        ("Latency", 2.0, "Milliseconds"),
        ("Count", 3.0, "None"),
    ] * 2
    assert data[0]["Dimensions"] == [{"Name": "Name", "Value": "mine"}]
    assert data[-1]["Dimensions"] == []
    assert data[0]["Timestamp"] == NOW


@pytest.mark.parametrize(
    "text",
    [
        line()[:-1],
        line(Latency="fast"),
        line(_aws={"Timestamp": "now", "CloudWatchMetrics": []}),
        line(_aws=None),
        json.dumps(["_aws"]),
    ],
)
def test_what_is_not_well_formed_is_passed_over(text: str) -> None:
    assert not embedded_metrics.found_in([text])
