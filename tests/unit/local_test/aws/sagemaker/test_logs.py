import re
from datetime import datetime
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from local_test.aws.cloud import Cloud
from local_test.aws.sagemaker import logs
from local_test.aws.sagemaker.logs import Log
from tests.support.waiting import until

METRIC = (
    '{"_aws": {"Timestamp": 1764000000000, "CloudWatchMetrics": [{"Namespace": "N", "Dimensions": '
    '[[]], "Metrics": [{"Name": "M"}]}]}, "M": 2}'
)


class CloudWatch:
    """Logs and metrics in memory."""

    class exceptions:  # noqa: N801 - boto3's name
        class ResourceAlreadyExistsException(Exception):  # noqa: N818 - boto3's name
            pass

    def __init__(self) -> None:
        self.groups: list[str] = []
        self.streams: list[str] = []
        self.events: list[str] = []
        self.sizes: list[int] = []
        self.metrics: list[tuple[str, Any]] = []
        self.fault: Exception | None = None

    def create_log_group(self, logGroupName: str) -> None:  # noqa: N803
        if logGroupName in self.groups:
            raise self.exceptions.ResourceAlreadyExistsException
        self.groups.append(logGroupName)

    def create_log_stream(self, logGroupName: str, logStreamName: str) -> None:  # noqa: N803
        self.streams.append(f"{logGroupName} {logStreamName}")

    def put_log_events(self, logEvents: list[dict[str, Any]], **_: str) -> None:  # noqa: N803
        if self.fault:
            raise self.fault
        self.events += [each["message"] for each in logEvents]
        self.sizes.append(len(logEvents))

    def put_metric_data(self, Namespace: str, MetricData: list[Any]) -> None:  # noqa: N803
        self.metrics += [(Namespace, each["Value"]) for each in MetricData]


@pytest.fixture
def cloudwatch() -> CloudWatch:
    return CloudWatch()


@pytest.fixture
def cloud(cloudwatch: CloudWatch) -> Cloud:
    return cast("Cloud", SimpleNamespace(client=lambda _service: cloudwatch))


def test_lines_become_events_in_their_order(cloud: Cloud, cloudwatch: CloudWatch) -> None:
    cloudwatch.groups.append(logs.TRAINING)
    with Log(cloud, logs.TRAINING, "job/algo-1") as log:
        for number in range(2500):
            log(f"line {number}")
        log("")

    assert cloudwatch.streams == [f"{logs.TRAINING} job/algo-1"]
    assert cloudwatch.events == [f"line {number}" for number in range(2500)]
    assert max(cloudwatch.sizes) <= 1000


def test_lines_are_seen_while_the_program_runs(cloud: Cloud, cloudwatch: CloudWatch) -> None:
    with Log(cloud, "group", "stream") as log:
        log("begun")
        until(lambda: cloudwatch.events == ["begun"], "the line")


def test_long_lines_are_sent_a_few_at_a_time(cloud: Cloud, cloudwatch: CloudWatch) -> None:
    with Log(cloud, "group", "stream") as log:
        for _ in range(10):
            log("x" * 1_000_000)

    assert sum(cloudwatch.sizes) == 10
    assert max(cloudwatch.sizes) * (len(cloudwatch.events[0]) + 26) < 1 << 20


def test_metrics_in_lines_become_metrics(cloud: Cloud, cloudwatch: CloudWatch) -> None:
    with Log(cloud, "group", "stream") as log:
        log(METRIC)

    assert cloudwatch.events == [METRIC]
    assert cloudwatch.metrics == [("N", 2.0)]


@pytest.mark.parametrize(
    "fault",
    [
        ClientError({"Error": {"Code": "Throttled", "Message": "slowly"}}, "PutLogEvents"),
        EndpointConnectionError(endpoint_url="http://nowhere"),
    ],
)
def test_a_fault_of_cloudwatch_is_told_and_reaches_nobody(
    cloud: Cloud, cloudwatch: CloudWatch, fault: Exception, caplog: pytest.LogCaptureFixture
) -> None:
    cloudwatch.fault = fault
    with Log(cloud, "group", "stream") as log:
        log("lost")

    assert "Lines of stream did not reach CloudWatch" in caplog.text


def test_many_metrics_are_put_in_several_requests(cloudwatch: CloudWatch) -> None:
    logs.put_metrics(cloudwatch, "N", [{"Value": float(number)} for number in range(1200)])

    assert len(cloudwatch.metrics) == 1200


def test_the_platform_marks_its_own_lines() -> None:
    found = re.fullmatch(r"(.*):\[sagemaker logs\]: hello", logs.platform_line("hello"))

    assert found
    assert datetime.fromisoformat(found[1])
