"""Our engine beside a C loop over the predict API."""

import importlib.util
import os
import shutil
import subprocess
from pathlib import Path
from typing import Final

from benchmarks import materials, samples
from benchmarks.bench import Bench, Figures, single_threaded
from benchmarks.errors import BenchmarkError

ROWS: Final = (1, 32, 1000)
_SOURCE: Final = materials.ROOT / "benchmarks" / "engine_loop.c"


def measure(bench: Bench) -> Figures:
    """Compute the same batches with both, in turns.

    Returns:
        Microseconds of CPU a call, by the number of rows: `ours_us`, and `c_us` where there is a C
        compiler; `missing` says why where there is none.
    """
    program = compiled(bench.scratch)
    found: Figures = {} if program else {"missing": "there is no C compiler (cc) here"}
    for rows in ROWS:
        bench.say(f"the engine alone, {rows} rows")
        calls = max(20, bench.plan.calls * 5 // (5 + rows))
        rounds = []
        for _ in range(bench.plan.rounds):
            taken = {"ours_us": _ours(bench, rows, calls) / 1e3}
            if program:
                taken["c_us"] = _c(program, bench, rows, calls) / 1e3
            rounds.append(taken)
        found[str(rows)] = samples.medians(rounds)
    return found


def compiled(scratch: Path) -> Path | None:
    """Compile the loop; None where there is no compiler.

    Raises:
        BenchmarkError: It does not compile.
    """
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    program = scratch / "engine_loop"
    command = [compiler, "-O2", "-Wall", "-o", str(program), str(_SOURCE), "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchmarkError(f"{_SOURCE.name} does not compile: {done.stderr[-2000:]}")
    return program


def _ours(bench: Bench, rows: int, calls: int) -> float:
    arguments = ["-m", "benchmarks.engine_alone", str(bench.model.folder), str(rows), str(calls)]
    return float(materials.run(arguments, **single_threaded()))


def _c(program: Path, bench: Bench, rows: int, calls: int) -> float:
    package = importlib.util.find_spec("mxnet")
    if package is None or not package.submodule_search_locations:
        raise BenchmarkError("The package mxnet is not installed.")
    library = Path(package.submodule_search_locations[0], "libmxnet.so")
    files = [bench.model.folder / "model-symbol.json", bench.model.folder / "model-0000.params"]
    numbers = map(str, (rows, materials.FIELDS, calls))
    done = subprocess.run(
        [program, library, *files, *numbers],
        env={**os.environ, **single_threaded()},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise BenchmarkError(f"The C loop failed: {done.stderr[-500:]}")
    return float(done.stdout)
