import json
import subprocess
import sys
from pathlib import Path

from model.blerssi import simulate

ROOT = Path(__file__).parents[3]


def compare(*words: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "benchmarks.reference_recipe", *map(str, words)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        timeout=300,
        check=False,
    )


def test_both_are_judged_on_the_same_scans_and_ours_is_nearer(tmp_path: Path) -> None:
    survey = tmp_path / "survey.csv"
    assert simulate.main(["--output", str(survey)]) == 0
    done = compare("--data", survey, "--seeds", "1", "--epochs", "10", "--json")
    assert done.returncode == 0, done.stderr
    (result,) = json.loads(done.stdout)
    assert result["reference"]["scans"] == result["ours"]["scans"] > 100
    assert result["reference"]["cells"].keys() == result["ours"]["cells"].keys()
    assert result["ours"]["mean_error_cells"] < result["reference"]["mean_error_cells"]


def test_scans_that_cannot_be_split_end_in_one_sentence(tmp_path: Path) -> None:
    survey = tmp_path / "survey.csv"
    assert simulate.main(["--output", str(survey), "--visits-per-cell", "1"]) == 0
    done = compare("--data", survey)
    assert done.returncode == 1
    assert done.stderr.startswith("No cell has two genuine visits")
    assert done.stdout == ""
