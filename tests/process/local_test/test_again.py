"""The commands that are shown run as they stand, wherever that is."""

import subprocess
from pathlib import Path

import pytest

from local_test import again
from local_test.process_runner import PROJECT


@pytest.mark.parametrize("inside", [True, False], ids=["in the project", "elsewhere"])
def test_a_command_runs_from_where_it_was_shown(inside: bool, tmp_path: Path) -> None:
    here = PROJECT if inside else tmp_path / "a folder"
    here.mkdir(exist_ok=True)

    done = subprocess.run(
        ["sh", "-c", again.command("predict", "--help", here=here)],
        cwd=here,
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
