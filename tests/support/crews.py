"""Jobs of several hosts on one machine: every host is an address of the loopback interface."""

import itertools
import os
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from container import contract
from container.environment import Hosts
from model.blerssi.data import Scans
from tests.support.jobs import DEADLINE, Job

# A port can be had once an address, so every job of every test run has addresses of its own.
_networks = (f"127.{os.getpid() % 250 + 2}.{number % 254}" for number in itertools.count(1))


def hosts(count: int) -> tuple[Hosts, ...]:
    """What each host of a job knows about all of them; their names are used by no other test."""
    network = next(_networks)
    names = tuple(f"{network}.{number + 1}" for number in range(count))
    return tuple(Hosts(name, names) for name in names)


def prepared(folder: Path, count: int, scans: Scans, **hyperparameters: object) -> list[Job]:
    """Lay out the same job for every host, as the platform does (C5.23)."""
    jobs = []
    for each in hosts(count):
        job = Job(folder / each.current)
        job.channel("training", scans)
        job.hyperparameters(**hyperparameters)
        config = {"current_host": each.current, "hosts": each.all, "network_interface_name": "lo"}
        job.config(contract.RESOURCE_CONFIG_FILE, config)
        jobs.append(job)
    return jobs


@contextmanager
def running(
    jobs: Sequence[Job], module: str = "container"
) -> Iterator[list[subprocess.Popen[str]]]:
    """Start the training of every host; none outlives the block."""
    arguments = ["train"] if module == "container" else []
    children = [job.start(*arguments, module=module) for job in jobs]
    try:
        yield children
    finally:
        for child in children:
            child.kill()
            child.communicate()


def run(jobs: Sequence[Job]) -> list[subprocess.CompletedProcess[str]]:
    """Run the training of every host to its end."""
    with running(jobs) as children:
        return [ended(child) for child in children]


def ended(
    child: subprocess.Popen[str], seconds: float = DEADLINE
) -> subprocess.CompletedProcess[str]:
    """Wait for one host's end."""
    output, errors = child.communicate(timeout=seconds)
    return subprocess.CompletedProcess(child.args, child.returncode, output, errors)
