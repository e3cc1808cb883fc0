from typing import Any

import pytest

from local_test.aws.sagemaker import alarms

ALARM: dict[str, Any] = {
    "ComparisonOperator": "GreaterThanThreshold",
    "Threshold": 1.0,
    "EvaluationPeriods": 3,
    "StateValue": "OK",
}


@pytest.mark.parametrize(
    ("change", "datapoints", "state"),
    [
        ({}, [2.0, 2.0, 2.0], "ALARM"),
        ({}, [2.0, 1.0, 2.0], "OK"),
        ({"DatapointsToAlarm": 2}, [2.0, 1.0, 2.0], "ALARM"),
        ({"ComparisonOperator": "LessThanThreshold"}, [0.0, 0.5, 0.9], "ALARM"),
        ({"ComparisonOperator": "GreaterThanOrEqualToThreshold"}, [1.0, 1.0, 1.0], "ALARM"),
        ({"ComparisonOperator": "LessThanOrEqualToThreshold"}, [1.0, 1.0, 1.1], "OK"),
        ({}, [None, None, None], "INSUFFICIENT_DATA"),
        ({"TreatMissingData": "ignore", "StateValue": "ALARM"}, [None] * 3, "ALARM"),
        ({"TreatMissingData": "notBreaching"}, [None, None, None], "OK"),
        ({"TreatMissingData": "breaching"}, [None, None, None], "ALARM"),
        ({"TreatMissingData": "breaching"}, [None, 0.0, None], "OK"),
        ({"TreatMissingData": "notBreaching", "DatapointsToAlarm": 1}, [None, 2.0, None], "ALARM"),
    ],
)
def test_a_state_follows_the_datapoints(
    change: dict[str, Any], datapoints: list[float | None], state: str
) -> None:
    found, reason = alarms.evaluate({**ALARM, **change}, datapoints)
    assert found == state
    assert reason.endswith(".")
