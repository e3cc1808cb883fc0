"""Metrics that stand in log lines, as CloudWatch's embedded metric format has them.

    {"_aws": {"Timestamp": 1764000000000, "CloudWatchMetrics": [{"Namespace": "BLERSSI",
      "Dimensions": [["EndpointName"]], "Metrics": [{"Name": "Latency", "Unit": "Milliseconds"}]}]},
     "EndpointName": "mine", "Latency": [1.2, 0.9]}

CloudWatch finds them in whatever is put into a log, and drops what is not well formed in silence.
"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

Data = Mapping[str, list[dict[str, Any]]]


def found_in(lines: Iterable[str]) -> Data:
    """Read the metrics of log lines, as MetricData of PutMetricData by namespace."""
    data = defaultdict[str, list[dict[str, Any]]](list)
    for line in lines:
        if '"_aws"' not in line:  # cheap, as nearly every line is something else
            continue
        try:
            for namespace, each in _of(json.loads(line)):
                data[namespace].append(each)
        except (ValueError, KeyError, TypeError, AttributeError, OverflowError):
            continue
    return data


def _of(members: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    head = members["_aws"]
    when = datetime.fromtimestamp(head["Timestamp"] / 1000, UTC)
    for directive in head["CloudWatchMetrics"]:
        for names in directive.get("Dimensions") or [[]]:
            dimensions = [{"Name": name, "Value": str(members[name])} for name in names]
            for metric in directive["Metrics"]:
                values = members[metric["Name"]]
                for value in values if isinstance(values, list) else [values]:
                    yield (
                        directive["Namespace"],
                        {
                            "MetricName": metric["Name"],
                            "Dimensions": dimensions,
                            "Timestamp": when,
                            "Value": float(value),
                            "Unit": metric.get("Unit", "None"),
                        },
                    )
