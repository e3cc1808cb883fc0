"""A dashboard's body: the documented structure, no overlaps, nothing that is never emitted."""

import json
from itertools import combinations
from typing import Any, Final

import pytest
from jsonschema import Draft202012Validator

from container import embedded_metrics as ours
from deploy.observability import dashboard
from deploy.observability.queries import QUERIES

BODY: Final = dashboard.body("mine", "eu-west-1")
WIDGETS: Final = BODY["widgets"]

# After the CloudWatch API reference: see the address in deploy/observability/dashboard.py.
DRAWN: Final = {
    "type": "object",
    "properties": {
        "stat": {
            "type": "string",
            "pattern": "^(Sum|Average|Maximum|SampleCount|p[0-9]+)$",
        },
        "label": {"type": "string"},
        "id": {"type": "string", "pattern": "^[a-z][a-zA-Z0-9_]*$"},
        "visible": {"type": "boolean"},
        "expression": {"type": "string", "maxLength": 1024},
    },
    "additionalProperties": False,
}
LINE: Final = {
    "type": "array",
    "minItems": 1,
    "items": {"anyOf": [{"type": "string", "minLength": 1}, DRAWN]},
}
METRIC: Final = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "region": {"type": "string"},
        "view": {"enum": ["timeSeries", "singleValue", "gauge", "bar", "pie", "table"]},
        "period": {"type": "integer", "multipleOf": 60, "minimum": 60},
        "metrics": {"type": "array", "minItems": 1, "items": LINE},
        "yAxis": {"type": "object"},
    },
    "required": ["metrics", "region"],
    "additionalProperties": False,
}
LOG: Final = {
    "type": "object",
    "properties": {
        "title": {"type": "string"},
        "region": {"type": "string"},
        "query": {"type": "string", "pattern": "^SOURCE '[^']+' \\| "},
        "view": {"enum": ["table", "timeSeries", "bar", "pie"]},
    },
    "required": ["region", "query"],
    "additionalProperties": False,
}


def _widget(kind: str, properties: Any) -> dict[str, Any]:
    places = {name: {"type": "integer", "minimum": 0} for name in ("x", "y", "width", "height")}
    members = {"type": {"const": kind}, "properties": properties, **places}
    return {
        "type": "object",
        "properties": members,
        "required": list(members),
        "additionalProperties": False,
    }


SCHEMA: Final = {
    "type": "object",
    "properties": {
        "start": {"type": "string", "pattern": "^-P"},
        "periodOverride": {"enum": ["auto", "inherit"]},
        "widgets": {
            "type": "array",
            "maxItems": 500,
            "items": {"oneOf": [_widget("metric", METRIC), _widget("log", LOG)]},
        },
    },
    "required": ["widgets"],
    "additionalProperties": False,
}


def lines() -> list[list[Any]]:
    return [line for each in WIDGETS for line in each["properties"].get("metrics", ())]


def test_the_structure_is_the_documented_one() -> None:
    Draft202012Validator(SCHEMA).validate(json.loads(json.dumps(BODY)))


@pytest.mark.parametrize(("first", "second"), list(combinations(WIDGETS, 2)))
def test_widgets_do_not_overlap(first: dict[str, int], second: dict[str, int]) -> None:
    assert (
        first["x"] + first["width"] <= second["x"]
        or second["x"] + second["width"] <= first["x"]
        or first["y"] + first["height"] <= second["y"]
        or second["y"] + second["height"] <= first["y"]
    )
    assert max(each["x"] + each["width"] for each in (first, second)) <= 24


def test_every_metric_of_the_container_is_shown_and_no_other() -> None:
    shown = {line[1] for line in lines() if line[0] == ours.NAMESPACE}
    searched = [line[0]["expression"] for line in lines() if isinstance(line[0], dict)]
    assert shown == {each.name for each in ours.METRICS if not each.by_field}
    for metric in ours.METRICS:
        if metric.by_field:
            assert any(f"MetricName={metric.name}'" in each for each in searched)


@pytest.mark.parametrize(
    "metric",
    ["Invocations", "Invocation4XXErrors", "Invocation5XXErrors", "ModelLatency"],
)
def test_sagemakers_own_metrics_are_of_the_endpoint(metric: str) -> None:
    found = [line for line in lines() if line[:2] == ["AWS/SageMaker", metric]]
    assert found
    for line in found:
        assert line[2:6] == ["EndpointName", "mine", "VariantName", "AllTraffic"]


def test_expressions_use_what_their_graph_has() -> None:
    for widget in WIDGETS:
        graph = widget["properties"].get("metrics", ())
        known = {
            line[-1]["id"] for line in graph if isinstance(line[-1], dict) and "id" in line[-1]
        }
        for line in graph:
            if "expression" in line[-1]:
                words = line[-1]["expression"].replace("(", " ").split()
                assert words[-1] in known  # what is divided by
                assert words[-2] == "/"


def test_every_query_is_a_table_over_the_endpoints_log() -> None:
    tables = [each["properties"]["query"] for each in WIDGETS if each["type"] == "log"]
    assert tables == [f"SOURCE '/aws/sagemaker/Endpoints/mine' | {each.text}" for each in QUERIES]
