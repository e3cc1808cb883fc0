"""A run that is broken off, by Ctrl-C or by the cluster, is taken up by the next one."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_test.aws.laptop import Laptop
from tests.process.deploy.endpoint.conftest import Run
from tests.support import endpoints
from tests.support.deploys import PROJECT
from tests.support.waiting import until


@pytest.fixture
def begun(
    aws: Laptop, name: str, role: str, good: str, tmp_path: Path
) -> Iterator["subprocess.Popen[bytes]"]:
    """Give a run that waits for its endpoint."""
    command = [
        *(sys.executable, "-m", "deploy", "endpoint", "--name", name),
        *("--image", endpoints.IMAGE, "--role", role, "--artifact", good),
        *("--instances", "1", "--poll", "0.2", "--alarm-period", "10", "--max-p99", "60"),
    ]
    with (tmp_path / "output").open("wb") as output:
        child = subprocess.Popen(
            command,
            cwd=PROJECT,
            env={**os.environ, **aws.variables},
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    until(lambda: f"endpoint {name}: Creating" in (tmp_path / "output").read_text(), "the creation")
    yield child
    if child.poll() is None:
        child.kill()
        child.wait()


def test_ctrl_c_leaves_the_endpoint_to_aws(
    aws: Laptop, name: str, run: Run, good: str, begun: "subprocess.Popen[bytes]", tmp_path: Path
) -> None:
    begun.send_signal(signal.SIGINT)
    assert begun.wait(30) == 130
    said = (tmp_path / "output").read_text()
    assert f"No longer waiting for endpoint {name}" in said
    assert "Traceback" not in said
    ended = run(good, "--instances", 1, "--json")
    assert (ended.code, ended.document["action"]) == (0, "unchanged"), ended.err
    assert endpoints.ask(aws, name) == "good"


def test_a_step_that_is_killed_and_retried_ends_well(
    aws: Laptop, name: str, run: Run, good: str, begun: "subprocess.Popen[bytes]"
) -> None:
    begun.kill()
    begun.wait()
    ended = run(good, "--instances", 1, "--scale", "1:2", "--json")
    assert (ended.code, ended.document["status"]) == (0, "InService"), ended.err
    assert endpoints.ask(aws, name) == "good"
    models = [each for each in endpoints.left(aws, name) if each == ended.document["model"]]
    assert len(models) == 1
