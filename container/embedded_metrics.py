"""Metrics that CloudWatch reads out of a log line: its embedded metric format.

    {"_aws": {"Timestamp": 1764000000000, "CloudWatchMetrics": [{"Namespace": "BLERSSI",
      "Dimensions": [["EndpointName"]], "Metrics": [{"Name": "Predictions", "Unit": "Count"}, …]}]},
     "EndpointName": "blerssi", "Predictions": 1200, …}

A line is one JSON object and nothing else, so it bypasses the log's formatters. What may stand in
it is laid down in the CloudWatch user guide, "Specification: Embedded metric format":
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/CloudWatch_Embedded_Metric_Format_Specification.html
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Final

NAMESPACE: Final = "BLERSSI"
ENDPOINT_NAME: Final = "EndpointName"  # the only dimension: with another, all are paid for again
MOST_VALUES: Final = 100  # of one metric in one line, by the specification
MOST_FIELDS: Final = 100  # that are counted one by one: each is a metric that is paid for

# So many stay far below the 4096 bytes that a pipe takes in one piece: lines of several workers
# never mix.
_METRICS_A_LINE: Final = 20
_LONGEST_NAME: Final = 255

Value = float | Sequence[float]


@dataclass(frozen=True)
class EmbeddedMetric:
    """One metric: its name and unit in CloudWatch, and what it means.

    Attributes:
        name: Of the metric, or what it begins with where there is one a field.
        unit: One of CloudWatch's.
        text: One sentence for the documentation.
        by_field: Whether there is one for each input field of the model.
    """

    name: str
    unit: str
    text: str
    by_field: bool = False

    def of(self, field: str) -> str:
        """The name of a field's own metric."""
        return f"{self.name}.{field}"


PREDICTIONS: Final = EmbeddedMetric("Predictions", "Count", "Records that were answered.")
LATENCY: Final = EmbeddedMetric(
    "Latency",
    "Milliseconds",
    "From a request's head to its answer, errors included: up to 100 values a minute and worker, "
    "read off the histogram of /metrics.",
)
NO_SIGNAL: Final = EmbeddedMetric(
    "NoSignal", "Count", "Records without a single reading (status no_signal)."
)
OUT_OF_COVERAGE: Final = EmbeddedMetric(
    "OutOfCoverage", "Count", "Records that cannot be of this floor (status out_of_coverage)."
)
CONFIDENCE: Final = EmbeddedMetric(
    "ConfidenceSum", "None", "Sum of the records' highest probabilities."
)
MISSING: Final = EmbeddedMetric(
    "Missing", "Count", "Records without a reading of this field.", by_field=True
)
METRICS: Final = (PREDICTIONS, LATENCY, NO_SIGNAL, OUT_OF_COVERAGE, CONFIDENCE, MISSING)


class Values:
    """What a line, or several, will hold: values under their metrics' names."""

    def __init__(self) -> None:
        self._found: dict[str, tuple[str, Value]] = {}

    def add(self, metric: EmbeddedMetric, value: Value, field: str = "") -> None:
        """Add a metric's value, or that of a field's own metric; too long a name is left out."""
        name = metric.of(field) if metric.by_field else metric.name
        if len(name) <= _LONGEST_NAME:
            self._found[name] = metric.unit, value

    def lines(self, milliseconds: int, endpoint: str | None) -> Iterator[str]:
        """Write it all down, without line ends.

        Args:
            milliseconds: When this was, since 1970.
            endpoint: The value of the dimension; None for no dimension.
        """
        dimensions = {} if endpoint is None else {ENDPOINT_NAME: endpoint}
        rest = iter(self._found.items())
        while some := dict(islice(rest, _METRICS_A_LINE)):
            yield _line(milliseconds, dimensions, some)


def _line(
    milliseconds: int, dimensions: Mapping[str, str], found: Mapping[str, tuple[str, Value]]
) -> str:
    directive = {
        "Namespace": NAMESPACE,
        "Dimensions": [list(dimensions)],
        "Metrics": [{"Name": name, "Unit": unit} for name, (unit, _) in found.items()],
    }
    head = {"Timestamp": milliseconds, "CloudWatchMetrics": [directive]}
    values = {name: value for name, (_, value) in found.items()}
    return json.dumps({"_aws": head, **dimensions, **values}, separators=(",", ":"))
