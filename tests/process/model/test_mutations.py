"""Damaged models: each is refused in a sentence or works; none crashes, hangs or prints a stack."""

import collections
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from model import artifact
from model.blerssi import network
from model.errors import EngineError
from model.predictor import Predictor
from model.trial import attempt
from tests.support.models import plain_export, signed_model
from tests.support.mutations import mutate

ROOT = Path(__file__).parents[3]
SECONDS = 120
EACH = 300


def unsigned(folder: Path) -> Path:
    """The export of our own network without its signature, so that no checksum protects it."""
    signed_model(folder)
    (folder / artifact.SIGNATURE).unlink()
    return folder


def mixed(folder: Path) -> Path:
    """An export of many kinds of operators, old ones and one with several outputs among them."""
    mx = network.mxnet()
    first, second, image = mx.sym.split(mx.sym.var("data"), num_outputs=3, axis=1)
    image = mx.sym.BatchNorm(mx.sym.reshape(image, (0, 1, 2, 2)))
    image = mx.sym.LeakyReLU(mx.sym.Convolution(image, kernel=(2, 2), num_filter=3))
    joined = mx.sym.concat(first * second, mx.sym.Flatten(image), dim=1)
    symbol = mx.sym.softmax(mx.sym.FullyConnected(joined, num_hidden=4))
    shapes, _, states = symbol.infer_shape(data=(1, 12))
    arrays = {f"arg:{n}": s for n, s in zip(symbol.list_arguments(), shapes, strict=True)}
    arrays |= {f"aux:{n}": s for n, s in zip(symbol.list_auxiliary_states(), states, strict=True)}
    del arrays["arg:data"]
    folder.mkdir(parents=True)
    symbol.save(str(folder / "m-symbol.json"))
    mx.nd.save(str(folder / "m-0000.params"), {n: mx.nd.ones(s) for n, s in arrays.items()})
    (folder / "m-shapes.json").write_bytes(artifact.shapes_file({"data": (1, 12)}))
    return folder


def load_all(folders: list[Path]) -> dict[Path, str]:
    """What a child process says of each folder; where it crashes, another one goes on."""
    said: dict[Path, str] = {}
    while waiting := [folder for folder in folders if folder not in said]:
        done = subprocess.run(
            [sys.executable, "-m", "tests.support.mutations"],
            input="\n".join(map(str, waiting)),
            env={**os.environ, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )
        assert "Traceback" not in done.stderr, done.stderr
        for line in done.stdout.splitlines():
            kind, folder, *rest = line.split(" ", 2)
            said[Path(folder)] = rest[0] if kind == "end" else f"crashed: {done.returncode}"
        assert done.returncode == 0 or any(
            said.get(folder, "").startswith("crashed") for folder in waiting
        ), done.stderr
    return said


@pytest.mark.parametrize("write", [signed_model, plain_export, unsigned, mixed])
def test_a_damaged_model_is_refused_in_a_sentence_or_works(
    tmp_path: Path, write: Callable[[Path], Path]
) -> None:
    sound = write(tmp_path / "sound")
    damaged = [mutate(sound, tmp_path / f"{seed:03}", seed) for seed in range(EACH)]
    said = load_all([*damaged, sound])
    kinds = collections.Counter(each.strip("'\"").split(":")[0] for each in said.values())
    assert kinds.keys() <= {"refused", "answers"}, [
        (folder, each) for folder, each in said.items() if "crashed" in each
    ]
    assert said[sound] == "'answers'"
    assert kinds["refused"] > EACH / 2
    for each in said.values():
        assert "\\n" not in each
        assert len(each) < 1000


def crashing(folder: Path) -> Path:
    """A model that passes every check and crashes MXNet 1.9.1: a loop over an input it has not."""
    mx = network.mxnet()

    def double(item: object, state: object) -> tuple[object, object]:
        return item * 2 + state, state  # type: ignore[operator]

    outputs, state = mx.sym.contrib.foreach(double, mx.sym.var("data"), mx.sym.zeros((1,)))
    folder.mkdir(parents=True)
    symbol = mx.sym.broadcast_add(mx.sym.sum(outputs), mx.sym.broadcast_mul(state, mx.sym.var("w")))
    text = symbol.tojson().replace('"in_data_locs": "[0]"', '"in_data_locs": "[99999999999]"')
    assert "99999999999" in text
    (folder / "m-symbol.json").write_text(text)
    mx.nd.save(str(folder / "m-0000.params"), {"arg:w": mx.nd.array([1])})
    (folder / "m-shapes.json").write_bytes(artifact.shapes_file({"data": (1, 1)}))
    return folder


def test_a_model_that_crashes_mxnet_crashes_only_its_trial(tmp_path: Path) -> None:
    variables = {**os.environ, "PYTHONPATH": str(ROOT)}
    with pytest.raises(EngineError, match="MXNet crashed on this model") as caught:
        attempt(crashing(tmp_path / "bad"), variables)
    assert "damaged" in caught.value.hint
    good = signed_model(tmp_path / "good")
    attempt(good, variables)
    assert Predictor.load(good).signature is not None
