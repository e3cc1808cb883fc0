"""The command as a user starts it, our training included."""

import json
import os
import pty
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from model.blerssi import data
from model.blerssi.simulate import simulate
from tests.support import waiting

ROOT = Path(__file__).parents[4]


@pytest.fixture(scope="module")
def survey(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("survey") / "survey.csv"
    data.write(path, simulate(0, visits_per_cell=2))
    return path


def evaluate(survey: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "model.blerssi.evaluate", "--data", str(survey), *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
        check=False,
    )


def trainings(session: int) -> list[Path]:
    """The processes of a session that train."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            trains = b"\0-m\0train\0" in (process / "cmdline").read_bytes()
            fields = (process / "stat").read_text().rpartition(")")[2].split()
            if trains and int(fields[3]) == session and fields[0] != "Z":
                found.append(process)
    return found


def test_ours_is_trained_served_and_compared_the_same_on_any_number_of_jobs(survey: Path) -> None:
    words = ["--only", "ours,1-nn", "--splits", "g3", "--repeats", "1", "--json"]
    words += ["--set", "epochs=2", "--set", "drawn_scans=2"]
    one, two = (evaluate(survey, *words, "--jobs", jobs) for jobs in ("1", "2"))
    assert one.returncode == 0, one.stderr
    assert one.stdout == two.stdout
    found = json.loads(one.stdout)
    assert found["settings"] == {"epochs": "2", "drawn_scans": "2"}
    for way in ("one scan", "5 standing scans"):
        ours, nearest = (found["splits"]["g3"][way][name] for name in ("ours", "1-NN"))
        assert ours["scans"] == nearest["scans"] > 100
        assert nearest["minus_ours"]["nll"]["value"] > 0


def test_a_terminal_sees_how_far_it_is(survey: Path) -> None:
    ours, theirs = pty.openpty()
    words = ["--data", str(survey), "--only", "prior", "--splits", "g3", "--repeats", "2"]
    done = subprocess.run(
        [sys.executable, "-m", "model.blerssi.evaluate", *words],
        stdout=subprocess.PIPE,
        stderr=theirs,
        cwd=ROOT,
        timeout=300,
        check=False,
    )
    shown = os.read(ours, 65_536).decode()
    os.close(theirs)
    os.close(ours)
    assert done.returncode == 0
    assert "░ 1 of 2" in shown
    assert "█ 2 of 2" in shown
    assert shown.endswith("\r\x1b[K")
    assert b"\r" not in done.stdout


@pytest.mark.parametrize("jobs", ["1", "2"])
def test_an_interrupt_ends_everything_with_one_sentence(survey: Path, jobs: str) -> None:
    words = ["--data", str(survey), "--only", "ours", "--set", "epochs=10000", "--jobs", jobs]
    running = subprocess.Popen(
        [sys.executable, "-m", "model.blerssi.evaluate", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        start_new_session=True,
    )
    try:
        waiting.until(lambda: trainings(running.pid), "a training")
        os.killpg(running.pid, signal.SIGINT)
        out, said = running.communicate(timeout=120)
    finally:
        if running.poll() is None:
            os.killpg(running.pid, signal.SIGKILL)
    assert running.returncode == 130
    assert not out
    assert said.splitlines()[-1] == "Interrupted; nothing is kept."
    assert "Traceback" not in said
    waiting.until(lambda: not trainings(running.pid), "the end of the training")


def test_a_training_that_fails_is_quoted(survey: Path) -> None:
    words = ["--only", "ours", "--splits", "g3", "--repeats", "1", "--set", "epochs=many"]
    done = evaluate(survey, *words)
    assert done.returncode == 1
    assert "Training ended with exit code" in done.stderr
    assert "epochs is 'many'" in done.stderr
    assert "Traceback" not in done.stderr
    assert not done.stdout
