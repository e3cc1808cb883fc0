"""How cost grows with rows, connections, workers and models."""

import time

from benchmarks import load, materials, processes, samples, subjects
from benchmarks.bench import Bench, Figures
from benchmarks.materials import FORMATS
from benchmarks.measures import serving
from benchmarks.measures.memory import copied, load_model
from benchmarks.subjects import OURS, SUBJECTS, Running


def measure(bench: Bench) -> Figures:
    """Let one thing grow at a time.

    Returns:
        By what grows: the `points` by size, the fitted `exponent` of the cost, and the one between
        the two largest sizes, `last_exponent`. Costs are the CPU of a request and, for loading
        models, of loading all of them. For connections also `per_second`, `p50_ms` and `p99_ms`.
    """
    found: Figures = {}
    with subjects.started(SUBJECTS[OURS], bench.model, bench.scratch) as running:
        for name in FORMATS:
            bench.say(f"growth with rows of {name}")
            by_rows = {rows: _rows(running, name, rows, bench) for rows in bench.plan.growth_rows}
            found[f"rows of {name}"] = _fit(by_rows, "CPU of a request, ms")
        bench.say("growth with connections")
        request = running.subject.one_row()
        load.drive(running.port, request, max(bench.plan.connections), bench.plan.warm_seconds)
        loads = {
            number: serving.once(running, number, bench.plan) for number in bench.plan.connections
        }
    cpu = {number: each["cpu_us"] / 1e3 for number, each in loads.items()}
    found["connections"] = _fit(cpu, "CPU of a request, ms") | {
        name: {str(number): each[name] for number, each in loads.items()}
        for name in ("per_second", "p50_ms", "p99_ms")
    }
    found["workers"] = _fit(
        {number: _workers(bench, number) for number in bench.plan.workers}, "CPU of a request, ms"
    )
    found["models"], found["loading models"] = _models(bench)
    return found


def _fit(points: dict[int, float], cost: str) -> Figures:
    return {
        "cost": cost,
        "points": {str(size): value for size, value in points.items()},
        "exponent": samples.exponent(points),
        "last_exponent": samples.last_exponent(points),
    }


def _rows(running: Running, name: str, rows: int, bench: Bench) -> float:
    """CPU milliseconds of a request with so many rows."""
    media_type, write = FORMATS[name]
    request = load.message("/invocations", write(materials.scans(rows)), media_type)
    return _cpu_ms(running, request, bench.plan.seconds / 2)


def _cpu_ms(running: Running, request: bytes, seconds: float) -> float:
    load.ask(running.port, request)
    before, begun, count = processes.cpu_seconds(running.pid), time.perf_counter(), 0
    while time.perf_counter() - begun < seconds:
        count += load.drive(running.port, request, 2, seconds / 4).count
    return 1e3 * (processes.cpu_seconds(running.pid) - before) / count


def _workers(bench: Bench, number: int) -> float:
    bench.say(f"growth with workers, {number}")
    with subjects.started(SUBJECTS[OURS], bench.model, bench.scratch, number) as running:
        load.drive(running.port, running.subject.one_row(), 16, bench.plan.warm_seconds)
        return serving.once(running, 16, bench.plan)["cpu_us"] / 1e3


def _models(bench: Bench) -> tuple[Figures, Figures]:
    bench.say("growth with models")
    asked, loaded = {}, {}
    body = materials.as_json(materials.scans(1))
    request = load.message("/models/model-1/invoke", body, "application/json")
    with subjects.started(
        SUBJECTS[OURS], bench.model, bench.scratch, SAGEMAKER_MULTI_MODEL="true"
    ) as running:
        spent = 0.0
        for number in range(1, max(bench.plan.models) + 1):
            folder = copied(bench.model, number)
            before = processes.cpu_seconds(running.pid)
            load_model(running, f"model-{number}", folder)
            spent += processes.cpu_seconds(running.pid) - before
            if number in bench.plan.models:
                loaded[number] = 1e3 * spent
                asked[number] = _cpu_ms(running, request, bench.plan.seconds)
    return _fit(asked, "CPU of a request, ms"), _fit(loaded, "CPU of loading all, ms")
