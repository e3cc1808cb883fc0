from typing import Any

import pytest

from local_test.aws.sagemaker import policy


def routed(kind: str, **more: Any) -> dict[str, Any]:
    routing = {"Type": kind, "WaitIntervalInSeconds": 60, **more}
    return {"BlueGreenUpdatePolicy": {"TrafficRoutingConfiguration": routing}}


def impatient(seconds: int) -> dict[str, Any]:
    config = routed("ALL_AT_ONCE")
    config["BlueGreenUpdatePolicy"]["MaximumExecutionTimeoutInSeconds"] = seconds
    return config


def size(kind: str, value: int) -> dict[str, Any]:
    return {"Type": kind, "Value": value}


PERCENT, COUNT = "CAPACITY_PERCENT", "INSTANCE_COUNT"


@pytest.mark.parametrize(
    ("config", "parts"),
    [
        (None, [1.0]),
        ({"AutoRollbackConfiguration": {}}, [1.0]),
        (routed("ALL_AT_ONCE"), [1.0]),
        (routed("CANARY", CanarySize=size(PERCENT, 10)), [0.1, 1.0]),
        (routed("CANARY", CanarySize=size(COUNT, 1)), [0.25, 1.0]),
        (routed("LINEAR", LinearStepSize=size(PERCENT, 40)), [0.4, 0.8, 1.0]),
        (routed("LINEAR", LinearStepSize=size(COUNT, 2)), [0.5, 1.0]),
        (
            {
                "RollingUpdatePolicy": {
                    "MaximumBatchSize": size(PERCENT, 50),
                    "WaitIntervalInSeconds": 1,
                }
            },
            [0.5, 1.0],
        ),
    ],
)
def test_traffic_moves_in_steps_that_end_with_all_of_it(
    config: dict[str, Any] | None, parts: list[float]
) -> None:
    steps = policy.read(config, 4).steps
    assert [step.part for step in steps] == pytest.approx(parts)


def test_times_and_alarms_are_read() -> None:
    config = routed("ALL_AT_ONCE")
    config["BlueGreenUpdatePolicy"] |= {
        "TerminationWaitInSeconds": 5,
        "MaximumExecutionTimeoutInSeconds": 700,
    }
    config["AutoRollbackConfiguration"] = {"Alarms": [{"AlarmName": "a"}, {"AlarmName": "b"}]}
    found = policy.read(config, 1)
    assert [step.bake_seconds for step in found.steps] == [60]
    assert (found.linger_seconds, found.maximum_seconds) == (5, 700)
    assert found.alarms == ("a", "b")


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (routed("CANARY"), "CanarySize is required"),
        (routed("CANARY", CanarySize=size(PERCENT, 60)), "60% of the variant's capacity"),
        (routed("LINEAR", LinearStepSize=size(PERCENT, 5)), "allowed are 10% to 50%"),
        (routed("LINEAR", CanarySize=size(PERCENT, 5)), "LinearStepSize is required"),
        (routed("ALL_AT_ONCE", CanarySize=size(PERCENT, 5)), "CanarySize is not allowed"),
        ({**routed("ALL_AT_ONCE"), "RollingUpdatePolicy": {"a": 1}}, "not both"),
        (impatient(60), "must be more than the 60 s"),
    ],
)
def test_what_cannot_be_followed_is_told(config: dict[str, Any], said: str) -> None:
    assert said in " ".join(policy.problems(config, 4))


def test_what_can_be_followed_has_no_problems() -> None:
    for config in (
        {},
        routed("ALL_AT_ONCE"),
        impatient(61),
        routed("CANARY", CanarySize=size(COUNT, 2)),
    ):
        assert not [*policy.problems(config, 4)]
