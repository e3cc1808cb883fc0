"""Metrics of a training job: figures found in its log by the job's own regular expressions.

What is found goes to CloudWatch, and the last figure of each metric into the job's description
(C5.50).
"""

import math
import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

NAMESPACE: Final = "/aws/sagemaker/TrainingJobs"


def problems(definitions: Sequence[Mapping[str, str]]) -> Iterator[str]:
    """What is wrong with MetricDefinitions."""
    for each in definitions:
        try:
            groups = re.compile(each["Regex"]).groups
        except re.error as error:
            yield f"metric {each['Name']}: {each['Regex']!r} is no regular expression: {error}"
            continue
        if groups == 0:
            yield f"metric {each['Name']}: {each['Regex']!r} has no group to capture a figure"


class Scraper:
    """Looks for figures in log lines, from any thread.

    Args:
        definitions: The job's MetricDefinitions, which are sound.
        job: The job's name.
    """

    def __init__(self, definitions: Sequence[Mapping[str, str]], job: str) -> None:
        self._patterns = [(each["Name"], re.compile(each["Regex"])) for each in definitions]
        self._job = job
        self._found: list[tuple[str, float, datetime]] = []
        self._lock = threading.Lock()

    def __call__(self, line: str) -> None:
        """Look at a line; what is captured and is no number does not count."""
        now = datetime.now(UTC)
        for name, pattern in self._patterns:
            for match in pattern.finditer(line):
                try:
                    value = float(match[1])
                except (TypeError, ValueError):
                    continue
                if not math.isfinite(value):  # CloudWatch takes no other
                    continue
                with self._lock:
                    self._found.append((name, value, now))

    def final(self) -> list[dict[str, Any]]:
        """The last figure of each metric, as FinalMetricDataList."""
        with self._lock:
            last = {name: (value, when) for name, value, when in self._found}
        return [
            {"MetricName": name, "Value": value, "Timestamp": when}
            for name, (value, when) in last.items()
        ]

    def data(self) -> list[dict[str, Any]]:
        """All figures, as MetricData of CloudWatch."""
        dimensions = [{"Name": "TrainingJobName", "Value": self._job}]
        with self._lock:
            return [
                {"MetricName": name, "Dimensions": dimensions, "Timestamp": when, "Value": value}
                for name, value, when in self._found
            ]
