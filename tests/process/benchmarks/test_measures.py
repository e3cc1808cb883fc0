"""Every measurement that needs no peer, with tiny counts: the figures are there and make sense."""

import pytest

from benchmarks import hot_path, materials, samples
from benchmarks.bench import Bench, single_threaded
from benchmarks.errors import BenchmarkError
from benchmarks.materials import Model
from benchmarks.measures import batches, engine, growth, layers, memory, serving, starts
from benchmarks.plan import Plan
from benchmarks.subjects import ASGI_FLOOR, OURS, SUBJECTS, WSGI_FLOOR
from tests.support.models import signed_model

TINY = Plan(
    name="tiny",
    rounds=1,
    seconds=0.1,
    warm_seconds=0.05,
    connections=(1, 2),
    starts=1,
    batch_rows=60,
    large_rows=90,
    piece_megabytes=1,
    peer_rows=5,
    workers=(1, 2),
    models=(1, 2),
    large_model=False,
    growth_rows=(1, 20),
    calls=20,
    epochs=(1, 2),
    seeds=1,
)


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Bench:
    base = tmp_path_factory.mktemp("ml")
    folder = signed_model(base / "model")
    size = (folder / "model-0000.params").stat().st_size
    run = Bench(TINY, tmp_path_factory.mktemp("scratch"), "no-such-image", None, lambda _text: None)
    few = [SUBJECTS[name] for name in (OURS, WSGI_FLOOR, ASGI_FLOOR)]
    vars(run).update(model=Model(base, folder, size), _available=(few, {}))
    return run


def test_serving_gives_every_figure_of_every_server(bench: Bench) -> None:
    found = serving.measure(bench)
    assert found.keys() == {OURS, WSGI_FLOOR, ASGI_FLOOR}
    for each in found.values():
        assert each.keys() == {"pss_mb", "8", "64"}
        assert each["pss_mb"] > 1
        for connections in ("8", "64"):
            assert 0 < each[connections]["p50_ms"] <= each[connections]["p99_ms"]
            assert each[connections]["per_second"] > 0


def test_starts_are_those_of_servers_with_a_model(bench: Bench) -> None:
    found = starts.measure(bench)
    assert found.keys() == {OURS}
    assert 0 < found[OURS]["accepts"] <= found[OURS]["ping"] <= found[OURS]["predicts"]


def test_memory_is_by_workers_and_by_models(bench: Bench) -> None:
    found = memory.measure(bench)
    assert found["workers"]["1"] < found["workers"]["2"]
    assert found["each_worker_mb"] > 0
    assert found["models"]["model"]["by_number"].keys() == {"1", "2"}


def test_batches_arrive_whole(bench: Bench) -> None:
    found = batches.measure(bench)
    assert found.keys() == {"one_request", "in_pieces"}  # no peer runs here
    assert [each["rows"] for each in found.values()] == [60, 90]
    assert all(each["peak_mb"] > 1 for each in found.values())


def test_cost_is_fitted_for_all_that_grows(bench: Bench) -> None:
    found = growth.measure(bench)
    formats = {f"rows of {name}" for name in materials.FORMATS}
    assert found.keys() == formats | {"connections", "workers", "models", "loading models"}
    for each in found.values():
        assert len(each["points"]) == 2
        sizes = {int(size): value for size, value in each["points"].items()}
        assert each["last_exponent"] == pytest.approx(samples.last_exponent(sizes))


def test_the_engine_is_held_beside_a_loop_in_c(bench: Bench) -> None:
    found = engine.measure(bench)
    for rows in map(str, engine.ROWS):
        assert found[rows]["ours_us"] > 0
        assert found.get("missing") or found[rows]["c_us"] > 0


def test_without_a_compiler_the_loop_is_left_out(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    assert engine.compiled(bench.scratch) is None


def test_layers_are_timed_beside_the_whole_server(bench: Bench) -> None:
    found = layers.measure(bench)
    assert found["served_us"] > 0
    assert found["timed_us"].keys() == {name for name, _, _ in hot_path.LAYERS}
    assert found["timed_us"]["application"] > found["timed_us"]["probabilities"] > 0


ONE_BAD_ANSWER = """
import sys
from pathlib import Path
from benchmarks import hot_path
with hot_path.opened(Path(sys.argv[1])) as path:
    first, *_ = hot_path.mix()
    path.answer(first)
    path.answer(first._replace(body=b"["))
"""


def test_the_mix_is_answered(bench: Bench) -> None:
    arguments = ["-m", "benchmarks.hot_path", str(bench.model.folder), "mix", "1"]
    assert materials.run(arguments, **single_threaded()).split() == ["ready", "done"]


def test_an_answer_of_the_mix_that_is_not_good_is_not_counted(bench: Bench) -> None:
    with pytest.raises(BenchmarkError, match=r"answered .*400 .*malformed_body"):
        materials.run(["-c", ONE_BAD_ANSWER, str(bench.model.folder)], **single_threaded())
