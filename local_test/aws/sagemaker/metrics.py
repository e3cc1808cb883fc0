"""The platform's own metrics of endpoints, in CloudWatch under AWS/SageMaker.

Invocations, InvocationsPerInstance    how many requests
Invocation4XXErrors, …5XXErrors        of which the model refused or failed so many
InvocationModelErrors                  answers other than 2xx, and none at all
ModelLatency, OverheadLatency          microseconds in the container, and around it
"""

import threading
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local_test.aws.cloud import Cloud
from local_test.aws.sagemaker import logs

NAMESPACE = "AWS/SageMaker"
_MOST_VALUES = 150  # of one datum, CloudWatch's limit


@dataclass(frozen=True)
class Sample:
    """One request that was answered, or was not.

    Attributes:
        status: Of the container; 0 where none came.
        model_seconds: From the first byte to the container to the last byte of its answer.
        overhead_seconds: The rest of the time that the request took here.
        instances: How many the variant has.
    """

    status: int
    model_seconds: float
    overhead_seconds: float
    instances: int


class Meter:
    """Collects samples until they are sent."""

    def __init__(self) -> None:
        self._samples: defaultdict[tuple[str, str], list[Sample]] = defaultdict(list)
        self._lock = threading.Lock()

    def add(self, endpoint: str, variant: str, sample: Sample) -> None:
        """Count a request."""
        with self._lock:
            self._samples[endpoint, variant].append(sample)

    def send(self, cloud: Cloud) -> None:
        """Put what was collected to CloudWatch.

        Raises:
            ClientError: CloudWatch refuses.
            BotoCoreError: It does not answer.
        """
        with self._lock:
            found, self._samples = self._samples, defaultdict(list)
        data = [
            each
            for (endpoint, variant), samples in found.items()
            for each in _data(endpoint, variant, samples)
        ]
        if data:
            logs.put_metrics(cloud.client("cloudwatch"), NAMESPACE, data)


def dimensions(endpoint: str, variant: str) -> list[dict[str, str]]:
    """What the platform's metrics of a variant are told apart by."""
    return [
        {"Name": "EndpointName", "Value": endpoint},
        {"Name": "VariantName", "Value": variant},
    ]


def _data(endpoint: str, variant: str, samples: Sequence[Sample]) -> Iterator[dict[str, Any]]:
    """The datapoints of one variant; an error metric is 0 or 1 a request, its average a rate."""
    shared = {"Dimensions": dimensions(endpoint, variant), "Timestamp": datetime.now(UTC)}
    counts = {
        "Invocations": [1.0 for _ in samples],
        "InvocationsPerInstance": [1.0 / max(each.instances, 1) for each in samples],
        "Invocation4XXErrors": [float(400 <= each.status < 500) for each in samples],
        "Invocation5XXErrors": [float(_is_server_error(each.status)) for each in samples],
        "InvocationModelErrors": [float(not 200 <= each.status < 300) for each in samples],
    }
    for name, values in counts.items():
        statistics = {
            "SampleCount": float(len(values)),
            "Sum": sum(values),
            "Minimum": min(values),
            "Maximum": max(values),
        }
        yield {"MetricName": name, "Unit": "None", "StatisticValues": statistics, **shared}
    latencies = {
        "ModelLatency": [each.model_seconds for each in samples],
        "OverheadLatency": [each.overhead_seconds for each in samples],
    }
    for name, seconds in latencies.items():
        values = [round(each * 1e6) for each in _thinned(seconds)]
        yield {"MetricName": name, "Unit": "Microseconds", "Values": values, **shared}


def _thinned(values: Sequence[float]) -> list[float]:
    """So many values that CloudWatch takes them, which keep the percentiles and the maximum."""
    ordered = sorted(values)
    if len(ordered) <= _MOST_VALUES:
        return ordered
    last = len(ordered) - 1
    return [ordered[number * last // (_MOST_VALUES - 1)] for number in range(_MOST_VALUES)]


def _is_server_error(status: int) -> bool:
    return status >= 500 or status == 0
