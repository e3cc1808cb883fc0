"""A trial in a process of its own: what it says, and what becomes of one that hangs."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from model import artifact, trial
from model.errors import EngineError
from tests.support.models import plain_export, signed_model

VARIABLES = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[3])}


def test_a_model_that_loads_passes(tmp_path: Path) -> None:
    trial.attempt(plain_export(tmp_path / "plain"), VARIABLES)
    trial.attempt(signed_model(tmp_path / "signed"), VARIABLES)


def test_a_model_that_is_refused_says_why(tmp_path: Path) -> None:
    folder = plain_export(tmp_path)
    (folder / "net-0000.params").write_bytes(b"")
    with pytest.raises(EngineError, match="params file ends after 0 bytes"):
        trial.attempt(folder, VARIABLES)


def test_a_name_that_cannot_be_printed_is_said_all_the_same(tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    with pytest.raises(EngineError, match=r"caf\\udce9 cannot be read"):
        trial.attempt(folder, {**VARIABLES, "PYTHONIOENCODING": "ascii"})


def test_a_trial_that_hangs_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("python", trial.SECONDS)

    monkeypatch.setattr(subprocess, "run", hang)
    with pytest.raises(EngineError, match="did not load the model within 120 s"):
        trial.attempt(tmp_path, VARIABLES)


def test_the_command_prints_one_sentence_and_tells_by_its_exit_code(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "model.trial", str(tmp_path)],
        env=VARIABLES,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == trial.REFUSED
    assert done.stdout.startswith(f"{tmp_path} holds nothing; expected one *-symbol.json")
    assert "Traceback" not in done.stderr


def test_main_gives_the_same_codes_in_process(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert trial.main(signed_model(tmp_path / "good")) == 0
    assert capsys.readouterr().out == ""
    (tmp_path / "good" / artifact.PARAMS).unlink()
    assert trial.main(tmp_path / "good") == trial.REFUSED
    assert "is missing from" in capsys.readouterr().out
