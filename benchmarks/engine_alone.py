"""Computes with our engine in a loop: `python -m benchmarks.engine_alone FOLDER ROWS CALLS`.

Prints the nanoseconds of CPU a call, as engine_loop.c does.
"""

import sys
import time
from pathlib import Path

import numpy as np

from model import artifact
from model.engine import Engine
from model.export import Graph
from model.params import read_params


def main(folder: Path, rows: int, calls: int) -> float:
    """Compute, and give the nanoseconds of CPU a call."""
    model = artifact.read(folder)
    params = read_params(model.params)
    inputs = Graph.parse(model.symbol).inputs(params)
    engine = Engine(model.symbol, model.params, inputs, params)
    width = model.shapes[inputs[0]][1]
    data = np.where(np.arange(rows * width) % 5, -200, -70).astype(np.float32)
    feed = {inputs[0]: data.reshape(rows, width)}
    for _ in range(calls // 5):
        engine.run(feed)
    begun = time.process_time_ns()
    for _ in range(calls):
        engine.run(feed)
    spent = time.process_time_ns() - begun
    engine.close()
    return spent / calls


if __name__ == "__main__":
    print(main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])))
