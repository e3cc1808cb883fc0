"""What the servers are given: a model of ours, a larger one, and bodies of requests."""

import io
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from benchmarks.errors import BenchmarkError

ROOT: Final = Path(__file__).resolve().parent.parent
FIELDS: Final = 13
MISSING: Final = -200
_HEARD: Final = (1, 4)  # beacons of a scan, least and most plus one
_LARGE: Final = "1024,1024"  # hidden units of the larger model

Rows = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Model:
    """A model folder below a base folder, as /opt/ml has it.

    Attributes:
        base: The base folder.
        folder: The model's.
        parameter_bytes: Size of its params file.
    """

    base: Path
    folder: Path
    parameter_bytes: int


def train(scratch: Path, name: str, settings: Sequence[str] = ()) -> Model:
    """Train a model on simulated scans, one epoch of it: its answers are not looked at.

    Args:
        scratch: Where all of it goes.
        name: Of its folder.
        settings: Hyperparameters as `NAME=VALUE`.

    Raises:
        BenchmarkError: Training fails.
    """
    scans, job = scratch / "scans.csv", scratch / name
    if not scans.exists():
        run(["-m", "model.blerssi.simulate", "--output", str(scans)])
    shutil.rmtree(job, ignore_errors=True)
    flags = [word for setting in ("epochs=1", *settings) for word in ("-H", setting)]
    run(["-m", "local_test", "train", "--training", str(scans), "--folder", str(job), *flags])
    base = job / "ml"
    params = base / "model" / "model-0000.params"
    return Model(base, base / "model", params.stat().st_size)


def train_large(scratch: Path) -> Model:
    """Train a model of some megabytes, of which memory is mostly made."""
    return train(scratch, "large", (f"hidden={_LARGE}", "drawn_scans=0"))


def run(arguments: Sequence[str], **variables: str) -> str:
    """Run a program of this interpreter and give what it prints.

    Raises:
        BenchmarkError: It fails.
    """
    done = subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        env={**os.environ, **variables},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        words, end = " ".join(arguments[:3]), (done.stderr or done.stdout)[-2000:]
        raise BenchmarkError(f"`python {words} …` ended with {done.returncode}:\n{end}")
    return done.stdout


def scans(rows: int, seed: int = 0) -> Rows:
    """Some scans as they come: one to three of thirteen beacons are heard.

    Returns:
        (rows, 13) dBm, -200 where nothing was heard.
    """
    random = np.random.default_rng(seed)
    found = np.full((rows, FIELDS), MISSING, np.int64)
    heard = random.integers(*_HEARD, size=rows)
    order = np.argsort(random.random((rows, FIELDS)), axis=1)
    for rank in range(_HEARD[1] - 1):
        chosen = np.flatnonzero(heard > rank)
        found[chosen, order[chosen, rank]] = random.integers(-90, -60, size=len(chosen))
    return found


def as_json(rows: Rows) -> bytes:
    """Rows as our server and the textbook read them."""
    return json.dumps({"instances": rows.tolist()}).encode()


def as_bare_json(rows: Rows) -> bytes:
    """Rows as the AWS toolkit reads them."""
    return json.dumps(rows.tolist()).encode()


def as_csv(rows: Rows) -> bytes:
    """Rows as lines of comma-separated numbers."""
    return "".join(f"{','.join(map(str, row))}\n" for row in rows.tolist()).encode()


def as_npy(rows: Rows) -> bytes:
    """Rows as a NumPy file of float32."""
    file = io.BytesIO()
    np.save(file, rows.astype(np.float32))
    return file.getvalue()


FORMATS: Final[dict[str, tuple[str, Callable[[Rows], bytes]]]] = {
    "JSON": ("application/json", as_json),
    "CSV": ("text/csv", as_csv),
    "NPY": ("application/x-npy", as_npy),
}


def pieces(text: bytes, most: int) -> list[bytes]:
    """Cut lines into pieces of whole lines.

    Args:
        text: Lines, each with its end.
        most: Bytes of a piece.
    """
    found, start = [], 0
    while start < len(text):
        end = (
            len(text) if len(text) - start <= most else text.rindex(b"\n", start, start + most) + 1
        )
        found.append(text[start:end])
        start = end
    return found
