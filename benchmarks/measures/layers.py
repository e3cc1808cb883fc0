"""The path of one request, layer by layer."""

import json

from benchmarks import load, materials, samples, subjects
from benchmarks.bench import Bench, Figures, single_threaded
from benchmarks.measures import serving
from benchmarks.subjects import OURS, SUBJECTS

_CONNECTIONS = 8


def measure(bench: Bench) -> Figures:
    """Time the layers in a process without sockets, and the whole server, in turns.

    Returns:
        `served_us`: CPU a request of the whole server, and `timed_us` of each layer, with what is
        inside it. Medians.
    """
    arguments = ["-m", "benchmarks.hot_path", str(bench.model.folder), "layers"]
    timed, served = [], []
    with subjects.started(SUBJECTS[OURS], bench.model, bench.scratch) as running:
        load.drive(running.port, running.subject.one_row(), _CONNECTIONS, bench.plan.warm_seconds)
        for number in range(bench.plan.rounds):
            bench.say(f"layers of a request, round {number + 1} of {bench.plan.rounds}")
            calls = str(max(50, bench.plan.calls // 5))
            timed.append(json.loads(materials.run([*arguments, calls], **single_threaded())))
            served.append(serving.once(running, _CONNECTIONS, bench.plan)["cpu_us"])
    return {"served_us": samples.median(served), "timed_us": samples.medians(timed)}
