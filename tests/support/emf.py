"""CloudWatch's embedded metric format as its specification has it, to hold lines to.

Written after the CloudWatch user guide, "Specification: Embedded metric format":
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
from typing import Any, Final

from jsonschema import Draft202012Validator

_BYTES = [f"{each}{of}" for of in ("bytes", "bits") for each in ("Kilo", "Mega", "Giga", "Tera")]
_SIZES = ["Bytes", "Bits", *_BYTES]
UNITS: Final = [
    *("Seconds", "Microseconds", "Milliseconds", "Percent", "Count", "Count/Second", "None"),
    *_SIZES,
    *(f"{each}/Second" for each in _SIZES),
]
_NAME: Final = {"type": "string", "minLength": 1, "maxLength": 255}


def _object(**members: Any) -> dict[str, Any]:
    return {"type": "object", "properties": members, "additionalProperties": False}


_METRIC: Final = {
    **_object(Name=_NAME, Unit={"enum": UNITS}, StorageResolution={"enum": [1, 60]}),
    "required": ["Name"],
}
_DIMENSION_SET: Final = {"type": "array", "items": _NAME, "maxItems": 30}
_DIRECTIVE: Final = {
    **_object(
        Namespace=_NAME,
        Dimensions={"type": "array", "items": _DIMENSION_SET, "minItems": 1},
        Metrics={"type": "array", "items": _METRIC, "maxItems": 100},
    ),
    "required": ["Namespace", "Dimensions", "Metrics"],
}
_HEAD: Final = {
    **_object(
        Timestamp={"type": "integer", "minimum": 0},
        CloudWatchMetrics={"type": "array", "items": _DIRECTIVE},
    ),
    "required": ["Timestamp", "CloudWatchMetrics"],
}
SCHEMA: Final = {"type": "object", "properties": {"_aws": _HEAD}, "required": ["_aws"]}
_TARGET: Final = {
    "anyOf": [
        {"type": "number"},
        {"type": "array", "items": {"type": "number"}, "minItems": 1, "maxItems": 100},
    ]
}
_LONGEST_EVENT: Final = 256 << 10


def checked(line: str) -> dict[str, Any]:
    """Read a line that must be one document, and nothing else.

    Raises:
        ValidationError: It is not what the schema says.
    """
    assert "\n" not in line
    assert len(line.encode()) <= _LONGEST_EVENT
    document: dict[str, Any] = json.loads(line)
    _validate(document, SCHEMA)
    for directive in document["_aws"]["CloudWatchMetrics"]:
        metrics = [each["Name"] for each in directive["Metrics"]]
        dimensions = [name for names in directive["Dimensions"] for name in names]
        targets = {
            "properties": {
                **dict.fromkeys(metrics, _TARGET),
                **{name: {**_NAME, "maxLength": 1024} for name in dimensions},
            },
            "required": [*metrics, *dimensions],
        }
        _validate(document, targets)
    return document


def found_in(log: str) -> list[dict[str, Any]]:
    """Every document of a log, checked."""
    return [checked(line) for line in log.splitlines() if line.startswith('{"_aws"')]


def _validate(document: Any, schema: dict[str, Any]) -> None:
    Draft202012Validator.check_schema(schema)
    Draft202012Validator(schema).validate(document)
