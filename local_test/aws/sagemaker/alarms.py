"""CloudWatch's alarms: evaluated here, since moto keeps them and never looks at the metrics.

The state of every metric alarm follows its metric as in CloudWatch: so many datapoints out of the
last so many periods that breach the threshold, with missing data treated as the alarm says.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from local_test.aws.cloud import Cloud
from local_test.aws.sagemaker import statistics

OK, ALARM, UNKNOWN = "OK", "ALARM", "INSUFFICIENT_DATA"
_BREACHES: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": lambda value, threshold: value > threshold,
    "GreaterThanOrEqualToThreshold": lambda value, threshold: value >= threshold,
    "LessThanThreshold": lambda value, threshold: value < threshold,
    "LessThanOrEqualToThreshold": lambda value, threshold: value <= threshold,
}


def ringing(cloud: Cloud, names: Sequence[str]) -> list[str]:
    """Give those of some alarms that are in ALARM."""
    if not names:
        return []
    found = cloud.client("cloudwatch").describe_alarms(AlarmNames=list(names))
    rows = (*found.get("MetricAlarms", ()), *found.get("CompositeAlarms", ()))
    return sorted(row["AlarmName"] for row in rows if row["StateValue"] == ALARM)


def missing(cloud: Cloud, names: Sequence[str]) -> list[str]:
    """Give those of some names that no alarm has."""
    if not names:
        return []
    found = cloud.client("cloudwatch").describe_alarms(AlarmNames=list(names))
    rows = (*found.get("MetricAlarms", ()), *found.get("CompositeAlarms", ()))
    return sorted(set(names) - {row["AlarmName"] for row in rows})


def evaluate_all(cloud: Cloud) -> None:
    """Set the state of every alarm on a single metric, where it has changed."""
    client = cloud.client("cloudwatch")
    for page in client.get_paginator("describe_alarms").paginate(AlarmTypes=["MetricAlarm"]):
        for alarm in page.get("MetricAlarms", ()):
            if not alarm.get("MetricName"):
                continue  # metric math is not evaluated here
            state, reason = evaluate(alarm, _datapoints(cloud, alarm))
            if state != alarm["StateValue"]:
                client.set_alarm_state(
                    AlarmName=alarm["AlarmName"], StateValue=state, StateReason=reason
                )


def evaluate(alarm: Mapping[str, Any], datapoints: Sequence[float | None]) -> tuple[str, str]:
    """Give an alarm's state and the reason in a sentence.

    Args:
        alarm: As DescribeAlarms gives it.
        datapoints: Of its last EvaluationPeriods, the newest last; None where there is no data.
    """
    breaches = _BREACHES[alarm["ComparisonOperator"]]
    treat = alarm.get("TreatMissingData") or "missing"
    needed = alarm.get("DatapointsToAlarm") or alarm["EvaluationPeriods"]
    known = [value for value in datapoints if value is not None]
    if not known and treat in {"missing", "ignore"}:
        state = UNKNOWN if treat == "missing" else alarm["StateValue"]
        return state, "There is no data in the evaluation periods."
    breaching = sum(
        breaches(value, alarm["Threshold"]) if value is not None else treat == "breaching"
        for value in datapoints
    )
    shown = ", ".join("missing" if value is None else f"{value:g}" for value in datapoints)
    reason = (
        f"Threshold Crossed: {breaching} of the last {len(datapoints)} datapoints [{shown}] "
        f"against the threshold {alarm['Threshold']:g}; {needed} are needed for ALARM."
    )
    return (ALARM if breaching >= needed else OK), reason


def _datapoints(cloud: Cloud, alarm: Mapping[str, Any]) -> list[float | None]:
    """The values of an alarm's last periods, the newest last.

    The newest ends now, rather than at a full period as CloudWatch's does: nobody at a laptop wants
    to wait.
    """
    end = datetime.now(UTC)
    period = timedelta(seconds=alarm["Period"])
    query = statistics.Query(
        alarm["Namespace"],
        alarm["MetricName"],
        frozenset((each["Name"], each["Value"]) for each in alarm.get("Dimensions", ())),
        alarm.get("Statistic") or alarm["ExtendedStatistic"],
    )
    count = alarm["EvaluationPeriods"]
    return [
        statistics.value(cloud, query, end - period * (number + 1), end - period * number)
        for number in reversed(range(count))
    ]
