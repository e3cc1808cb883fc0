"""Real servers, asked a few times."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks import load, processes, subjects
from benchmarks.errors import BenchmarkError
from benchmarks.materials import Model
from benchmarks.subjects import AWS, OURS, SUBJECTS, TEXTBOOK, Running
from tests.support.models import signed_model

BRIEFLY = 0.05  # seconds for which requests are sent


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    base = tmp_path_factory.mktemp("ml")
    folder = signed_model(base / "model")
    return Model(base, folder, (folder / "model-0000.params").stat().st_size)


@pytest.fixture(scope="module")
def ours(model: Model, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    scratch = tmp_path_factory.mktemp("ours")
    with subjects.started(SUBJECTS[OURS], model, scratch, 1) as running:
        yield running


@pytest.mark.parametrize("name", ["wsgi_floor", "asgi_floor", TEXTBOOK])
def test_a_peer_answers_every_connection(name: str, model: Model, tmp_path: Path) -> None:
    with subjects.started(SUBJECTS[name], model, tmp_path, 1) as running:
        done = load.drive(running.port, running.subject.one_row(), 3, BRIEFLY)
        answer = json.loads(load.ask(running.port, running.subject.one_row()))
        assert processes.pss_bytes(running.pid) > 0
    assert done.count >= 3
    assert all(0 < each <= done.seconds for each in done.latencies)
    if SUBJECTS[name].predicts:
        (probabilities,) = answer["predictions"]
        assert sum(probabilities) == pytest.approx(1, abs=1e-4)
    else:
        assert answer == {"predictions": []}


def test_ours_is_ready_step_by_step(ours: Running) -> None:
    steps = list(ours.timeline.items())
    assert [name for name, _ in steps] == ["accepts", "ping", "predicts"]
    assert [seconds for _, seconds in steps] == sorted(ours.timeline.values())
    (answer,) = json.loads(load.ask(ours.port, ours.subject.one_row()))["predictions"]
    assert answer["location"] in {"A01", "A02", "B01", "B02"}


def test_cpu_and_memory_are_those_of_the_whole_tree(ours: Running) -> None:
    everything = processes.tree(ours.pid)
    assert len(everything) == 3  # supervisor, master, worker
    before = processes.cpu_seconds(ours.pid)
    while processes.cpu_seconds(ours.pid) - before < 0.05:  # in the worker, a grandchild
        load.drive(ours.port, ours.subject.one_row(), 2, BRIEFLY)
    with processes.watched(ours.pid) as peak:
        pass
    assert peak.bytes > sum(processes.pss_bytes(pid) for pid in everything[2:]) > 0


def test_an_answer_that_is_not_good_stops_the_measurement(ours: Running) -> None:
    wrong = load.message("/invocations", b"[[1, 2]]", "application/json")
    with pytest.raises(BenchmarkError, match=r"not a 200.*invalid_input"):
        load.drive(ours.port, wrong, 2, BRIEFLY)
    with pytest.raises(BenchmarkError, match=r"not a 200.*not_found"):
        load.ask(ours.port, load.message("/nowhere", b"", "text/plain"))


def test_a_server_that_ends_is_told_with_its_log(model: Model, tmp_path: Path) -> None:
    with (
        pytest.raises(BenchmarkError, match="this project ended with 1") as caught,
        subjects.started(SUBJECTS[OURS], model, tmp_path, SAGEMAKER_MAX_PAYLOAD_IN_MB="large"),
    ):
        pass
    (note,) = caught.value.__notes__
    assert "SAGEMAKER_MAX_PAYLOAD_IN_MB" in note


def test_the_toolkit_gets_a_model_with_its_script(model: Model, tmp_path: Path) -> None:
    command = SUBJECTS[AWS].command(model, 21_000, 2, tmp_path)
    base = Path(command.variables["SAGEMAKER_BASE_DIR"])
    assert (base / "model" / "code" / "inference.py").is_file()
    assert (base / "model" / "model-symbol.json").is_file()
    assert command.variables["SAGEMAKER_MODEL_SERVER_WORKERS"] == "2"
    assert command.folder == tmp_path  # it leaves files where it works
