"""Large CSV batches through /invocations: rows a second of one core, and memory."""

import time
from collections.abc import Sequence

from benchmarks import load, materials, processes, samples, subjects
from benchmarks.bench import Bench, Figures
from benchmarks.subjects import AWS, OURS, SUBJECTS, Running

_CSV = {"Accept": "text/csv"}
_LARGEST = "64"  # MiB of a body that the server is told to take


def measure(bench: Bench) -> Figures:
    """Send batches to ours, and a small one to the AWS toolkit.

    Returns:
        `one_request` and `in_pieces`: `rows`, `payload_mb` of a request, `rows_per_cpu_second`,
        `rows_per_second`, `peak_mb` (PSS), `peak_growth` over the idle server in payloads, and
        `peak_to_payload` in all; `aws` the same of fewer rows, where it can run.
    """
    rows = materials.as_csv(materials.scans(bench.plan.batch_rows))
    large = materials.as_csv(materials.scans(bench.plan.large_rows, seed=1))
    parts = materials.pieces(large, bench.plan.piece_megabytes * 1_000_000)
    found: Figures = {}
    model, scratch = bench.model, bench.scratch
    with subjects.started(
        SUBJECTS[OURS], model, scratch, SAGEMAKER_MAX_PAYLOAD_IN_MB=_LARGEST
    ) as running:
        bench.say(f"a batch of {bench.plan.batch_rows:,} rows")
        found["one_request"] = _batch(running, [rows], bench.plan.rounds)
    with subjects.started(
        SUBJECTS[OURS], model, scratch, SAGEMAKER_MAX_PAYLOAD_IN_MB=_LARGEST
    ) as running:
        bench.say(f"a batch of {bench.plan.large_rows:,} rows in {len(parts)} pieces")
        found["in_pieces"] = _batch(running, parts, 1)
    if AWS in {each.name for each in bench.subjects}:
        bench.say("a batch for the AWS toolkit")
        few = materials.as_csv(materials.scans(bench.plan.peer_rows))
        with subjects.started(SUBJECTS[AWS], model, scratch) as running:
            found["aws"] = _batch(running, [few], bench.plan.rounds)
    return found


def _batch(running: Running, parts: Sequence[bytes], rounds: int) -> Figures:
    """Send a batch for its time, and again while memory is watched, which slows a server."""
    rows = sum(part.count(b"\n") for part in parts)
    payload = max(map(len, parts))
    taken = []
    for _ in range(rounds):
        before, begun = processes.cpu_seconds(running.pid), time.perf_counter()
        _send(running, parts)
        seconds = time.perf_counter() - begun
        spent = processes.cpu_seconds(running.pid) - before
        idle = processes.pss_bytes(running.pid)
        with processes.watched(running.pid) as peak:
            _send(running, parts)
        taken.append(
            {
                "rows": rows,
                "payload_mb": payload / 1e6,
                "rows_per_cpu_second": rows / spent,
                "rows_per_second": rows / seconds,
                "peak_mb": peak.bytes / 1e6,
                "peak_growth": (peak.bytes - idle) / payload,
                "peak_to_payload": peak.bytes / payload,
            }
        )
    return dict(samples.medians(taken))


def _send(running: Running, parts: Sequence[bytes]) -> None:
    headers = _CSV if running.subject.name == OURS else {}
    for part in parts:
        request = load.message("/invocations", part, "text/csv", headers)
        load.ask(running.port, request, subjects.READY_SECONDS)
