from typing import Any

import pytest

from deploy.endpoint import alarms, scaling, waking
from deploy.endpoint.config import Asynchronous, Configuration, Instances
from deploy.endpoint.failure import RolledBackError
from deploy.endpoint.scaling import Scaling
from deploy.endpoint.wanted import Wanted
from tests.support.fake_aws import FakeAws, bring_about, common, wanted


@pytest.fixture
def aws() -> FakeAws:
    """An AWS that keeps scalable targets and policies; every policy put gets another ARN."""
    fake, targets, policies = FakeAws(), dict[str, Any](), dict[str, Any]()

    def register(**given: Any) -> None:
        targets["one"] = given

    def put(**given: Any) -> Any:
        arn = f"arn:{given['PolicyName']}:{len(fake.calls)}"
        policies[given["PolicyName"]] = {**given, "PolicyARN": arn}
        return {"PolicyARN": arn}

    fake.operations |= {
        "DescribeScalableTargets": lambda **_: {"ScalableTargets": list(targets.values())},
        "RegisterScalableTarget": register,
        "DeregisterScalableTarget": lambda **_: targets.clear(),
        "DescribeScalingPolicies": lambda **_: {"ScalingPolicies": list(policies.values())},
        "PutScalingPolicy": put,
        "DeleteScalingPolicy": lambda **given: policies.pop(given["PolicyName"]),
    }
    return fake


def asleep(least: int = 0, kind: str = "ml.m5.large") -> Wanted:
    return wanted(
        configuration=Configuration(Instances(kind), Asynchronous("s3://bucket/async")),
        scaling=Scaling(least, 4, 5),
    )


def called(aws: FakeAws) -> list[str]:
    """Which policies the alarm calls."""
    found: list[str] = aws.alarms[waking.alarm_name("blerssi")]["AlarmActions"]
    return found


def arn(aws: FakeAws) -> str:
    found = scaling.policy(common(aws).aws, "blerssi", waking.POLICY)
    assert found is not None
    return str(found["PolicyARN"])


def test_one_request_that_waits_calls_for_one_instance(aws: FakeAws) -> None:
    bring_about(aws, asleep())
    assert called(aws) == [arn(aws)]
    steps = waking.policy_request("blerssi")["StepScalingPolicyConfiguration"]["StepAdjustments"]
    assert steps == [{"MetricIntervalLowerBound": 0.0, "ScalingAdjustment": 1}]


def test_a_second_run_changes_nothing(aws: FakeAws) -> None:
    bring_about(aws, asleep())
    aws.calls.clear()
    assert bring_about(aws, asleep())["changes"] == []
    assert aws.calls == []


def test_an_endpoint_that_never_sleeps_is_not_woken(aws: FakeAws) -> None:
    bring_about(aws, asleep())
    bring_about(aws, asleep(least=1))
    assert waking.alarm_name("blerssi") not in aws.alarms
    assert scaling.policy(common(aws).aws, "blerssi", waking.POLICY) is None


def test_it_is_no_alarm_that_takes_an_update_back(aws: FakeAws) -> None:
    outcome = bring_about(aws, asleep())
    aws.alarms[waking.alarm_name("blerssi")]["StateValue"] = "ALARM"
    assert waking.alarm_name("blerssi") not in outcome["alarms"]
    assert alarms.ringing(common(aws).aws, "blerssi") == []
    bring_about(aws, asleep())  # nor one that is surplus
    assert waking.alarm_name("blerssi") in aws.alarms


def test_after_a_rollback_the_alarm_calls_the_policy_that_is_there(aws: FakeAws) -> None:
    bring_about(aws, asleep())
    before = arn(aws)
    aws.operations["UpdateEndpoint"] = lambda **_: {}
    with pytest.raises(RolledBackError):
        bring_about(aws, asleep(kind="ml.c5.large"))
    assert arn(aws) != before
    assert called(aws) == [arn(aws)]
