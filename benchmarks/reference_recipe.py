"""Our training beside the reference recipe, judged on the same new visits.

    python -m benchmarks.reference_recipe --data iBeacon_RSSI_Labeled.csv

The reference is the recipe that other MXNet containers for this data set train: dense layers of
13, 65, 110 and 105 units on raw readings, Adam at 0.01, cross-entropy, 100 epochs of batches of 32.
Ours is `python -m train` with its defaults. Each seed is another split and another start of both;
the split holds out whole visits and leaves out their copies (`model.blerssi.split`).
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from container import contract
from model import runtime
from model.blerssi import data, grid, network, split
from model.blerssi.data import DataError, Scans
from model.blerssi.scores import score

UNITS: Final = (13, 65, 110)
LEARNING_RATE: Final = 0.01
BATCH: Final = 32
METRICS: Final = Path("metrics.json")

# What the table shows of `Scores.to_dict()`, and what it is called there.
COLUMNS: Final = {
    "mean_error_cells": "mean",
    "median_error_cells": "median",
    "p90_error_cells": "p90",
    "argmax_mean_error_cells": "argmax mean",
    "exact": "exact",
    "top3": "top 3",
    "nll": "NLL",
}

Figures = dict[str, Any]


def reference(training: Scans, validation: Scans, epochs: int, seed: int) -> Figures:
    """Train the reference recipe and score it on the validation scans."""
    mx = network.mxnet()
    mx.random.seed(seed)
    shuffle = np.random.default_rng(seed)
    net = mx.gluon.nn.HybridSequential()
    net.add(*(mx.gluon.nn.Dense(units, activation="relu") for units in UNITS))
    net.add(mx.gluon.nn.Dense(len(grid.CELLS)))
    net.initialize(mx.init.Xavier())
    net.hybridize()
    loss_of = mx.gluon.loss.SoftmaxCrossEntropyLoss()
    trainer = mx.gluon.Trainer(net.collect_params(), "adam", {"learning_rate": LEARNING_RATE})
    for _ in range(epochs):
        order = shuffle.permutation(len(training))
        for start in range(0, len(order), BATCH):
            batch = training.take(order[start : start + BATCH])
            with mx.autograd.record():
                loss = loss_of(net(mx.nd.array(batch.readings)), mx.nd.array(batch.cells))
            loss.backward()
            trainer.step(len(batch))
    logits = net(mx.nd.array(validation.readings))
    probabilities: npt.NDArray[np.float32] = mx.nd.softmax(logits).asnumpy()
    return score(probabilities, validation.cells).to_dict()


def ours(
    training: Path, validation: Path, seed: int, base: Path, variables: Mapping[str, str]
) -> Figures:
    """Train with our entry point in a process of its own, and give the scores it reports.

    Raises:
        DataError: It fails; the message quotes it.
    """
    command = [sys.executable, "-m", "train", "--seed", str(seed)]
    command += ["--training", str(training), "--validation", str(validation)]
    done = subprocess.run(
        command,
        env={**variables, contract.BASE_DIR_VARIABLE: str(base)},
        cwd=Path(__file__).parent.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise DataError(f"Training ended with {done.returncode}: {done.stderr[-2000:].strip()}")
    report = json.loads((base / contract.OUTPUT_DATA / METRICS).read_text(encoding="utf-8"))
    return dict(report["scores"])


def compare(
    scans: Scans, seed: int, epochs: int, variables: Mapping[str, str]
) -> dict[str, Figures]:
    """Train both on one split and give their figures by name.

    Raises:
        DataError: The scans cannot be split, or training fails.
    """
    training, validation = (scans.take(part) for part in split.holdout(scans, 0.2, seed))
    if not len(validation):
        raise DataError("No cell has two genuine visits, so none can be held out to judge by.")
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder)
        data.write(base / "training.csv", training)
        data.write(base / "validation.csv", validation)
        return {
            "reference": reference(training, validation, epochs, seed),
            "ours": ours(base / "training.csv", base / "validation.csv", seed, base, variables),
        }


def table(results: Sequence[Mapping[str, Figures]]) -> str:
    """One line a seed and method, and their means at the end. Distances are in cells."""
    lines = [_line("seed", "method", "scans", *COLUMNS.values())]
    for seed, result in enumerate(results):
        for method, figures in result.items():
            shown = [f"{figures[name]:.3f}" for name in COLUMNS]
            lines.append(_line(str(seed), method, str(figures["scans"]), *shown))
    for method in results[0]:
        means = [np.mean([result[method][name] for result in results]) for name in COLUMNS]
        lines.append(_line("mean", method, "", *(f"{mean:.3f}" for mean in means)))
    return "\n".join(lines)


def _line(*texts: str) -> str:
    return "".join(f"{text:>12}" for text in texts)


def main(arguments: Sequence[str], variables: Mapping[str, str]) -> int:
    """Compare over some seeds, print a table or JSON, and give the exit code."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.reference_recipe",
        description="Our training beside the reference recipe, judged on the same new visits.",
    )
    parser.add_argument("--data", type=Path, required=True, help="labelled scans")
    parser.add_argument("--seeds", type=int, default=3, help="splits to try (default: 3)")
    parser.add_argument("--epochs", type=int, default=100, help="of the reference (default: 100)")
    parser.add_argument("--json", action="store_true", help="print all figures as JSON")
    chosen = parser.parse_args(arguments)
    try:
        scans = data.read(chosen.data)
        results = [
            compare(scans, seed, chosen.epochs, variables) for seed in range(max(1, chosen.seeds))
        ]
    except DataError as error:
        print(error, file=sys.stderr)
        return 1
    print(json.dumps(results, indent=1) if chosen.json else table(results))
    return 0


if __name__ == "__main__":
    runtime.prepare(os.environ)
    sys.exit(main(sys.argv[1:], os.environ))
