"""One instance of a variant: a container that was started, is healthy or not, and is stopped."""

import contextlib
import secrets
import shutil
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from container import contract
from container.errors import ContainerError
from local_test import client
from local_test.aws.cloud import Cloud
from local_test.aws.sagemaker import logs
from local_test.aws.sagemaker.variants import Variant
from local_test.runner import Program, Running

_PAUSE = 0.1  # seconds between two looks
_TAIL = 400  # characters of a log that a FailureReason quotes
_PLATFORM_VARIABLES = {  # what containers of endpoints see (C1.59, C1.19)
    "AWS_EXECUTION_ENV": "AWS_ECS_EC2",
    contract.MULTI_MODEL: "false",
    "SAGEMAKER_SAFE_PORT_RANGE": "25000-25999",
}


class UnhealthyError(Exception):
    """Why an instance cannot serve, in the words of an endpoint's FailureReason."""


class Instance:
    """A container that serves.

    Args:
        identity: Its name.
        running: The container.
        variant: What it serves.
        undo: What has to be ended after it; closed when it stops.

    Attributes:
        identity: Such as `i-0a1b2c3d4e5f60718`; names its log stream.
        busy: Requests that it answers now; its fleet counts them.
        turn: When it was last chosen; its fleet counts that too.
    """

    def __init__(
        self, identity: str, running: Running, variant: Variant, undo: contextlib.ExitStack
    ) -> None:
        self.identity = identity
        self.busy = 0
        self.turn = 0
        self._running = running
        self._variant = variant
        self._undo = undo

    @property
    def url(self) -> str:
        """Where it listens."""
        return self._running.url or ""

    def wait_until_healthy(self, *stops: threading.Event) -> None:
        """Wait until /ping answers 200 (C1.22), for as long as the variant allows (C1.24).

        Raises:
            UnhealthyError: It ended, the time is over, or one of the events was set.
        """
        deadline = time.monotonic() + self._variant.startup_seconds
        while not any(each.is_set() for each in stops):
            if (code := self._running.poll()) is not None:
                self._running.wait()
                raise self._unhealthy(f"It ended with exit code {code}.")
            if self.is_healthy():
                return
            if time.monotonic() > deadline:
                raise self._unhealthy(
                    f"It ran for {self._variant.startup_seconds:g} s without answering "
                    f"{contract.PING} with 200."
                )
            stops[0].wait(_PAUSE)
        raise UnhealthyError("The deployment was cancelled.")

    def is_healthy(self) -> bool:
        """Whether /ping answers 200 in time (C1.23)."""
        return bool(self.url) and client.is_healthy(self.url)

    def has_ended(self) -> bool:
        """Whether its program has ended by itself."""
        return self._running.poll() is not None

    def stop(self) -> None:
        """Stop it as the platform does: SIGTERM, and SIGKILL 30 s later (C1.15)."""
        with self._undo:
            if not self.has_ended():
                self._running.stop(contract.SERVE_STOP_SECONDS)

    def _unhealthy(self, why: str) -> UnhealthyError:
        tail = " ".join(self._running.tail.split())[-_TAIL:]
        quoted = f" Its log ends: {tail}" if tail else ""
        return UnhealthyError(
            f"The primary container for production variant {self._variant.name} did not pass the "
            f"ping health check. Please check CloudWatch logs for this endpoint. {why}{quoted}"
        )


@dataclass(frozen=True)
class Place:
    """What the instances of one deployment share.

    Attributes:
        endpoint: Its name; the logs go to its group (C1.62).
        folder: For what belongs to them.
        network: Of Docker, that isolated ones join; None leaves them Docker's usual one.
    """

    endpoint: str
    folder: Path
    network: str | None


def launch(cloud: Cloud, variant: Variant, model: Path, place: Place) -> Instance:
    """Start `docker run IMAGE serve` for a variant (C1.1).

    Args:
        cloud: Where.
        variant: What runs.
        model: The unpacked model; all instances of a deployment share it, read-only (C1.10).
        place: Of the deployment.

    Raises:
        UnhealthyError: There is no such image, or it cannot be started.
    """
    identity = f"i-{secrets.token_hex(9)[1:]}"
    base = place.folder / variant.name / identity
    base.mkdir(parents=True)
    (base / contract.MODEL).symlink_to(model.resolve(), target_is_directory=True)
    variables = {
        **_PLATFORM_VARIABLES,
        "AWS_REGION": cloud.region,
        "AWS_DEFAULT_REGION": cloud.region,
        **variant.container.get("Environment", {}),
    }
    if variant.serverless:
        variables["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] = str(variant.serverless["MemorySizeInMB"])
    group, stream = f"{logs.ENDPOINTS}/{place.endpoint}", f"{variant.name}/{identity}"
    with contextlib.ExitStack() as undo:
        undo.callback(shutil.rmtree, base, ignore_errors=True)
        log = undo.enter_context(logs.Log(cloud, group, stream))
        try:
            runner = cloud.runner(variant.image)
            network = place.network if variant.isolated else None
            program = Program(("serve",), base, variables, 0, network=network)
            running = runner.start(program, log)
        except ContainerError as error:
            raise UnhealthyError(
                f"The primary container for production variant {variant.name} cannot be started "
                f'from image "{variant.image}": {error}'
            ) from error
        undo.enter_context(running)
        return Instance(identity, running, variant, undo.pop_all())
