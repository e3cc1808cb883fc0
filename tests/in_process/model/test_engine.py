"""The engine against Gluon, under threads, and under inputs that no request should bring."""

import ctypes
import dataclasses
import warnings
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from model import artifact, engine, library
from model.blerssi import network
from model.engine import Engine
from model.errors import ArtifactError, EngineError
from model.handle import Handle
from model.params import read_params
from tests.support.models import plain_export, signed_model
from tests.support.waiting import until

Floats = npt.NDArray[np.float32]
ROWS = 1000


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return signed_model(tmp_path_factory.mktemp("model"))


def load(model: artifact.Artifact) -> Engine:
    return Engine(model.symbol, model.params, ("data",), read_params(model.params))


@pytest.fixture
def loaded(folder: Path) -> Iterator[Engine]:
    engine = load(artifact.read(folder))
    yield engine
    engine.close()


@pytest.fixture(scope="module")
def gluon(folder: Path) -> Callable[[Floats], Floats]:
    """The same export in MXNet's own Python front end."""
    mx = network.mxnet()
    symbol, params = (str(folder / name) for name in (artifact.SYMBOL, artifact.PARAMS))
    with warnings.catch_warnings(action="ignore"):  # it cannot tell types, and need not
        block = mx.gluon.SymbolBlock.imports(symbol, ["data"], params)
    return lambda rows: np.asarray(block(mx.nd.array(rows)).asnumpy(), np.float32)


def random_rows(count: int, seed: int = 0) -> Floats:
    """Readings as the beacons give them: most of them missing."""
    rng = np.random.default_rng(seed)
    heard = rng.uniform(-110, -40, (count, 13))
    return np.where(rng.random((count, 13)) < 0.6, -200, heard).astype(np.float32)


def batches(rows: Floats, seed: int) -> list[Floats]:
    """Cut rows into batches of mixed sizes, the whole and the single row among them."""
    rng = np.random.default_rng(seed)
    sizes = [1, len(rows), 2, *rng.integers(1, 300, 12).tolist(), len(rows) - 1, 1]
    starts = [int(rng.integers(0, len(rows) - size + 1)) for size in sizes]
    covered = np.split(rows, np.sort(rng.choice(np.arange(1, len(rows)), 20, replace=False)))
    return [rows[start : start + size] for start, size in zip(starts, sizes, strict=True)] + covered


def test_outputs_equal_gluons(loaded: Engine, gluon: Callable[[Floats], Floats]) -> None:
    for batch in batches(random_rows(ROWS), seed=1):
        (given,) = loaded.run({"data": batch})
        assert given.dtype == np.float32
        np.testing.assert_allclose(given, gluon(batch), rtol=0, atol=1e-5)
        np.testing.assert_allclose(given.sum(axis=1), 1, rtol=0, atol=1e-5)


def test_outputs_equal_gluons_from_several_threads(
    loaded: Engine, gluon: Callable[[Floats], Floats]
) -> None:
    work = [batch for seed in range(4) for batch in batches(random_rows(ROWS, seed), seed)]
    with ThreadPoolExecutor(4) as pool:
        given = list(pool.map(lambda batch: loaded.run({"data": batch})[0], work))
    for batch, outputs in zip(work, given, strict=True):
        np.testing.assert_allclose(outputs, gluon(batch), rtol=0, atol=1e-5)


def test_other_layouts_and_types_of_an_array_give_the_same(loaded: Engine) -> None:
    rows = np.round(random_rows(6))
    (expected,) = loaded.run({"data": rows})
    forms: list[npt.NDArray[Any]] = [
        *(rows.astype(kind) for kind in (np.float64, np.int64, np.int16, ">f4", "<f8")),
        np.asfortranarray(rows),
        np.repeat(rows, 2, axis=0)[::2],
        np.ascontiguousarray(rows[:, ::-1])[:, ::-1],
    ]
    for form in forms:
        np.testing.assert_array_equal(loaded.run({"data": form})[0], expected)


def test_results_are_copies(loaded: Engine) -> None:
    (first,) = loaded.run({"data": random_rows(3, 0)})
    kept = first.copy()
    loaded.run({"data": random_rows(3, 1)})
    np.testing.assert_array_equal(first, kept)


def test_large_arrays_are_as_good_as_small_ones(loaded: Engine) -> None:
    rows = random_rows(5000)
    (first,) = loaded.run({"data": rows})
    kept = first.copy()
    (second,) = loaded.run({"data": np.asfortranarray(rows[::-1])})
    np.testing.assert_array_equal(first, kept)
    np.testing.assert_allclose(second, first[::-1], rtol=0, atol=1e-6)
    few = np.concatenate([loaded.run({"data": part})[0] for part in np.split(rows, 50)])
    np.testing.assert_allclose(first, few, rtol=0, atol=1e-6)


