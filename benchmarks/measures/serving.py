"""One row of JSON: CPU a request, throughput, latency and memory, all servers taking turns."""

import contextlib
from typing import Final

from benchmarks import load, processes, samples, subjects
from benchmarks.bench import Bench, Figures
from benchmarks.plan import Plan
from benchmarks.subjects import Running

COMPARED: Final = (8, 64)  # connections
WORKERS: Final = 2


def measure(bench: Bench) -> Figures:
    """Measure every server that can run here.

    Returns:
        By the server's name: `pss_mb`, and by the number of connections `cpu_us` (user and system
        time of the process tree a request), `per_second`, `p50_ms` and `p99_ms`: medians over the
        rounds.
    """
    rounds: dict[str, dict[str, list[dict[str, float]]]] = {}
    memory: dict[str, list[float]] = {}
    with contextlib.ExitStack() as stack:
        running = []
        for subject in bench.subjects:
            bench.say(f"starting {subject.title}")
            each = stack.enter_context(
                subjects.started(subject, bench.model, bench.scratch, WORKERS)
            )
            load.drive(each.port, subject.one_row(), max(COMPARED), bench.plan.warm_seconds)
            running.append(each)
        for number in range(bench.plan.rounds):
            bench.say(f"round {number + 1} of {bench.plan.rounds}")
            for each in running:
                found = rounds.setdefault(each.subject.name, {})
                for connections in COMPARED:
                    taken = once(each, connections, bench.plan)
                    found.setdefault(str(connections), []).append(taken)
                pss = processes.pss_bytes(each.pid) / 1e6
                memory.setdefault(each.subject.name, []).append(pss)
    return {
        name: {
            "pss_mb": samples.median(memory[name]),
            **{connections: samples.medians(taken) for connections, taken in found.items()},
        }
        for name, found in rounds.items()
    }


def once(running: Running, connections: int, plan: Plan) -> dict[str, float]:
    """Put one load on one server."""
    request = running.subject.one_row()
    before = processes.cpu_seconds(running.pid)
    done = load.drive(running.port, request, connections, plan.seconds)
    spent = processes.cpu_seconds(running.pid) - before
    return {
        "cpu_us": 1e6 * spent / done.count,
        "per_second": done.count / done.seconds,
        "p50_ms": 1e3 * samples.quantile(done.latencies, 0.5),
        "p99_ms": 1e3 * samples.quantile(done.latencies, 0.99),
    }
