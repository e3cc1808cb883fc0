"""Splits a survey and trains the reference recipe on it, for the comparison of training.

    python -m benchmarks.reference_training DATA SEED FOLDER

Leaves training.csv and judged.csv in the folder: new visits at cells that were surveyed. Prints
`{"cpu_seconds": …, "mean_error_cells": …}`: CPU of this whole process, as ours is counted.
"""

import json
import os
import sys
import time
from pathlib import Path

from model import runtime
from model.blerssi import data, reference_recipe, scores
from model.blerssi.protocol import Survey

_FAMILY = "g3"


def main(source: Path, seed: int, folder: Path) -> dict[str, float]:
    """Split, train, and judge."""
    survey = Survey.of(data.read(source))
    training, judged = (survey.scans.take(part) for part in survey.split(_FAMILY, seed))
    data.write(folder / "training.csv", training)
    data.write(folder / "judged.csv", judged)
    answer = reference_recipe.learn(training, seed)
    found = scores.score(answer(judged.readings), judged.cells)
    return {"cpu_seconds": time.process_time(), "mean_error_cells": found.mean}


if __name__ == "__main__":
    runtime.prepare(os.environ)
    print(json.dumps(main(Path(sys.argv[1]), int(sys.argv[2]), Path(sys.argv[3]))))
