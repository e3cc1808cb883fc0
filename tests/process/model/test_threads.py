"""Threads that all build their first graph at once, in processes new to MXNet."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from tests.support.models import signed_model

ROOT = Path(__file__).resolve().parents[3]
_PROCESSES = 16  # one in three crashed without a guard

_LOAD = """
import sys, threading
from pathlib import Path
import numpy as np
from model import artifact
from model.predictor import Predictor

models = [artifact.read(Path(sys.argv[1])) for _ in range(8)]
together = threading.Barrier(len(models))
found = []

def live(model):
    together.wait()
    predictor = Predictor(model)
    answers = predictor.answers(np.full((3, 13), -70.0, np.float32), 1)
    predictor.close()
    found.append(answers)

threads = [threading.Thread(target=live, args=[model]) for model in models]
for each in threads: each.start()
for each in threads: each.join()
assert len(found) == len(models)
"""


def test_first_graphs_are_built_by_many_threads(tmp_path: Path) -> None:
    folder = signed_model(tmp_path / "model")

    def run(_number: int) -> tuple[int, str]:
        command = [sys.executable, "-c", _LOAD, str(folder)]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        return done.returncode, done.stderr

    with ThreadPoolExecutor(2) as pool:
        failed = [each for each in pool.map(run, range(_PROCESSES)) if each[0] != 0]
    assert failed == []
