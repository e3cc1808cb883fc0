"""What training costs until it is as good as the reference recipe after its 100 epochs."""

import json
import re
import resource
import shutil
from pathlib import Path
from typing import Final

from benchmarks import materials, samples
from benchmarks.bench import Bench, Figures

_ERROR: Final = re.compile(r"\bvalidation_mean_error_cells=([0-9.]+)")


def measure(bench: Bench) -> Figures | None:
    """Train both on the same splits of real scans; None without them.

    Returns:
        `splits`: of each the `reference`, ours by number of `epochs`, and `enough`: the fewest
        epochs that were as good, null where none were; `ratio`: the reference's CPU in relation to
        ours then, the median over the splits; null where one never got there.
    """
    if bench.data is None:
        return None
    splits = [_split(bench, bench.data, seed) for seed in range(bench.plan.seeds)]
    ratios = [
        split["reference"]["cpu_seconds"] / split["ours"][split["enough"]]["cpu_seconds"]
        for split in splits
        if split["enough"] is not None
    ]
    whole = len(ratios) == len(splits)
    return {"splits": splits, "ratio": samples.median(ratios) if whole else None}


def _split(bench: Bench, data: Path, seed: int) -> Figures:
    bench.say(f"training, split {seed + 1} of {bench.plan.seeds}: the reference recipe")
    folder = bench.scratch / f"training-{seed}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    program = ["-m", "benchmarks.reference_training", str(data), str(seed), str(folder)]
    reference = json.loads(materials.run(program))
    ours = {}
    for epochs in bench.plan.epochs:
        bench.say(f"training, split {seed + 1} of {bench.plan.seeds}: ours, {epochs} epochs")
        ours[str(epochs)] = _ours(folder, epochs, seed)
    target = reference["mean_error_cells"]
    enough = [epochs for epochs, each in ours.items() if each["mean_error_cells"] <= target]
    return {"reference": reference, "ours": ours, "enough": enough[0] if enough else None}


def _ours(folder: Path, epochs: int, seed: int) -> dict[str, float]:
    """CPU of a whole training job of ours, and its error after the last epoch."""
    channels = [f"--training={folder / 'training.csv'}", f"--validation={folder / 'judged.csv'}"]
    given = [*channels, f"--epochs={epochs}", f"--seed={seed}", "--fresh"]
    before = _children()
    base = str(folder / f"base-{epochs}")
    log = materials.run(["-m", "container", "train", *given], SAGEMAKER_BASE_DIR=base)
    return {"cpu_seconds": _children() - before, "mean_error_cells": float(_ERROR.findall(log)[-1])}


def _children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
