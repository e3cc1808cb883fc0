"""The command as a user starts it, our training included."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from model.blerssi import data
from model.blerssi.simulate import simulate

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


def test_a_training_that_fails_is_quoted(survey: Path) -> None:
    words = ["--only", "ours", "--splits", "g3", "--repeats", "1", "--set", "epochs=many"]
    done = evaluate(survey, *words)
    assert done.returncode == 1
    assert "Training ended with exit code" in done.stderr
    assert "epochs is 'many'" in done.stderr
    assert "Traceback" not in done.stderr
    assert not done.stdout