@pytest.mark.parametrize(
    "array",
    [
        np.float32(1),
        np.zeros(()),
        np.zeros(0),
        np.zeros((0, 13)),
        np.zeros((1, 0)),
        np.zeros(13),
        np.zeros((1, 12)),
        np.zeros((1, 14)),
        np.zeros((2, 13, 2)),
        np.zeros((13, 1)),
        np.zeros([1] * 32),
        np.zeros((1, 1 << 20), np.float32),
        np.broadcast_to(np.float32(0), (1 << 30, 13)),
        np.zeros((1, 13), np.complex64),
        np.array([["x"] * 13]),
        np.array([[None] * 13], object),
        np.zeros((1, 13), "datetime64[s]"),
        np.zeros((1, 13), "V4"),
    ],
    ids=lambda array: f"{array.dtype}{array.shape[:6]}",
)
def test_an_impossible_input_is_refused_and_the_next_one_answered(
    loaded: Engine, array: npt.NDArray[Any]
) -> None:
    with pytest.raises(EngineError):
        loaded.run({"data": np.asarray(array)})
    assert loaded.run({"data": random_rows(1)})[0].shape == (1, 4)


@pytest.mark.parametrize("names", [(), ("other",), ("data", "other"), ("data\0",), ("",)])
def test_other_names_are_refused(loaded: Engine, names: tuple[str, ...]) -> None:
    with pytest.raises(EngineError, match="takes the inputs data; got"):
        loaded.run(dict.fromkeys(names, random_rows(1)))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 3e38, 1e300, -0.0])
def test_no_number_is_too_much(loaded: Engine, value: float) -> None:
    (given,) = loaded.run({"data": np.full((2, 13), value)})
    assert given.shape == (2, 4)


def test_what_mxnet_says_is_one_line(loaded: Engine) -> None:
    with pytest.raises(EngineError) as caught:
        loaded.run({"data": np.zeros((1, 12))})
    assert caught.value.message.startswith("MXNet refuses: Error in operator blerssi_hidden0_fwd")
    assert "\n" not in caught.value.message
    assert ".cc" not in caught.value.message


