import re
import subprocess
import sys
from pathlib import Path

from serve.metrics import FOLDER_VARIABLE, METRICS, Metrics
from tests.support.server import ROOT


def values(exposition: bytes) -> dict[str, float]:
    lines = [line for line in exposition.decode().splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _, value in (line.rpartition(" ") for line in lines)}


def test_everything_documented_is_exposed_under_its_name() -> None:
    metrics = Metrics()
    metrics.loaded(0.5)
    metrics.waited(0.1)
    metrics.finished(200, "ok", 0.2, 3)
    text = metrics.exposition().decode()
    for metric in METRICS:
        assert re.search(rf"^# HELP {metric.exposed} ", text, re.MULTILINE)


def test_requests_are_counted() -> None:
    metrics = Metrics()
    with metrics.in_flight():
        metrics.finished(200, "ok", 0.2, 3)
        metrics.finished(400, "invalid_input", 0.1, 0)
        assert values(metrics.exposition())["blerssi_in_flight"] == 1
    found = values(metrics.exposition())
    assert found["blerssi_in_flight"] == 0
    assert found["blerssi_rows_total"] == 3
    assert found['blerssi_invocations_total{code="ok",status="200"}'] == 1
    assert found['blerssi_invocations_total{code="invalid_input",status="400"}'] == 1
    assert found["blerssi_invocation_seconds_count"] == 2
    assert found['blerssi_invocation_seconds_bucket{le="0.1"}'] == 1


WORKER = """
import sys
from pathlib import Path
from serve import metrics
folder, slot, action = Path(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
if action == "forget":
    metrics.forget(folder, slot)
else:
    mine = metrics.shared(folder, slot)
    mine.loaded(slot)
    mine.finished(200, "ok", 0.1, 2)
    sys.stdout.buffer.write(mine.exposition())
"""


def worker(folder: Path, slot: int, action: str = "count") -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-c", WORKER, str(folder), str(slot), action],
        cwd=ROOT,
        env={FOLDER_VARIABLE: str(folder)},
        capture_output=True,
        check=True,
    )
    return values(done.stdout)


def test_workers_are_added_up_and_a_dead_one_loses_no_count(tmp_path: Path) -> None:
    worker(tmp_path, 0)
    two = worker(tmp_path, 1)
    assert two["blerssi_rows_total"] == 4
    assert two["blerssi_workers_ready"] == 2
    assert two["blerssi_model_load_seconds"] == 1
    files = sorted(each.name for each in tmp_path.iterdir())
    worker(tmp_path, 1, "forget")
    again = worker(tmp_path, 1)
    assert again["blerssi_rows_total"] == 6
    assert again["blerssi_workers_ready"] == 2
    assert sorted(each.name for each in tmp_path.iterdir()) == files
