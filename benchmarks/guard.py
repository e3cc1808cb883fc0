"""Holds the instructions of a request to a committed count: `make bench-guard`.

Instructions, unlike seconds, are nearly the same on every run. valgrind counts those of a process
that answers the fixed mix of `benchmarks.hot_path`, from when it is warm until it is done. UPDATE=1
takes the count as the new baseline.
"""

import argparse
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import IO, Any, Final

from benchmarks import hot_path, materials
from benchmarks.bench import program, single_threaded
from benchmarks.errors import BenchmarkError, MissingError

BASELINE: Final = Path(__file__).resolve().parent / "guard.json"
TOLERANCE: Final = 0.03
_TIMES: Final = 10  # that the mix is answered
_COLLECTED: Final = re.compile(r"Collected\s*:\s*([0-9]+)")
_KERNELS: Final = {"OPENBLAS_CORETYPE": "Haswell"}  # the same code on every processor


def main(words: Sequence[str]) -> int:
    """Count and compare; gives the exit code: 0, or 1 where more, or nothing, was counted."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.guard", description=__doc__)
    parser.add_argument("--update", action="store_true", help="take the count as the new baseline")
    update = parser.parse_args(words).update
    try:
        found = count()
        if update:
            BASELINE.write_text(json.dumps(record(found), indent=1) + "\n", encoding="utf-8")
            print(f"{found:,} instructions a request are the new baseline.")
            return 0
        verdict, good = judge(found, json.loads(BASELINE.read_text(encoding="utf-8")))
    except BenchmarkError as error:
        print(error, file=sys.stderr)
        return 1
    print(verdict, file=sys.stdout if good else sys.stderr)
    return 0 if good else 1


def judge(found: int, baseline: dict[str, Any]) -> tuple[str, bool]:
    """Say how a count compares with the baseline, and whether that is good.

    Raises:
        BenchmarkError: The baseline was counted with another interpreter or another mix.
    """
    now = record(found)
    for name in ("python", "mix"):
        if now[name] != baseline[name]:
            raise BenchmarkError(
                f"The baseline was counted with another {name}: {baseline[name]}, now {now[name]}. "
                "Count the commit before with this one, then take a new baseline with UPDATE=1."
            )
    before = int(baseline["instructions"])
    change = found / before - 1
    text = f"{found:,} instructions a request, {change:+.1%} of the baseline's {before:,}"
    if found > before * (1 + TOLERANCE):
        return f"{text}: more than {TOLERANCE:.0%}. UPDATE=1 accepts it.", False
    if found < before * (1 - TOLERANCE):
        return f"{text}. UPDATE=1 keeps what was won.", True
    return f"{text}.", True


def record(found: int) -> dict[str, Any]:
    """What is written down of a count."""
    mix = [
        f"{each.times} x {each.method} {each.path} {each.content_type}" for each in hot_path.mix()
    ]
    return {
        "instructions": found,
        "python": f"{platform.python_version()} {platform.python_compiler()}",
        "mix": [each.strip() for each in mix],
    }


def count() -> int:
    """Instructions of an average request of the mix.

    Raises:
        MissingError: There is no valgrind.
        BenchmarkError: The program fails under it.
    """
    if shutil.which("valgrind") is None:
        raise MissingError(
            "Instructions are counted by valgrind, which is not installed here; on Debian or "
            "Ubuntu: apt-get install valgrind."
        )
    with tempfile.TemporaryDirectory(prefix="blerssi-guard-") as scratch:
        model = materials.train(Path(scratch), "model")
        log = Path(scratch) / "valgrind.log"
        with log.open("wb") as output:
            code = _counted(model.folder, output)
        told = log.read_text(encoding="utf-8", errors="replace")
    found = _COLLECTED.findall(told)
    if code != 0 or len(found) != 1:
        raise BenchmarkError(f"valgrind ended with {code}: {told[-2000:]}")
    return round(int(found[0]) / (_TIMES * sum(each.times for each in hot_path.mix())))


def _counted(folder: Path, log: IO[bytes]) -> int:
    """Have the mix answered under valgrind, counted while it is; gives the exit code."""
    command = [program("valgrind"), "--tool=callgrind", "--callgrind-out-file=/dev/null"]
    answers = [sys.executable, "-m", "benchmarks.hot_path", str(folder), "mix", str(_TIMES)]
    with subprocess.Popen(
        [*command, "--instr-atstart=no", *answers],
        cwd=materials.ROOT,
        env={**os.environ, **single_threaded(), **_KERNELS},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=log,
    ) as child:
        assert child.stdin and child.stdout  # noqa: S101, PT018 - pipes were asked for
        for word, switch in ((b"ready", "on"), (b"done", "off")):
            if child.stdout.readline().strip() != word:
                child.kill()
                break
            _switch(child.pid, switch)
            child.stdin.write(b"\n")
            child.stdin.flush()
        child.wait()
    return child.returncode


def _switch(pid: int, state: str) -> None:
    """Turn the counting of a process on or off, while it waits."""
    command = [program("callgrind_control"), "-i", state, str(pid)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchmarkError(f"callgrind_control failed: {(done.stderr or done.stdout)[-500:]}")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