class Calls:
    """Counts what is asked of the library."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.made: list[str] = []
        call = library.call

        def counted(function: str, *arguments: object) -> None:
            self.made.append(function)
            call(function, *arguments)

        monkeypatch.setattr(library, "call", counted)

    def count(self, *functions: str) -> int:
        return sum(self.made.count(function) for function in functions)


def test_a_shape_is_bound_once_and_the_least_used_makes_room(
    loaded: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = Calls(monkeypatch)

    def bound() -> int:
        return calls.count("MXPredCreate", "MXPredReshape")

    most = engine._HANDLES
    for size in range(1, most + 1):
        loaded.run({"data": random_rows(size)})
    assert (bound(), calls.count("MXPredCreate"), calls.count("MXPredFree")) == (most, 1, 0)
    loaded.run({"data": random_rows(1)})  # used again, so that 2 is the oldest
    loaded.run({"data": random_rows(most + 1)})
    assert (bound(), calls.count("MXPredFree")) == (most + 1, 1)
    loaded.run({"data": random_rows(1)})
    assert bound() == most + 1
    loaded.run({"data": random_rows(2)})
    assert (bound(), calls.count("MXPredFree")) == (most + 2, 2)


@pytest.mark.parametrize(("copies", "kept"), [(0.5, 2), (2, 2), (5.5, 5), (13, engine._HANDLES)])
def test_a_large_model_keeps_fewer_shapes_as_each_has_weights_of_its_own(
    folder: Path, monkeypatch: pytest.MonkeyPatch, copies: float, kept: int
) -> None:
    model = artifact.read(folder)
    monkeypatch.setattr(engine, "_WEIGHTS", int(copies * len(model.params)))
    large = load(model)
    calls = Calls(monkeypatch)
    for size in range(1, 15):
        large.run({"data": random_rows(size)})
    assert calls.count("MXPredFree") == 14 - kept
    large.close()
    assert calls.count("MXPredFree") == 14


def test_what_outputs_are_like_is_asked_once_a_shape(
    loaded: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []
    form = Handle._form

    def noted(self: Handle, index: int) -> Any:
        asked.append(index)
        return form(self, index)

    monkeypatch.setattr(Handle, "_form", noted)
    for size in (1, 2, 1, 2, 1):
        loaded.run({"data": random_rows(size)})
    assert asked == [0, 0]


def test_evicted_shapes_still_compute_right(
    loaded: Engine, gluon: Callable[[Floats], Floats]
) -> None:
    rows = random_rows(2 * engine._HANDLES)
    for size in [*range(1, len(rows) + 1), *range(len(rows), 0, -1)]:
        np.testing.assert_allclose(
            loaded.run({"data": rows[:size]})[0], gluon(rows[:size]), rtol=0, atol=1e-5
        )


def test_a_closed_engine_frees_all_and_says_so(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    closing = load(artifact.read(folder))
    for size in (1, 2, 3):
        closing.run({"data": random_rows(size)})
    calls = Calls(monkeypatch)
    closing.close()
    closing.close()
    assert calls.made == ["MXPredFree"] * 3
    with pytest.raises(EngineError, match="was closed; load it again"):
        closing.run({"data": random_rows(1)})


def multi_output(folder: Path, *heads: tuple[int, int]) -> artifact.Artifact:
    """Write an export that splits its input in three and gives some of the parts."""
    mx = network.mxnet()
    parts = mx.sym.split(mx.sym.var("data"), num_outputs=3, axis=1, name="parts")
    first = mx.sym.FullyConnected(parts[0], num_hidden=2, name="fc", no_bias=True)
    weight = mx.nd.array([[1, 0], [0, 1]])
    folder.mkdir()
    mx.nd.save(str(folder / "m-0000.params"), {"arg:fc_weight": weight})
    text = mx.sym.Group([parts[1], first, parts[2] > 0]).tojson()
    for old, new in heads:
        text = text.replace(f"[1, {old}, 0]", f"[1, {new}, 0]")
    (folder / "m-symbol.json").write_text(text)
    return artifact.read(folder)


def test_several_outputs_come_in_order_and_shape(tmp_path: Path) -> None:
    model = multi_output(tmp_path / "m")
    rows = np.arange(12).reshape(2, 6)
    second, first, third = load(model).run({"data": rows})
    np.testing.assert_array_equal(first, rows[:, :2])
    np.testing.assert_array_equal(second, rows[:, 2:4])
    np.testing.assert_array_equal(third, np.ones((2, 2)))


def test_an_output_that_an_operator_lacks_is_refused(tmp_path: Path) -> None:
    model = multi_output(tmp_path / "m", (2, 3))
    with pytest.raises(ArtifactError, match="output 3 of 'parts', which has 3"):
        load(model)


@pytest.mark.parametrize("operator", ["FullyConnectedd", "null"])
def test_an_operator_that_is_unknown_or_none_is_refused(tmp_path: Path, operator: str) -> None:
    model = artifact.read(plain_export(tmp_path))
    symbol = model.symbol.replace(b'"Activation"', f'"{operator}"'.encode())
    with pytest.raises((EngineError, ArtifactError)):
        load(dataclasses.replace(model, symbol=symbol)).run({"data": np.zeros((1, 2))})


def test_params_of_another_graph_are_refused(tmp_path: Path, folder: Path) -> None:
    model = artifact.read(plain_export(tmp_path / "wide", inputs=3))
    other = artifact.read(plain_export(tmp_path / "narrow", inputs=2))
    with pytest.raises(EngineError, match="MXNet refuses"):
        load(dataclasses.replace(model, params=other.params)).run({"data": np.zeros((1, 3))})


def test_an_output_of_another_type_is_read_as_it_is(tmp_path: Path) -> None:
    mx = network.mxnet()
    mx.nd.save(str(tmp_path / "m-0000.params"), {"arg:w": mx.nd.array([2])})
    product = mx.sym.broadcast_mul(mx.sym.var("data"), mx.sym.var("w"))
    kinds = ("int32", "float16", "uint8", "int8", "int64", "float64")
    mx.sym.Group([mx.sym.cast(product, dtype=kind) for kind in kinds]).save(
        str(tmp_path / "m-symbol.json")
    )
    model = artifact.read(tmp_path)
    given = load(model).run({"data": np.array([[1, 2, 3]])})
    assert [str(each.dtype) for each in given] == list(kinds)
    for each in given:
        np.testing.assert_array_equal(each, [[2, 4, 6]])


def test_the_builder_keeps_nothing_that_it_was_given() -> None:
    count, names = ctypes.c_uint32(), ctypes.POINTER(ctypes.c_char_p)()
    library.call("MXListAllOpNames", ctypes.byref(count), ctypes.byref(names))
    given = weakref.ref(names)
    del names
    until(lambda: given() is None, "the end of what the builder was given")
