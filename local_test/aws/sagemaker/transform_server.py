"""The containers of a transform job: one an instance, each with the model and its own log."""

import contextlib
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from container import contract
from local_test import client
from local_test.aws.cloud import Cloud
from local_test.aws.sagemaker import logs, transform_objects
from local_test.aws.sagemaker.jobs import JobFailedError
from local_test.runner import Program, Running

READY_SECONDS = 1800.0  # what the platform grants a container of a transform job
_PAUSE: Final = 0.1
_QUOTED: Final = 400  # characters of a log in a FailureReason


@dataclass(frozen=True)
class Server:
    """One instance.

    Attributes:
        url: Where its container listens.
        note: Takes lines of the platform's own log, the data log.
    """

    url: str
    note: Callable[[str], None]


def variables(
    region: str, container: Mapping[str, Any], given: Mapping[str, Any]
) -> dict[str, str]:
    """The environment of a job's containers (C2.2).

    Args:
        region: Of the laptop.
        container: The model's ContainerDefinition.
        given: The job.
    """
    names = {
        "MaxPayloadInMB": "SAGEMAKER_MAX_PAYLOAD_IN_MB",
        "MaxConcurrentTransforms": "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS",
        "BatchStrategy": "SAGEMAKER_BATCH_STRATEGY",
    }
    return {
        "AWS_REGION": region,
        "SAGEMAKER_BATCH": "true",
        **{names[name]: str(value) for name, value in transform_objects.settings(given).items()},
        **container.get("Environment", {}),
        **given.get("Environment", {}),
    }


@contextlib.contextmanager
def serving(
    cloud: Cloud,
    given: Mapping[str, Any],
    container: Mapping[str, Any],
    model: Path,
    stops: Callable[[], None],
) -> Iterator[Server]:
    """Run one container inside the block, from when it is ready (C2.16).

    Args:
        cloud: Where.
        given: The job.
        container: The model's ContainerDefinition.
        model: The unpacked model.
        stops: Called while it is waited for; raises what ends the job.

    Raises:
        JobFailedError: It does not start, ends, or never gets ready.
        ContainerError: It cannot be started.
    """
    identity = f"i-{secrets.token_hex(9)[1:]}"
    base = model.parent / identity
    base.mkdir()
    (base / contract.MODEL).symlink_to(model.resolve(), target_is_directory=True)
    stream = f"{given['TransformJobName']}/{identity}-{int(time.time())}"
    environment = variables(cloud.region, container, given)
    with contextlib.ExitStack() as undo:
        log = undo.enter_context(logs.Log(cloud, logs.TRANSFORM, stream))
        note = undo.enter_context(logs.Log(cloud, logs.TRANSFORM, f"{stream}/data-log"))
        runner = cloud.runner(container["Image"])
        running = undo.enter_context(
            runner.start(Program(("serve",), base, environment, port=0), log)
        )
        url = _ready(running, stops)
        yield Server(url, lambda text: note(logs.platform_line(text)))
        if running.poll() is None:
            running.stop(contract.SERVE_STOP_SECONDS)


def _ready(running: Running, stops: Callable[[], None]) -> str:
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline:
        stops()
        if (code := running.poll()) is not None:
            running.wait()
            raise _not_ready(running, f"it ended with exit code {code}")
        if running.url and client.is_healthy(running.url):
            return running.url
        time.sleep(_PAUSE)
    raise _not_ready(running, f"{contract.PING} did not answer 200 within {READY_SECONDS:g} s")


def _not_ready(running: Running, why: str) -> JobFailedError:
    tail = " ".join(running.tail.split())[-_QUOTED:]
    quoted = f" Its log ends: {tail}" if tail else ""
    return JobFailedError(f"AlgorithmError: The container did not get ready: {why}.{quoted}")
