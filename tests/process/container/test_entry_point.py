"""The entry point as a real process: commands, exit codes, `--help`."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]


def container(*arguments: str, base: Path, path: tuple[Path, ...] = (ROOT,)) -> "Done":
    return subprocess.run(
        [sys.executable, "-m", "container", *arguments],
        env={
            **os.environ,
            "PYTHONPATH": os.pathsep.join(map(str, path)),
            "SAGEMAKER_BASE_DIR": str(base),
        },
        cwd=base,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


Done = subprocess.CompletedProcess[str]


def test_other_commands_take_the_place_of_the_entry_point(tmp_path: Path) -> None:
    (tmp_path / "delete").mkdir(mode=0o700)
    done = container("chmod", "-R", "777", "delete", base=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "delete").stat().st_mode & 0o777 == 0o777


def test_other_commands_keep_their_output_and_exit_code(tmp_path: Path) -> None:
    done = container("sh", "-c", "echo out; echo err >&2; exit 9", base=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (9, "out\n", "err\n")


def test_an_unknown_command_is_named(tmp_path: Path) -> None:
    done = container("trian", base=tmp_path)
    assert done.returncode == 127
    assert done.stderr == (
        "'trian' is not a command of this image. Its own are train and serve; --help tells more.\n"
    )


@pytest.mark.parametrize("make", [Path.mkdir, Path.touch])
def test_what_cannot_be_executed_is_named(tmp_path: Path, make: object) -> None:
    path = tmp_path / "thing"
    assert callable(make)
    make(path)
    done = container(str(path), base=tmp_path)
    assert done.returncode == 126
    assert done.stderr == f"'{path}' cannot be run: Permission denied.\n"


def test_help_starts_nothing(tmp_path: Path) -> None:
    done = container("--help", base=tmp_path)
    assert done.returncode == 0
    assert "train [FLAG ...]" in done.stdout


def with_stub(base: Path, ending: str) -> "Done":
    """Start without arguments; a hook of Python's stands in for the program that is started."""
    (base / "sitecustomize.py").write_text(
        "import os, sys\n"
        "if '-m' in sys.orig_argv and sys.orig_argv[-1] in ('train', 'serve'):\n"
        "    print('started', sys.orig_argv[-1], flush=True)\n"
        f"    {ending}\n"
    )
    return container(base=base, path=(base, ROOT))


@pytest.mark.parametrize(("job", "program"), [(True, "train"), (False, "serve")])
def test_without_arguments_the_folders_decide(tmp_path: Path, job: bool, program: str) -> None:
    """C7.20."""
    if job:
        (tmp_path / "input/config").mkdir(parents=True)
    done = with_stub(tmp_path, "os._exit(5)")
    assert (done.returncode, done.stdout) == (5, f"started {program}\n")
    assert (tmp_path / "output/failure").exists() == job


def test_a_killed_training_leaves_a_failure_file_with_the_cause_first(tmp_path: Path) -> None:
    (tmp_path / "input/config").mkdir(parents=True)
    done = with_stub(tmp_path, "os.kill(os.getpid(), 9)")
    assert done.returncode == 128 + 9
    cause = "Training was killed by SIGKILL. Most likely it needed more than the "
    assert (tmp_path / "output/failure").read_text().startswith(cause)
    assert done.stderr.startswith(cause)
    assert "Traceback" not in done.stderr
