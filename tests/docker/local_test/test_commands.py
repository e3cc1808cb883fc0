"""The commands and wrappers as a user gives them, with real containers."""

import contextlib
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from local_test.docker_runner import LABEL
from local_test.layout import Job
from tests.support.waiting import until

PROJECT = Path(__file__).parents[3]
SCRIPTS = PROJECT / "local_test"


def test_up_tells_the_whole_story_in_docker(image: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [
            *(sys.executable, "-m", "local_test", "run", "--image", image, "-H", "epochs=3"),
            *("--folder", str(tmp_path / "run"), "--json", str(tmp_path / "out.json")),
            "--hardened",
        ],
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    outcome = json.loads((tmp_path / "out.json").read_text())
    assert outcome["asked"] == 10
    assert Path(outcome["model"]).is_file()


def test_the_wrappers_train_serve_and_ask(image: str, scans: Path, tmp_path: Path) -> None:
    log = tmp_path / "log"
    trained = subprocess.run(
        [
            *(SCRIPTS / "train_local.sh", image, "--training", "training.csv"),
            *("-H", "epochs=2", "--folder", tmp_path / "job"),
        ],
        cwd=scans,
        capture_output=True,
        text=True,
        check=False,
    )
    assert trained.returncode == 0, trained.stdout + trained.stderr
    model = Job(tmp_path / "job").archive
    with log.open("wb") as file:
        server = subprocess.Popen(
            [SCRIPTS / "serve_local.sh", image, "--model", model, "--port", "0"],
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    until(lambda: "Ready at" in log.read_text() or server.poll() is not None)
    found = re.search(r"Ready at (\S+);", log.read_text())
    assert found, log.read_text()

    asked = subprocess.run(
        [SCRIPTS / "predict.sh", SCRIPTS / "payload.csv", "text/csv", "--url", found[1]],
        capture_output=True,
        text=True,
        check=False,
    )
    server.send_signal(signal.SIGTERM)

    assert asked.returncode == 0, asked.stderr
    assert asked.stdout.splitlines()[-1].endswith("no_signal")
    assert server.wait(60) == 0, log.read_text()


@pytest.mark.usefixtures("image")  # skips where Docker's package is missing
def test_an_engine_that_is_missing_is_a_sentence(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "local_test", "serve", "--image", "any", "--model", tmp_path],
        cwd=PROJECT,
        env={**os.environ, "DOCKER_HOST": f"unix://{tmp_path}/no.sock"},
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 1
    assert done.stderr.startswith("No Docker engine answers: ")
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_command_that_is_stopped_leaves_no_container(
    image: str, scans: Path, tmp_path: Path, number: int
) -> None:
    import docker

    arguments = ("--image", image, "--training", scans / "training.csv", "-H", "epochs=100000")
    with contextlib.closing(docker.from_env()) as client, (tmp_path / "log").open("wb") as log:

        def ours() -> list[str]:
            """Containers that work in the command's own folder."""
            every = client.api.containers(all=True, filters={"label": LABEL})
            mounts = ((each["Id"], mount["Source"]) for each in every for mount in each["Mounts"])
            return [name for name, source in mounts if source.startswith(f"{tmp_path}/")]

        command = subprocess.Popen(
            [sys.executable, "-m", "local_test", "check", "--only", "C5.1", *arguments],
            cwd=PROJECT,
            env={**os.environ, "TMPDIR": str(tmp_path)},
            stdout=log,
            stderr=log,
        )
        until(lambda: ours() or command.poll() is not None)
        command.send_signal(number)

        assert command.wait(60) == 130, (tmp_path / "log").read_text()
        assert ours() == []
    assert [each.name for each in tmp_path.iterdir()] == ["log"]
