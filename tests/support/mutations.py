"""Model folders damaged in every way that a disk, a network or a person can think of.

Run as `python -m tests.support.mutations` it loads the folders that it reads on its standard input,
one a line, and says for each how that went: the process that the tests let crash.
"""

import json
import os
import random
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from model import runtime

_JUNK: tuple[Any, ...] = (
    *(None, True, -1, 0, 1, 7, 1_000_000, 1 << 31, 1 << 40, 1 << 70, 1.5, 1e300, float("nan")),
    *("", "x", "(0,)", "-1", "99999999999", "None", "float16", "csr", "\0", "\ud800", "x" * 300),
    *([], {}, [0], [[0, 0, 0]], [[0, 5, 0]], {"a": 1}),
)
_OPERATORS = (
    *("null", "Activation", "Convolution", "softmax", "BatchNorm", "Reshape", "split", "topk"),
    *("Embedding", "RNN", "Custom", "_zeros", "dot", "Pooling", "concat", "take", "argmax", "sort"),
    *("SliceChannel", "cast_storage", "_NDArray", "_Native", "SoftmaxOutput", "_foreach", "nope"),
)


def mutate(folder: Path, target: Path, seed: int) -> Path:
    """Copy a model folder and damage one of its files; the same seed gives the same damage."""
    rng = random.Random(seed)
    shutil.copytree(folder, target)
    path = rng.choice(sorted(target.iterdir()))
    sound = path.read_bytes()
    in_json = path.suffix == ".json" and rng.random() < 0.75
    path.write_bytes(_json(sound, rng) if in_json else _bytes(sound, rng))
    return target


def _bytes(sound: bytes, rng: random.Random) -> bytes:
    """Cut a file off, flip bits, or write another length or number into it."""
    data = bytearray(sound)
    match rng.choice(("cut", "flip", "flip", "number")):
        case "cut":
            del data[rng.randrange(len(data)) :]
        case "flip":
            for _ in range(rng.choice((1, 2, 8))):
                data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        case _:
            start = 4 * rng.randrange(len(data) // 4)
            number = rng.choice((0, 1, 1 << 16, (1 << 31) - 1, (1 << 32) - 1))
            data[start : start + 4] = number.to_bytes(4, "little")
    return bytes(data)


def _json(sound: bytes, rng: random.Random) -> bytes:
    data = json.loads(sound)
    for _ in range(rng.choice((1, 1, 2, 3))):
        if not (paths := [path for path in _paths(data) if path]):
            break  # all of it is gone
        *parents, last = rng.choice(paths)
        here = data
        for key in parents:
            here = here[key]
        match rng.choice(("remove", "repeat", "shift", "junk", "junk")):
            case _ if last == "op":
                here[last] = rng.choice(_OPERATORS)
            case "remove":
                del here[last]
            case "repeat" if isinstance(here, list):
                here.insert(last, json.loads(json.dumps(here[last])))
            case "shift" if isinstance(here[last], int):
                here[last] += rng.choice((-1, 1, 2, 5))
            case _:
                here[last] = json.loads(json.dumps(rng.choice(_JUNK)))
    return json.dumps(data).encode()


def _paths(data: Any, before: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield before
    if isinstance(data, dict | list):
        items = data.items() if isinstance(data, dict) else enumerate(data)
        for key, value in items:
            yield from _paths(value, (*before, key))


def main() -> None:
    """Load every folder, and compute with those that load."""
    import numpy as np

    from model.errors import ModelError
    from model.predictor import Predictor

    for line in sys.stdin:
        folder = line.strip()
        print("start", folder, flush=True)
        try:
            predictor = Predictor.load(Path(folder))
            if predictor.signature is not None:
                width = len(predictor.signature.input.fields)
                predictor.answers(np.zeros((3, width), np.float32), 3)
            elif predictor.shapes.keys() == set(predictor.inputs):
                shapes = {name: shape[1:] for name, shape in predictor.shapes.items()}
                predictor.outputs({name: np.zeros((3, *row)) for name, row in shapes.items()})
            said = "answers"
        except ModelError as error:
            said = f"refused: {error}"
        print("end", folder, ascii(said), flush=True)


if __name__ == "__main__":
    runtime.prepare(os.environ)
    main()
