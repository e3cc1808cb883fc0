"""The hosts of a training job: their folders, their programs, and how all of them end.

running/training/NAME/algo-1/ml     is /opt/ml of the first host
running/training/NAME/algo-2/ml     of the second, on the same Docker network
"""

import contextlib
import json
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from container import contract
from local_test import layout
from local_test.aws.sagemaker.channels import Channel
from local_test.docker_runner import LABEL, NO_NETWORK, docker_package
from local_test.layout import Job
from local_test.runner import Program, Runner, Running, Show

_PAUSE: Final = 0.1  # seconds between two looks at the programs
_FAILED_STOP_SECONDS: Final = 30.0  # for hosts whose peer has failed (C5.54)


@dataclass(frozen=True)
class Host:
    """One host.

    Attributes:
        name: `algo-1` and so on (C5.23).
        job: Its folders.
        show: Takes the lines of its log.
    """

    name: str
    job: Job
    show: Show


@dataclass(frozen=True)
class Ending:
    """How the programs of a job ended.

    Attributes:
        codes: Exit code by host.
        cause: Why they were stopped, as the watch said; empty where they ended by themselves.
        failed: The host that failed first; None where none has.
    """

    codes: Mapping[str, int]
    cause: str
    failed: str | None


def names(count: int) -> tuple[str, ...]:
    """What the hosts of a job are called, in order."""
    return tuple(f"algo-{number + 1}" for number in range(count))


def lay_out(host: Host, given: Mapping[str, Any], channels: Sequence[Channel]) -> None:
    """Lay out a host's /opt/ml but for its data (C5.11, C5.14, C5.23, C5.26).

    Args:
        host: Its folders are new.
        given: The job, as DescribeTrainingJob shows it.
        channels: Of the job.

    Raises:
        OSError: The folder cannot be written.
    """
    places = host.job.places
    for folder in (places.config_dir, places.data_dir, places.model_dir, places.output_data_dir):
        folder.mkdir(parents=True)
    files: dict[str, Any] = {
        contract.HYPERPARAMETERS_FILE: given.get("HyperParameters", {}),
        contract.INPUT_DATA_CONFIG_FILE: {each.name: each.configuration() for each in channels},
        contract.RESOURCE_CONFIG_FILE: _resources(host.name, given["ResourceConfig"]),
    }
    if "CheckpointConfig" in given:
        checkpoint_folder(host, given).mkdir(parents=True)
        path = given["CheckpointConfig"].get("LocalPath", f"{contract.BASE_DIR}/checkpoints")
        files["checkpointconfig.json"] = {"LocalPath": path}
    for name, content in files.items():
        (places.config_dir / name).write_text(json.dumps(content), encoding="utf-8")


def checkpoint_folder(host: Host, given: Mapping[str, Any]) -> Path:
    """Where a host keeps its checkpoints; LocalPath is below /opt/ml."""
    path = given["CheckpointConfig"].get("LocalPath", "")
    below = path.removeprefix(contract.BASE_DIR).strip("/")
    return host.job.base / (below or contract.CHECKPOINTS)


def run(
    runner: Runner, programs: Mapping[Host, Program], watch: Callable[[], tuple[str, float] | None]
) -> Ending:
    """Run the program of every host to its end; when one fails, the others are stopped (C5.54).

    Args:
        runner: Where.
        programs: What each host runs.
        watch: Asked again and again; gives a cause to stop, and the seconds from SIGTERM to
            SIGKILL (C5.5).

    Raises:
        ContainerError: One cannot be started.
    """
    with contextlib.ExitStack() as undo:
        running = {
            host.name: undo.enter_context(runner.start(program, host.show))
            for host, program in programs.items()
        }
        cause, failed = "", None
        while (codes := _codes(running)) and None in codes.values():
            failed = next((name for name, code in codes.items() if code), None)
            if failed is not None:
                _stop(running, _FAILED_STOP_SECONDS)
            elif (wanted := watch()) is not None:
                cause, seconds = wanted
                _stop(running, seconds)
            else:
                time.sleep(_PAUSE)
        ended = {name: each.wait() for name, each in running.items()}
        failed = failed or next((name for name, code in ended.items() if code), None)
        return Ending(ended, cause, failed)


@contextlib.contextmanager
def network(count: int, *, isolated: bool) -> Iterator[str | None]:
    """A Docker network of a job's own, gone after the block; None where none is needed.

    Args:
        count: How many hosts there are.
        isolated: Whether it leads nowhere else (C5.52). The network of several hosts still leads to
            this machine, as Docker's internal ones do.
    """
    if count == 1:
        yield NO_NETWORK if isolated else None
        return
    with contextlib.closing(docker_package().from_env()) as client:
        made = client.networks.create(
            f"blerssi-{uuid.uuid4().hex}", labels={LABEL: "training"}, internal=isolated
        )
        try:
            yield made.name
        finally:
            made.remove()


def _codes(running: Mapping[str, Running]) -> dict[str, int | None]:
    return {name: each.poll() for name, each in running.items()}


def _stop(running: Mapping[str, Running], seconds: float) -> None:
    """Stop all programs that still run, at the same time."""
    left = [each for each in running.values() if each.poll() is None]
    with ThreadPoolExecutor(max(1, len(left))) as pool:
        list(pool.map(lambda each: each.stop(seconds), left))


def _resources(current: str, given: Mapping[str, Any]) -> dict[str, Any]:
    hosts = names(given["InstanceCount"])
    kind = given["InstanceType"]
    group = {"instance_group_name": layout.GROUP, "instance_type": kind, "hosts": hosts}
    return {
        "current_host": current,
        "current_instance_type": kind,
        "current_group_name": layout.GROUP,
        "hosts": hosts,
        "instance_groups": [group],
        "network_interface_name": "eth0",
    }
