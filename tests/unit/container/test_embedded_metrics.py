"""Lines with metrics are what CloudWatch's specification says, whatever is in them."""

import json

import pytest
from jsonschema import ValidationError

from container import embedded_metrics as embedded
from tests.support import emf


def values(fields: int = 0) -> embedded.Values:
    found = embedded.Values()
    found.add(embedded.PREDICTIONS, 3.0)
    found.add(embedded.LATENCY, [1.5, 2.5])
    for number in range(fields):
        found.add(embedded.MISSING, number, f"b{number}")
    return found


def test_a_line_says_what_was_added() -> None:
    (line,) = values(1).lines(1764000000000, "mine")
    document = emf.checked(line)
    (directive,) = document["_aws"]["CloudWatchMetrics"]
    assert document["_aws"]["Timestamp"] == 1764000000000
    assert directive["Namespace"] == embedded.NAMESPACE
    assert directive["Dimensions"] == [["EndpointName"]]
    assert {each["Name"]: each["Unit"] for each in directive["Metrics"]} == {
        "Predictions": "Count",
        "Latency": "Milliseconds",
        "Missing.b0": "Count",
    }
    assert document["EndpointName"] == "mine"
    assert (document["Predictions"], document["Latency"]) == (3.0, [1.5, 2.5])


def test_without_an_endpoint_there_is_no_dimension() -> None:
    (line,) = values().lines(0, None)
    assert emf.checked(line)["_aws"]["CloudWatchMetrics"][0]["Dimensions"] == [[]]


def test_many_fields_take_several_lines_that_a_pipe_takes_whole() -> None:
    lines = list(values(embedded.MOST_FIELDS).lines(1764000000000, "x" * 63))
    found = [name for line in lines for name in emf.checked(line) if name.startswith("Missing.")]
    assert found == [f"Missing.b{number}" for number in range(embedded.MOST_FIELDS)]
    assert max(map(len, lines)) < 4096


def test_nothing_gives_no_line() -> None:
    assert not list(embedded.Values().lines(0, "mine"))


def test_a_name_that_cloudwatch_would_refuse_is_left_out() -> None:
    found = values()
    found.add(embedded.MISSING, 1, "x" * 255)
    (line,) = found.lines(0, None)
    assert not [name for name in emf.checked(line) if name.startswith("Missing")]


@pytest.mark.parametrize("metric", embedded.METRICS)
def test_every_metric_has_a_unit_of_cloudwatch(metric: embedded.EmbeddedMetric) -> None:
    assert metric.unit in emf.UNITS
    assert metric.by_field == (metric is embedded.MISSING)


@pytest.mark.parametrize(
    "change",
    [
        {"Latency": list(range(101))},
        {"Latency": []},
        {"Predictions": "3"},
        {"EndpointName": 3},
        {"_aws": {"Timestamp": 1, "CloudWatchMetrics": [{"Namespace": "", "Metrics": []}]}},
    ],
)
def test_the_schema_refuses_what_the_specification_forbids(change: dict[str, object]) -> None:
    (line,) = values().lines(0, "mine")
    with pytest.raises(ValidationError):
        emf.checked(json.dumps({**json.loads(line), **change}))
