"""results.json: what one run measured, section by section."""

import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from benchmarks import bench
from benchmarks.bench import Bench, Figures
from benchmarks.measures import (
    batches,
    engine,
    growth,
    images,
    layers,
    memory,
    serving,
    starts,
    training,
)

FILE: Final = Path(__file__).resolve().parent / "results.json"
_DIGITS: Final = 5  # significant ones that are kept

MEASURES: Final[Mapping[str, Callable[[Bench], Figures | None]]] = {
    "starts": starts.measure,
    "serving": serving.measure,
    "layers": layers.measure,
    "memory": memory.measure,
    "batches": batches.measure,
    "engine": engine.measure,
    "growth": growth.measure,
    "images": images.measure,
    "training": training.measure,
}


def measure(run: Bench, names: tuple[str, ...], before: Figures) -> Iterator[Figures]:
    """Measure some sections; the others stay as they were.

    Args:
        run: What is shared.
        names: Of `MEASURES`.
        before: Results that exist, or nothing.

    Yields:
        Results after each section, so that a later failure loses none: `machine`, `missing`
        servers, `taken` (commit and day of each section), and the sections. A section without
        figures (no data, no engine) is left as it was.
    """
    found = {"machine": bench.machine(), "missing": run.missing}
    taken = dict(before.get("taken", {}))
    stamp = {"commit": bench.commit(), "day": f"{datetime.now(UTC):%Y-%m-%d}"}
    for name in names:
        figures = MEASURES[name](run)
        if figures is not None:
            found[name] = figures
            taken[name] = {**stamp, "plan": run.plan.name}
        yield {**before, **rounded(found), "taken": taken}


def read(path: Path | None = None) -> Figures:
    """Read results, those of the last whole run by default; none where there is no file."""
    path = path or FILE
    if not path.exists():
        return {}
    found: Figures = json.loads(path.read_text(encoding="utf-8"))
    return found


def write(results: Figures, path: Path) -> None:
    """Write results."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(results, indent=1) + "\n", encoding="utf-8")


def rounded(data: Any) -> Any:
    """The same data without digits that mean nothing."""
    match data:
        case dict():
            return {str(name): rounded(value) for name, value in data.items()}
        case list():
            return [rounded(value) for value in data]
        case float():
            return float(f"{data:.{_DIGITS}g}")
        case _:
            return data
