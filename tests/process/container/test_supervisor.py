"""PID 1's duties, with real processes: signals, zombies, orphans and exit codes."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.waiting import until

ROOT = Path(__file__).parents[3]
SECONDS = 20

PARENT = """
import json, os, sys
from container.supervisor import supervise
outcome = supervise(["/bin/sh", "-c", sys.argv[1]], dict(os.environ))
name = outcome.signal and outcome.signal.name
print(json.dumps([outcome.exit_code, name, outcome.stopped]), flush=True)
sys.exit(outcome.exit_code)
"""

Start = Callable[[str], "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts supervisors, and ends those that a failed test left behind."""
    running: list[subprocess.Popen[str]] = []

    def begin(script: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", PARENT, script],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield begin
    for process in running:
        if process.poll() is None:
            for child in children(process.pid):
                os.killpg(child, signal.SIGKILL)
            process.kill()
        process.communicate(timeout=SECONDS)


def children(pid: int) -> list[int]:
    path = Path(f"/proc/{pid}/task/{pid}/children")
    with contextlib.suppress(FileNotFoundError, ProcessLookupError):
        return [int(child) for child in path.read_text().split()]
    return []


def lives(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def number_in(path: Path) -> int:
    until(lambda: path.exists() and path.read_text().endswith("\n"), f"{path.name} is written")
    return int(path.read_text())


@pytest.mark.parametrize(
    ("script", "code", "outcome"),
    [
        ("exit 0", 0, "[0, null, false]"),
        ("exit 3", 3, "[3, null, false]"),
        ("kill -9 $$", 137, '[137, "SIGKILL", false]'),
        ("kill -SEGV $$", 139, '[139, "SIGSEGV", false]'),
        ("kill -TERM $$", 143, '[143, "SIGTERM", false]'),
    ],
)
def test_the_exit_code_is_the_childs(start: Start, script: str, code: int, outcome: str) -> None:
    process = start(script)
    out, _ = process.communicate(timeout=SECONDS)
    assert (process.returncode, out.strip()) == (code, outcome)


@pytest.mark.parametrize("name", ["TERM", "INT", "QUIT", "HUP"])
def test_a_signal_reaches_the_child_and_what_it_started(
    start: Start, tmp_path: Path, name: str
) -> None:
    script = f"""
        cd {tmp_path}
        trap 'echo $$ > child.got; exit 4' {name}
        echo $$ > child
        sh -c 'trap "echo $$ > grandchild.got; exit 0" {name}; echo $$ > grandchild
               while :; do sleep 0.05; done'
    """
    process = start(script)
    pids = {number_in(tmp_path / who) for who in ("child", "grandchild")}
    process.send_signal(getattr(signal, f"SIG{name}"))
    out, _ = process.communicate(timeout=SECONDS)
    assert (process.returncode, out.strip()) == (4, "[4, null, true]")
    assert {number_in(tmp_path / f"{who}.got") for who in ("child", "grandchild")} == pids


def test_a_child_that_takes_no_care_dies_of_the_signal(start: Start, tmp_path: Path) -> None:
    process = start(f"echo $$ > {tmp_path}/child; while :; do sleep 0.05; done")
    number_in(tmp_path / "child")
    process.send_signal(signal.SIGTERM)
    out, _ = process.communicate(timeout=SECONDS)
    assert (process.returncode, out.strip()) == (143, '[143, "SIGTERM", true]')


def test_a_signal_that_comes_before_the_child_is_not_lost(tmp_path: Path) -> None:
    early = PARENT.replace(
        "import json, os, sys\n",
        "import json, os, sys, signal\n"
        "spawn = os.posix_spawn\n"
        "def late(*args, **kw):\n"
        "    os.kill(os.getpid(), signal.SIGTERM)\n"
        "    return spawn(*args, **kw)\n"
        "os.posix_spawn = late\n",
    )
    done = subprocess.run(
        [sys.executable, "-c", early, "while :; do sleep 0.05; done"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (done.returncode, done.stdout.strip()) == (143, '[143, "SIGTERM", true]')


def test_a_child_that_ignores_the_signal_is_waited_for(start: Start, tmp_path: Path) -> None:
    """How long a stop may take is the platform's to say, by SIGKILL (C1.15, C5.5)."""
    script = f"""
        trap '' TERM
        echo $$ > {tmp_path}/child
        while [ ! -e {tmp_path}/enough ]; do sleep 0.05; done
        exit 6
    """
    process = start(script)
    child = number_in(tmp_path / "child")
    process.send_signal(signal.SIGTERM)
    process.send_signal(signal.SIGTERM)
    assert lives(child)
    assert process.poll() is None
    (tmp_path / "enough").touch()
    out, _ = process.communicate(timeout=SECONDS)
    assert (process.returncode, out.strip()) == (6, "[6, null, true]")


def test_orphans_are_adopted_and_reaped(start: Start, tmp_path: Path) -> None:
    script = f"""
        for i in 1 2 3; do sh -c '(sleep 0.1 & echo $! > {tmp_path}/orphan'$i'); exit 0'; done
        echo $$ > {tmp_path}/child
        while [ ! -e {tmp_path}/enough ]; do sleep 0.05; done
    """
    process = start(script)
    child = number_in(tmp_path / "child")
    orphans = {number_in(tmp_path / f"orphan{i}") for i in (1, 2, 3)}
    until(
        lambda: not any(Path(f"/proc/{orphan}").exists() for orphan in orphans),
        "the orphans are reaped, not left as zombies",
    )
    assert process.poll() is None
    assert child in children(process.pid)
    (tmp_path / "enough").touch()
    assert process.wait(timeout=SECONDS) == 0


def test_an_orphans_end_is_not_the_childs(start: Start, tmp_path: Path) -> None:
    process = start("sh -c '(sh -c \"exit 9\" &)'; sleep 0.3; exit 2")
    process.communicate(timeout=SECONDS)
    assert process.returncode == 2


def test_nothing_of_the_childs_group_outlives_it(start: Start, tmp_path: Path) -> None:
    script = f"""
        sh -c 'trap "" TERM; echo $$ > {tmp_path}/stubborn; while :; do sleep 0.05; done' &
        while [ ! -s {tmp_path}/stubborn ]; do sleep 0.01; done
        exit 0
    """
    process = start(script)
    stubborn = number_in(tmp_path / "stubborn")
    process.communicate(timeout=SECONDS)
    assert process.returncode == 0
    until(lambda: not lives(stubborn), "the child's own child is ended")


def test_the_child_has_no_signal_blocked_and_a_session_of_its_own(start: Start) -> None:
    process = start("grep Sig /proc/self/status; cut -d' ' -f6 /proc/$$/stat; echo $$")
    out, _ = process.communicate(timeout=SECONDS)
    *_, session, child = out.splitlines()[:-1]
    assert session == child
    status = dict(line.split(":\t") for line in out.splitlines() if line.startswith("Sig"))
    assert int(status["SigBlk"], 16) == 0
    assert not int(status["SigIgn"], 16) & 1 << signal.SIGPIPE - 1


def test_the_signal_mask_is_given_back_and_a_missing_program_is_an_error() -> None:
    script = (
        "import os, signal\n"
        "from container.supervisor import supervise\n"
        "before = signal.pthread_sigmask(signal.SIG_BLOCK, [])\n"
        "try: supervise(['/no/such/program'], {})\n"
        "except FileNotFoundError: print('missing')\n"
        "assert signal.pthread_sigmask(signal.SIG_BLOCK, []) == before\n"
        "print(supervise(['/bin/true'], {}).exit_code)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=ROOT,
        env=dict(os.environ),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (done.stdout.split(), done.stderr) == (["missing", "0"], "")
