from types import SimpleNamespace
from typing import Any, cast

from local_test.aws.sagemaker.metrics import Meter, Sample


class CloudWatch:
    """Remembers what is put."""

    def __init__(self) -> None:
        self.data: list[dict[str, Any]] = []

    def put_metric_data(self, **given: Any) -> None:
        assert given["Namespace"] == "AWS/SageMaker"
        self.data += given["MetricData"]


def sent(samples: list[Sample]) -> dict[str, dict[str, Any]]:
    client, meter = CloudWatch(), Meter()
    cloud = cast("Any", SimpleNamespace(client=lambda _: client))
    for each in samples:
        meter.add("e", "v", each)
    meter.send(cloud)
    meter.send(cloud)  # what was sent once is not sent again
    return {each["MetricName"]: each for each in client.data}


def test_errors_are_a_rate_and_a_sum() -> None:
    found = sent([Sample(status, 0.1, 0.01, 2) for status in (200, 400, 500, 0)])
    sums = {
        name: each["StatisticValues"]["Sum"]
        for name, each in found.items()
        if "StatisticValues" in each
    }
    assert sums == {
        "Invocations": 4,
        "InvocationsPerInstance": 2,
        "Invocation4XXErrors": 1,
        "Invocation5XXErrors": 2,
        "InvocationModelErrors": 3,
    }
    assert {
        each["StatisticValues"]["SampleCount"]
        for each in found.values()
        if "StatisticValues" in each
    } == {4}
    assert found["ModelLatency"]["Values"] == [100_000] * 4
    assert found["OverheadLatency"]["Unit"] == "Microseconds"


def test_many_values_keep_their_percentiles() -> None:
    values = sent([Sample(200, number / 1e6, 0, 1) for number in range(1001)])["ModelLatency"]
    assert len(values["Values"]) == 150
    assert (min(values["Values"]), max(values["Values"])) == (0, 1000)
    assert abs(sorted(values["Values"])[75] - 500) < 10


def test_nothing_is_sent_of_nothing() -> None:
    assert sent([]) == {}
