import pytest

from deploy.endpoint.alarms import PREFIX, Limits
from deploy.endpoint.config import VARIANT


def test_rates_and_the_slowest_hundredth_are_watched() -> None:
    found = {each["MetricName"]: each for each in Limits(0.02, 0.3, 0.5).requests("blerssi")}
    assert set(found) == {"Invocation5XXErrors", "InvocationModelErrors", "ModelLatency"}
    assert found["Invocation5XXErrors"]["Statistic"] == "Average"  # 0 or 1 a request: a rate
    assert found["Invocation5XXErrors"]["Threshold"] == 0.02
    assert found["InvocationModelErrors"]["Threshold"] == 0.3
    assert found["ModelLatency"]["ExtendedStatistic"] == "p99"
    assert found["ModelLatency"]["Threshold"] == 500_000  # microseconds
    assert "Statistic" not in found["ModelLatency"]


def test_an_endpoint_without_traffic_is_well() -> None:
    assert {each["TreatMissingData"] for each in Limits().requests("x")} == {"notBreaching"}


def test_alarms_are_of_one_endpoint_and_variant() -> None:
    for each in Limits().requests("blerssi"):
        assert each["AlarmName"].startswith(f"{PREFIX}blerssi/")
        assert {pair["Name"]: pair["Value"] for pair in each["Dimensions"]} == {
            "EndpointName": "blerssi",
            "VariantName": VARIANT,
        }


def test_no_limit_no_alarm() -> None:
    names = [each["MetricName"] for each in Limits(latency_seconds=None).requests("x")]
    assert "ModelLatency" not in names


@pytest.mark.parametrize(("topic", "actions"), [(None, []), ("arn:topic", ["arn:topic"])])
def test_a_topic_is_told(topic: str | None, actions: list[str]) -> None:
    assert [each["AlarmActions"] for each in Limits(topic=topic).requests("x")] == [actions] * 3


@pytest.mark.parametrize("period", [10, 30, 60, 300])
def test_periods_of_cloudwatch(period: int) -> None:
    assert Limits(period_seconds=period).problems() == []


@pytest.mark.parametrize(
    ("limits", "words"),
    [
        (Limits(server_errors=1.0), "--max-5xx"),
        (Limits(errors=-0.1), "--max-errors"),
        (Limits(latency_seconds=0), "--max-p99"),
        (Limits(latency_seconds=61), "--max-p99"),
        (Limits(period_seconds=45), "--alarm-period 45"),
        (Limits(period_seconds=0), "--alarm-period 0"),
    ],
)
def test_what_makes_no_alarm_is_said(limits: Limits, words: str) -> None:
    assert any(words in each for each in limits.problems())
