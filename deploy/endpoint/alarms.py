"""CloudWatch alarms: what must not happen at an endpoint, and what takes an update back.

    NAME/5xx           share of requests that the model answered with 5xx
    NAME/errors        share that it did not answer with 2xx: bad rows of clients count here too
    NAME/latency-p99   what the slowest hundredth of the answers took in the container

Shares are averages: SageMaker counts every request as 0 or 1. Without traffic all is well.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from deploy import naming
from deploy.aws import Aws
from deploy.endpoint.config import VARIANT
from deploy.endpoint.likeness import covers

PREFIX: Final = f"{naming.MADE_BY}/"  # of every alarm's name, by which they are listed
NAMESPACE: Final = "AWS/SageMaker"
_MICROSECONDS: Final = 1_000_000  # ModelLatency's unit, in a second
_HIGH_RESOLUTION: Final = (10, 30)
_ALARM: Final = "ALARM"
_GUARDS: Final = ("5xx", "errors", "latency-p99")  # not those that other parts have made


@dataclass(frozen=True)
class Limits:
    """What is still well.

    Attributes:
        server_errors: Share of the requests, 0 to 1, that may end in 5xx.
        errors: Share that may end in anything but 2xx.
        latency_seconds: The 99th percentile of the container's time; None sets no limit.
        period_seconds: 10, 30 or a multiple of 60.
        topic: The ARN of an SNS topic to tell, or None.
    """

    server_errors: float = 0.01
    errors: float = 0.1
    latency_seconds: float | None = 1.0
    period_seconds: int = 60
    topic: str | None = None

    def problems(self) -> list[str]:
        """What is wrong with them, in words; empty where nothing is."""
        found = [
            f"{option} {value} is not a share from 0 to 1"
            for option, value in (
                ("--max-5xx", self.server_errors),
                ("--max-errors", self.errors),
            )
            if not 0 <= value < 1
        ]
        if self.latency_seconds is not None and not 0 < self.latency_seconds <= 60:
            found.append(f"--max-p99 {self.latency_seconds:g} is not from 0 to 60 seconds")
        period = self.period_seconds
        if period not in _HIGH_RESOLUTION and (period <= 0 or period % 60):
            found.append(f"--alarm-period {period} is not 10, 30 or a multiple of 60 seconds")
        return found

    def requests(self, endpoint: str) -> Iterator[dict[str, Any]]:
        """The PutMetricAlarm of each limit, without tags."""
        yield self._request(
            endpoint, "5xx", "Invocation5XXErrors", self.server_errors, Statistic="Average"
        )
        yield self._request(
            endpoint, "errors", "InvocationModelErrors", self.errors, Statistic="Average"
        )
        if self.latency_seconds is not None:
            yield self._request(
                *(endpoint, "latency-p99", "ModelLatency"),
                self.latency_seconds * _MICROSECONDS,
                ExtendedStatistic="p99",
            )

    def _request(
        self, endpoint: str, kind: str, metric: str, threshold: float, **statistic: str
    ) -> dict[str, Any]:
        return {
            "AlarmName": f"{PREFIX}{endpoint}/{kind}",
            "AlarmDescription": f"{metric} of the endpoint {endpoint}",
            "ActionsEnabled": True,
            "AlarmActions": [self.topic] if self.topic else [],
            "Namespace": NAMESPACE,
            "MetricName": metric,
            "Dimensions": [
                {"Name": "EndpointName", "Value": endpoint},
                {"Name": "VariantName", "Value": VARIANT},
            ],
            **statistic,
            "Period": self.period_seconds,
            "EvaluationPeriods": 1,
            "DatapointsToAlarm": 1,
            "Threshold": float(threshold),
            "ComparisonOperator": "GreaterThanThreshold",
            "TreatMissingData": "notBreaching",
        }


def existing(aws: Aws, endpoint: str | None = None) -> dict[str, dict[str, Any]]:
    """Find the alarms of an endpoint, or of all, by name.

    Raises:
        DeployError: AWS does not say.
    """
    prefix = PREFIX if endpoint is None else f"{PREFIX}{endpoint}/"
    found = aws.pages("cloudwatch", "DescribeAlarms", "MetricAlarms", AlarmNamePrefix=prefix)
    return {each["AlarmName"]: each for each in found}


def ensure(
    aws: Aws, endpoint: str, limits: Limits | None, tags: Mapping[str, str]
) -> tuple[list[str], list[str]]:
    """Make the alarms what they should be; gives the names of all, and of those that are new.

    Raises:
        DeployError: AWS does not let them be made.
    """
    there = _guards(aws, endpoint)
    wanted = {each["AlarmName"]: each for each in (limits.requests(endpoint) if limits else ())}
    for name, request in wanted.items():
        if not covers(there.get(name), request):
            aws.write("cloudwatch", "PutMetricAlarm", **request, Tags=naming.as_list(tags))
    if surplus := sorted(there.keys() - wanted.keys()):
        remove(aws, surplus)
    return list(wanted), [name for name in wanted if name not in there]


def ringing(aws: Aws, endpoint: str) -> list[str]:
    """Name the alarms of an endpoint that are on, of those that take an update back."""
    found = _guards(aws, endpoint)
    return [name for name, each in found.items() if each.get("StateValue") == _ALARM]


def _guards(aws: Aws, endpoint: str) -> dict[str, dict[str, Any]]:
    found = existing(aws, endpoint)
    return {name: each for name, each in found.items() if name.rpartition("/")[2] in _GUARDS}


def remove(aws: Aws, names: list[str]) -> None:
    """Delete alarms; those that are gone are no fault.

    Raises:
        DeployError: AWS does not let them be deleted.
    """
    aws.write("cloudwatch", "DeleteAlarms", AlarmNames=names)
