"""What goes on by itself as long as the laptop runs: health, metrics, alarms, capture, scaling."""

import logging
from collections.abc import Callable
from functools import partial

from botocore.exceptions import BotoCoreError, ClientError

from local_test.aws.cloud import Cloud
from local_test.aws.errors import AwsError
from local_test.aws.sagemaker import (
    alarms,
    asynchronous,
    data_capture,
    deployment,
    hosting,
    scaling,
)
from local_test.aws.sagemaker.resources import ENDPOINT
from local_test.aws.service import SAGEMAKER

_RENEW_SECONDS = 5.0  # between two looks at an endpoint's instances (C1.22)
_SEND_SECONDS = 1.0
_ALARM_SECONDS = 1.0
_CAPTURE_SECONDS = 2.0
_DISPATCH_SECONDS = 0.2
_BACKLOG_SECONDS = 5.0
_SCALING_SECONDS = 2.0
_LOG = logging.getLogger(__name__)


@SAGEMAKER.at_start
def start(cloud: Cloud) -> None:
    """Bring back the endpoints that ran, and keep everything going."""
    for name in ENDPOINT.table(cloud):
        cloud.tasks.start(f"resume endpoint {name}", partial(deployment.resume, cloud, name))
    for function, seconds in (
        (renew, _RENEW_SECONDS),
        (send_metrics, _SEND_SECONDS),
        (alarms.evaluate_all, _ALARM_SECONDS),
        (write_captured, _CAPTURE_SECONDS),
        (asynchronous.dispatch, _DISPATCH_SECONDS),
        (asynchronous.measure, _BACKLOG_SECONDS),
        (scaling.adjust, _SCALING_SECONDS),
    ):
        repeated = partial(_repeat, cloud, function, seconds)
        cloud.tasks.start(function.__name__.replace("_", " "), repeated)


def renew(cloud: Cloud) -> None:
    """Replace unhealthy instances of all endpoints, each in its own time."""
    for live in hosting.of(cloud):
        cloud.tasks.start(f"renew {live.name}", partial(live.renew, cloud.tasks.stopping))


def send_metrics(cloud: Cloud) -> None:
    """Put what was counted to CloudWatch."""
    hosting.of(cloud).meter.send(cloud)


def write_captured(cloud: Cloud) -> None:
    """Write to S3 what was captured."""
    data_capture.write(cloud, hosting.of(cloud).captured)


def _repeat(cloud: Cloud, function: Callable[[Cloud], None], seconds: float) -> None:
    """Call a function again and again, a last time when the cloud closes."""
    stopping = False
    while not stopping:
        stopping = cloud.tasks.stopping.wait(seconds)
        try:
            function(cloud)
        except (ClientError, BotoCoreError, AwsError) as error:
            _LOG.warning("%s failed and is tried again: %s", function.__name__, error)
        except Exception:  # one strange alarm must not end the evaluation of all others
            _LOG.exception("%s failed and is tried again.", function.__name__)
