"""Engine and signature together: rows to answers, arrays to arrays, and models that do not fit."""

import dataclasses
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from model import artifact
from model.answers import NO_SIGNAL, OK, OUT_OF_COVERAGE
from model.blerssi import network
from model.blerssi.evidence import Evidence
from model.engine import Engine
from model.errors import ArtifactError, EngineError, InputError
from model.predictor import Predictor
from model.signature import CoverageSpec, Signature
from tests.support import models
from tests.support.models import plain_export, signed_model


@pytest.fixture(scope="module")
def predictor(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    return Predictor.load(signed_model(tmp_path_factory.mktemp("signed")))


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    return Predictor.load(plain_export(tmp_path_factory.mktemp("plain")))


def random_rows(count: int) -> Any:
    return np.random.default_rng(0).uniform(-110, -40, (count, 13)).astype(np.float32)


@pytest.fixture(scope="module")
def expected(predictor: Predictor) -> Any:
    """Each of many rows computed alone in a batch of another size."""
    rows = random_rows(5000)
    return np.concatenate([predictor.probabilities(part) for part in np.split(rows, 50)])


@pytest.mark.parametrize("count", [1, 2, 3, 1023, 1024, 1025, 2048, 5000])
def test_batches_of_any_size_give_the_same_rows(
    predictor: Predictor, expected: Any, count: int
) -> None:
    given = predictor.probabilities(random_rows(5000)[:count])
    assert given.shape == (count, 4)
    assert given.dtype == np.float32
    np.testing.assert_allclose(given, expected[:count], rtol=0, atol=1e-6)


def test_no_rows_give_no_probabilities(predictor: Predictor) -> None:
    assert predictor.probabilities(random_rows(0)).shape == (0, 4)


def test_few_shapes_are_bound_whatever_comes(
    predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = set()
    run = Engine.run

    def noting(self: Engine, arrays: dict[str, Any]) -> Any:
        seen.add(arrays["data"].shape)
        return run(self, arrays)

    monkeypatch.setattr(Engine, "run", noting)
    for count in range(1, 2100, 13):
        predictor.probabilities(random_rows(count))
    assert seen <= {(1 << power, 13) for power in range(11)}


def test_answers_follow_from_the_probabilities(predictor: Predictor) -> None:
    rows = random_rows(3)
    rows[1] = -200
    answers = predictor.answers(rows, top_k=2)
    np.testing.assert_array_equal(answers.probabilities, predictor.probabilities(rows))
    assert answers.candidates.shape == (3, 2)
    np.testing.assert_array_equal(answers.candidates[:, 0], answers.probabilities.argmax(axis=1))
    assert answers.status == [OK, NO_SIGNAL, OK]


def test_more_candidates_than_labels_are_all_of_them(predictor: Predictor) -> None:
    assert predictor.answers(random_rows(1), top_k=99).candidates.shape == (1, 4)


def test_rows_of_another_width_are_mxnets_to_refuse(predictor: Predictor) -> None:
    with pytest.raises(EngineError):
        predictor.probabilities(np.zeros((2, 12), np.float32))


def test_a_signed_model_knows_its_shape(predictor: Predictor) -> None:
    assert predictor.shapes == {"data": (1, 13)}
    assert predictor.signature == models.signature()


def test_a_plain_export_takes_and_gives_arrays_as_they_are(plain: Predictor) -> None:
    assert (plain.signature, plain.inputs, plain.shapes) == (None, ("data",), {"data": (1, 2)})
    (given,) = plain.outputs({"data": np.array([[1, 2], [3, 4], [5, 6]])})
    assert given.shape == (3, 3)


def test_a_plain_export_of_several_inputs(tmp_path: Path) -> None:
    mx = network.mxnet()
    left, right = mx.sym.var("left"), mx.sym.var("right")
    weighted = mx.sym.broadcast_mul(left, mx.sym.var("w"))
    (weighted + right).save(str(tmp_path / "m-symbol.json"))
    mx.nd.save(str(tmp_path / "m-0000.params"), {"arg:w": mx.nd.array([10])})
    predictor = Predictor.load(tmp_path)
    assert predictor.inputs == ("left", "right")
    (given,) = predictor.outputs({"left": np.array([[1, 2]]), "right": np.array([[3, 4]])})
    np.testing.assert_array_equal(given, [[13, 24]])
    with pytest.raises(InputError, match="takes the inputs left, right; got left"):
        predictor.outputs({"left": np.array([[1]])})


def test_an_image_may_be_flattened_by_the_first_layer(plain: Predictor) -> None:
    (flat,) = plain.outputs({"data": np.array([[1, 2]])})
    (deep,) = plain.outputs({"data": np.array([[[1], [2]]])})
    np.testing.assert_array_equal(flat, deep)


@pytest.mark.parametrize("shape", [(1, 3), (2,), (), (1, 2, 2), (0, 2)])
def test_arrays_that_do_not_fit_are_the_callers_fault(
    plain: Predictor, shape: tuple[int, ...]
) -> None:
    with pytest.raises(InputError, match="shape"):
        plain.outputs({"data": np.zeros(shape)})


def test_a_plain_export_has_no_labels(plain: Predictor) -> None:
    with pytest.raises(EngineError, match="without a signature"):
        plain.probabilities(np.zeros((1, 2), np.float32))
    with pytest.raises(EngineError, match="without a signature"):
        plain.answers(np.zeros((1, 2), np.float32), 1)


def test_the_batch_size_of_a_shapes_file_costs_nothing_at_load(tmp_path: Path) -> None:
    plain_export(tmp_path)
    (tmp_path / "net-shapes.json").write_bytes(artifact.shapes_file({"data": (1 << 40, 2)}))
    assert Predictor.load(tmp_path).shapes == {"data": (1 << 40, 2)}


def test_a_plain_export_is_tried_at_load_where_its_shape_is_known(tmp_path: Path) -> None:
    plain_export(tmp_path)
    (tmp_path / "net-shapes.json").write_bytes(artifact.shapes_file({"data": (1, 3)}))
    with pytest.raises(EngineError, match="MXNet refuses"):
        Predictor.load(tmp_path)


def test_a_graph_without_an_input_is_refused(tmp_path: Path) -> None:
    mx = network.mxnet()
    (mx.sym.var("w") * 2).save(str(tmp_path / "m-symbol.json"))
    mx.nd.save(str(tmp_path / "m-0000.params"), {"arg:w": mx.nd.array([10])})
    with pytest.raises(ArtifactError, match="has no input"):
        Predictor.load(tmp_path)


def covered(old: Signature, output: str, threshold: float = -1e30) -> Signature:
    coverage = CoverageSpec(output, threshold, 0.03)
    return dataclasses.replace(old, output=dataclasses.replace(old.output, coverage=coverage))


def resigned(folder: Path, change: Callable[[Signature], Signature]) -> Path:
    """A model folder under another signature, its checksums in order."""
    model = artifact.read(folder)
    assert model.signature is not None
    files = {
        artifact.SYMBOL: model.symbol,
        artifact.PARAMS: model.params,
        artifact.SHAPES: artifact.shapes_file(model.shapes),
    }
    artifact.write(folder, files, change(model.signature))
    return folder


@pytest.mark.parametrize(
    ("change", "kind", "message"),
    [
        (
            lambda old: dataclasses.replace(old, input=dataclasses.replace(old.input, name="x")),
            ArtifactError,
            "signature feeds 'x', but the graph takes data",
        ),
        (
            lambda old: dataclasses.replace(
                old, input=dataclasses.replace(old.input, fields=old.input.fields[:12])
            ),
            EngineError,
            "MXNet refuses",
        ),
        (
            lambda old: dataclasses.replace(
                old,
                output=dataclasses.replace(
                    old.output,
                    labels=old.output.labels[:3],
                    coordinates=old.output.coordinates[:3],
                ),
            ),
            EngineError,
            r"gives shape \(1, 4\); its signature says \('rows', 3\)",
        ),
        (
            lambda old: covered(old, "density"),
            ArtifactError,
            "by the output 'density', but behind the probabilities the graph gives nothing",
        ),
    ],
)
def test_a_signature_of_another_graph_is_refused(
    tmp_path: Path,
    change: Callable[[Signature], Signature],
    kind: type[Exception],
    message: str,
) -> None:
    folder = resigned(signed_model(tmp_path), change)
    with pytest.raises(kind, match=message):
        Predictor.load(folder)


def test_probabilities_that_are_not_finite_are_refused(tmp_path: Path) -> None:
    net = network.build(13, len(models.LABELS), (8,), 0)
    values = network.weights(net)
    network.set_weights(net, {name: np.full_like(v, np.nan) for name, v in values.items()})
    artifact.write(tmp_path, network.export(net), models.signature())
    with pytest.raises(EngineError, match="not finite"):
        Predictor.load(tmp_path)


@pytest.mark.parametrize(
    ("bias", "message"),
    [(np.nan, "densities that are no numbers"), (0, None)],
)
def test_densities_are_numbers(tmp_path: Path, bias: float, message: str | None) -> None:
    density = Evidence(np.zeros((2, 39), np.float32), np.full(2, bias, np.float32))
    files = network.export(network.build(13, len(models.LABELS), (), 0), density)
    artifact.write(tmp_path, files, covered(models.signature(), "density"))
    if message:
        with pytest.raises(EngineError, match=message):
            Predictor.load(tmp_path)
    else:
        assert set(Predictor.load(tmp_path).answers(random_rows(2100), 1).status) <= {OK, NO_SIGNAL}


@pytest.mark.parametrize("rows", [1, 5, 2100])
def test_each_row_is_judged_by_its_own_density(tmp_path: Path, rows: int) -> None:
    weights = np.zeros((2, 39), np.float32)
    weights[:, 26] = -1  # nats against every row that hears the first beacon
    density = Evidence(weights, np.zeros(2, np.float32))
    files = network.export(network.build(13, len(models.LABELS), (), 0), density)
    artifact.write(tmp_path, files, covered(models.signature(), "density", 0.5))
    given = random_rows(rows)
    given[:, 1] = -70
    given[::3, 0] = -60
    given[1::3, 0] = -200
    expected = [OUT_OF_COVERAGE if row[0] > -150 else OK for row in given]
    assert Predictor.load(tmp_path).answers(given, 1).status == expected


def test_the_folder_of_a_model_is_never_written(tmp_path: Path) -> None:
    """C1.10: whatever is done with a model, its folder stays as it was."""
    folder = signed_model(tmp_path / "model")
    before = {path: path.stat().st_mtime_ns for path in [folder, *folder.iterdir()]}
    Predictor.load(folder).answers(random_rows(5), 3)
    assert {path: path.stat().st_mtime_ns for path in [folder, *folder.iterdir()]} == before
    assert json.loads((folder / "signature.json").read_bytes())["version"] == 1
