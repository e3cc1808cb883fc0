"""The image of the pipeline's steps: small, for any user, and complete for the services it asks."""

import json
import os
import re
import subprocess

import pytest

from tests.support.deploys import PROJECT

IMAGE = os.environ.get("DEPLOY_IMAGE", "blerssi-deploy:latest")
LARGEST = 180_000_000  # bytes, as scripts/build-image has it
HARD = (
    *("--rm", "--read-only", "--tmpfs", "/tmp", "--network", "none"),  # noqa: S108
    *("--cap-drop", "ALL", "--security-opt", "no-new-privileges", "--label", "blerssi.test"),
)


def run(*arguments: str, user: str = "65532:65532", entrypoint: str = "") -> str:
    """Run it in the worst place, and give what it says."""
    program = ("--entrypoint", entrypoint) if entrypoint else ()
    command = ["docker", "run", *HARD, "--user", user, *program, IMAGE, *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def facts() -> dict[str, object]:
    done = subprocess.run(
        ["docker", "image", "inspect", IMAGE], capture_output=True, text=True, check=True
    )
    found: dict[str, object] = json.loads(done.stdout)[0]
    return found


def test_it_is_small_and_its_user_is_a_number_that_is_not_root(facts: dict[str, object]) -> None:
    assert isinstance(facts["Size"], int)
    assert facts["Size"] < LARGEST
    config = facts["Config"]
    assert isinstance(config, dict)
    assert config["User"] == "65532:65532"
    assert config["Entrypoint"][-2:] == ["-m", "deploy"]


@pytest.mark.parametrize("user", ["65532:65532", "12345:0"])
def test_it_runs_for_any_user_without_a_root_to_write_to(user: str) -> None:
    assert "pipeline" in run("--help", user=user)


def test_it_has_every_service_that_the_commands_ask_and_nothing_to_train_with() -> None:
    sources = [each.read_text("utf-8") for each in (PROJECT / "deploy").rglob("*.py")]
    asked = {
        service
        for text in sources
        for service in re.findall(
            r'\.(?:read|write|pages|note|client)\(\s*\*?\(?"([a-z][a-z0-9-]+)"', text
        )
    }
    assert {"s3", "sagemaker", "sagemaker-runtime"} <= asked
    code = f"""
import boto3
from importlib.util import find_spec
have = set(boto3.Session().get_available_services())
print(sorted(set({sorted(asked)}) - have))
print([name for name in ("mxnet", "numpy", "flask", "kfp", "pip") if find_spec(name)])
"""
    assert run("-c", code, entrypoint="python").split("\n")[:2] == ["[]", "[]"]
