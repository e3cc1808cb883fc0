"""Servers that end with whoever keeps them."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local_test.aws import keeper
from tests.support.waiting import until

DEAF = "trap '' TERM; echo started; while :; do sleep 0.05; done"


def start(folder: Path, script: str) -> "subprocess.Popen[bytes]":
    return keeper.start(
        ["/bin/sh", "-c", script],
        variables={"PATH": os.defpath, "NAME": "value"},
        log=folder / "log",
        lock=folder / "lock",
        leavings=[str(folder / "left-*")],
    )


def running(log: Path) -> bool:
    return log.exists() and "started" in log.read_text()


@pytest.mark.parametrize("script", [DEAF, "echo started; exec sleep 60"])
def test_stop(tmp_path: Path, script: str) -> None:
    kept = start(tmp_path, script)
    until(lambda: running(tmp_path / "log"))
    (tmp_path / "left-1").touch()
    keeper.stop(kept)
    assert kept.returncode in {128 + 15, 128 + 9}
    assert not (tmp_path / "left-1").exists()


def test_server_that_ends_by_itself(tmp_path: Path) -> None:
    kept = start(tmp_path, "echo $NAME; exit 3")
    assert kept.wait(60) == 3
    assert (tmp_path / "log").read_text() == "value\n"
    keeper.stop(kept)


def test_death_of_who_keeps_it(tmp_path: Path) -> None:
    program = (
        "import os, sys\nfrom pathlib import Path\nfrom local_test.aws import keeper\n"
        "folder = Path(sys.argv[1])\n"
        "keeper.start(['/bin/sh', '-c', sys.argv[2]], variables={'PATH': os.defpath},\n"
        "             log=folder / 'log', lock=folder / 'lock')\n"
        "while 'started' not in (folder / 'log').read_text():\n    pass\n"
        "os.kill(os.getpid(), 9)\n"
    )
    script = f"echo $$ > {tmp_path}/pid; {DEAF}"
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path), script], check=False)
    assert done.returncode == -9
    keeper.stop(start(tmp_path, "true"))  # has to wait for the end of the first
    assert _state(int((tmp_path / "pid").read_text())) in {"gone", "Z"}


def _state(pid: int) -> str:
    """The letter of a process; Z is dead, and only not buried yet."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return "gone"
