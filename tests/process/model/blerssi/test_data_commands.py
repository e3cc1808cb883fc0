import os
import pty
import subprocess
import sys
from pathlib import Path

from model.blerssi import data
from tests.support.site import serving

ROOT = Path(__file__).parents[4]


def python(*words: str | Path, stderr: int = subprocess.PIPE) -> subprocess.CompletedProcess[str]:
    """Run `python -m WORDS` in the project's folder."""
    return subprocess.run(
        [sys.executable, "-m", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=stderr,
        text=True,
        cwd=ROOT,
        env={**os.environ, "no_proxy": "*"},
        timeout=120,
        check=False,
    )


def test_a_survey_is_simulated_described_and_split(tmp_path: Path) -> None:
    survey, training, validation = (tmp_path / f"{name}.csv" for name in ("s", "t", "v"))
    simulated = python("model.blerssi.simulate", "--output", survey)
    described = python("model.blerssi.data", "describe", survey)
    outputs = ("--training", training, "--validation", validation)
    divided = python("model.blerssi.data", "split", survey, *outputs)
    for done in (simulated, described, divided):
        assert (done.returncode, done.stderr) == (0, "")
    assert "copies                  0" in described.stdout
    assert len(data.read(training)) + len(data.read(validation)) == len(data.read(survey))


def test_a_failure_is_one_line_and_no_traceback(tmp_path: Path) -> None:
    done = python("model.blerssi.data", "describe", tmp_path / "missing.csv")
    assert done.returncode == 1
    assert done.stderr == f"{tmp_path}/missing.csv does not exist.\n"
    assert done.stdout == ""


def test_a_terminal_sees_the_download_progress(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    with serving(b"no zip" * 50_000) as site:
        words = ("model.blerssi.data", "download", "--to", tmp_path / "data", "--url", site.url)
        seen_by_pipe = python(*words)
        on_terminal = python(*words, stderr=theirs)
    shown = os.read(ours, 65_536).decode()
    os.close(theirs)
    os.close(ours)
    assert seen_by_pipe.returncode == on_terminal.returncode == 1
    assert "\r" not in seen_by_pipe.stderr
    assert "░" in shown
    assert "0.3 MB of 0.3 MB" in shown
    assert f"MB\r\x1b[K{site.url} does not give a sound zip archive" in shown
    assert not (tmp_path / "data").exists()
