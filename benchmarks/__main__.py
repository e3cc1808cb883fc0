"""Measures, writes the results and docs/performance.md, prints the goals.

python -m benchmarks --help   says what can be asked for
"""

import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from benchmarks import arguments, goals, page, results
from benchmarks.arguments import Arguments
from benchmarks.bench import Bench, Figures
from benchmarks.errors import BenchmarkError
from benchmarks.materials import ROOT

QUICK_FILE: Final = ROOT / "build" / "bench" / "results.json"
INTERRUPTED: Final = 130


def main(words: Sequence[str]) -> int:
    """Measure and write; gives the exit code: 0, 1 for a failure, 2 for a wrong command line."""
    chosen = arguments.parse(words)
    if chosen.data is not None and not chosen.data.exists():
        print(f"{chosen.data} does not exist.", file=sys.stderr)
        return 1
    try:
        found = _rendered() if chosen.render else _measured(chosen)
    except BenchmarkError as error:
        print("\n".join([str(error), *getattr(error, "__notes__", ())]), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; the sections that were measured are kept.", file=sys.stderr)
        return INTERRUPTED
    print(_summary(found))
    return 0


def _rendered() -> Figures:
    found = results.read()
    if not found:
        raise BenchmarkError(f"{results.FILE} does not exist: measure first.")
    page.write(found)
    return found


def _measured(chosen: Arguments) -> Figures:
    target = chosen.json or (QUICK_FILE if chosen.plan.name == "quick" else results.FILE)
    with tempfile.TemporaryDirectory(prefix="blerssi-bench-") as scratch:
        data = chosen.data.resolve() if chosen.data else None
        run = Bench(chosen.plan, Path(scratch).resolve(), chosen.image, data, _say)
        for name, why in run.missing.items():
            _say(f"{name} is left out: {why}")
        found: Figures = {}
        for found in results.measure(run, chosen.only, results.read(target)):
            results.write(found, target)
    if target == results.FILE:
        page.write(found)
    _say(f"wrote {target}")
    return found


def _say(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def _summary(found: Figures) -> str:
    rows = [(*row[:4], row[4] or "-") for row in goals.table(found)]
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in rows
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
