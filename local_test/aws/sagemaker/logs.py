"""What programs write, as CloudWatch shows it: /aws/sagemaker/TrainingJobs, stream NAME/algo-1-...

    with logs.Log(cloud, logs.TRAINING, f"{name}/algo-1-{seconds}") as log:
        runner.start(program, log)          every line becomes an event

Lines are sent from a thread of their own, a few times a second, as an agent on the instance does:
whoever follows the log sees them soon, and a program never waits for it (C5.57). Metrics embedded
in lines become metrics.
"""

import logging
import queue
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import Any, Final, Self

from botocore.exceptions import BotoCoreError, ClientError

from local_test.aws.cloud import Cloud
from local_test.aws.sagemaker import embedded_metrics

TRAINING: Final = "/aws/sagemaker/TrainingJobs"
TRANSFORM: Final = "/aws/sagemaker/TransformJobs"
ENDPOINTS: Final = "/aws/sagemaker/Endpoints"  # and the endpoint's name
_PAUSE: Final = 0.3  # seconds between two sendings
_MOST_EVENTS: Final = 1000  # in one; CloudWatch takes 10,000
_MOST_BYTES: Final = 800_000  # in one; CloudWatch takes 1 MiB
_LONGEST: Final = 200_000  # characters of an event; CloudWatch takes 256 KiB
_EVENT_BYTES: Final = 26  # what CloudWatch counts on top of an event's text
_MOST_METRICS: Final = 500  # in one PutMetricData

_LOG = logging.getLogger(__name__)
_Line = tuple[int, str]  # milliseconds since 1970, text


class Log:
    """One log stream, open for lines; made with its group where they are missing.

    Faults of CloudWatch are told in our own log and never reach who writes.

    Args:
        cloud: Where.
        group: The log group's name.
        stream: The log stream's name.
    """

    def __init__(self, cloud: Cloud, group: str, stream: str) -> None:
        self.group = group
        self.stream = stream
        self._client = cloud.client
        self._lines: queue.SimpleQueue[_Line] = queue.SimpleQueue()
        self._closing = threading.Event()
        self._sender = threading.Thread(target=self._send, name=f"log {stream}", daemon=True)
        self._sender.start()

    def __call__(self, line: str) -> None:
        """Add a line; an empty one is no event, as CloudWatch takes none."""
        if line:
            self._lines.put((time.time_ns() // 1_000_000, line[:_LONGEST]))

    def close(self) -> None:
        """Send what is left."""
        self._closing.set()
        self._sender.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _send(self) -> None:
        client = self._guarded(self._open)
        while not self._closing.wait(_PAUSE):
            self._drain(client)
        self._drain(client)

    def _open(self) -> Any:
        client = self._client("logs")
        for make, names in (
            (client.create_log_group, {"logGroupName": self.group}),
            (client.create_log_stream, {"logGroupName": self.group, "logStreamName": self.stream}),
        ):
            try:
                make(**names)
            except client.exceptions.ResourceAlreadyExistsException:
                continue
        return client

    def _drain(self, client: Any) -> None:
        while lines := self._next():
            if client is not None:
                self._guarded(partial(self._put, client, lines))
            self._guarded(partial(self._measure, lines))

    def _next(self) -> list[_Line]:
        """The lines of one sending."""
        lines, size = list[_Line](), 0
        while len(lines) < _MOST_EVENTS and size < _MOST_BYTES - _LONGEST:
            try:
                lines.append(self._lines.get_nowait())
            except queue.Empty:
                break
            size += len(lines[-1][1].encode()) + _EVENT_BYTES
        return lines

    def _put(self, client: Any, lines: Sequence[_Line]) -> None:
        client.put_log_events(
            logGroupName=self.group,
            logStreamName=self.stream,
            logEvents=[{"timestamp": when, "message": text} for when, text in lines],
        )

    def _measure(self, lines: Sequence[_Line]) -> None:
        for namespace, data in embedded_metrics.found_in(text for _, text in lines).items():
            put_metrics(self._client("cloudwatch"), namespace, data)

    def _guarded(self, function: Callable[[], Any]) -> Any:
        try:
            return function()
        except (ClientError, BotoCoreError) as error:
            _LOG.warning("Lines of %s did not reach CloudWatch: %s", self.stream, error)
            return None


def put_metrics(client: Any, namespace: str, data: Sequence[dict[str, Any]]) -> None:
    """Put metric data into CloudWatch, in as many requests as it takes.

    Raises:
        ClientError: CloudWatch refuses.
        BotoCoreError: It does not answer.
    """
    for start in range(0, len(data), _MOST_METRICS):
        client.put_metric_data(Namespace=namespace, MetricData=data[start : start + _MOST_METRICS])


def platform_line(text: str) -> str:
    """A line that the platform itself adds to a log, as it words them."""
    now = datetime.now(UTC)
    return f"{now:%Y-%m-%dT%H:%M:%S}.{now.microsecond // 1000:03d}:[sagemaker logs]: {text}"
