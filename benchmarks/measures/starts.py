"""From the start of a process, or of a container, to its first good prediction."""

import contextlib
import subprocess
import time
from collections.abc import Iterator
from typing import Final

from benchmarks import load, samples, subjects
from benchmarks.bench import Bench, Figures, program
from benchmarks.errors import BenchmarkError
from benchmarks.measures.images import size_of
from benchmarks.subjects import OURS, SUBJECTS
from local_test.process_runner import free_port

DOCKER: Final = "docker"
_SECONDS: Final = 60.0
_POLL_SECONDS: Final = 0.01


def measure(bench: Bench) -> Figures:
    """Start every server that has a model, in turns.

    Returns:
        Seconds by the server's name, and for `docker` where an engine has the image: `accepts` a
        connection, `ping` says 200, `predicts`. Medians.
    """
    rounds: dict[str, list[dict[str, float]]] = {}
    for number in range(bench.plan.starts):
        bench.say(f"cold starts, {number + 1} of {bench.plan.starts}")
        for subject in bench.subjects:
            if subject.predicts:
                with subjects.started(subject, bench.model, bench.scratch) as running:
                    rounds.setdefault(subject.name, []).append(dict(running.timeline))
        if size_of(bench.image) is not None:
            rounds.setdefault(DOCKER, []).append({"predicts": _container(bench)})
    return {name: samples.medians(taken) for name, taken in rounds.items()}


def _container(bench: Bench) -> float:
    """Seconds from `docker run` to the first good prediction."""
    port = free_port()
    command = [program("docker"), "run", "--detach", "--publish", f"{load.HOST}:{port}:8080"]
    mount = f"{bench.model.folder.resolve()}:/opt/ml/model:ro"
    begun = time.perf_counter()
    with _removed([*command, "--volume", mount, bench.image, "serve"]):
        while True:
            with contextlib.suppress(OSError, BenchmarkError):
                load.ask(port, SUBJECTS[OURS].one_row())
                return time.perf_counter() - begun
            if time.perf_counter() - begun > _SECONDS:
                raise BenchmarkError(f"{bench.image} has not predicted for {_SECONDS:.0f} s.")
            time.sleep(_POLL_SECONDS)


@contextlib.contextmanager
def _removed(command: list[str]) -> Iterator[None]:
    """Run a container, and remove it afterwards."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise BenchmarkError(f"docker run failed: {done.stderr[-500:]}")
    try:
        yield
    finally:
        name = done.stdout.strip()
        subprocess.run([program("docker"), "rm", "--force", name], capture_output=True, check=False)
