"""What `python -m train` makes of the scans, and what is served of that.

The training runs in a process of its own, as it does in a container, and its model folder is read
and asked as the server does. So nothing is judged but what a user gets.
"""

import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from model.blerssi import data
from model.blerssi.data import DataError, Scans
from model.predictor import Predictor

PROJECT: Final = Path(__file__).parents[2]
BASE_FOLDER: Final = "SAGEMAKER_BASE_DIR"  # the variable that names the base folder of a job
MODEL: Final = "model"  # below it
QUOTED: Final = 2000  # characters of what a failed training said


def train(
    training: Scans, seed: int, settings: Mapping[str, str], variables: Mapping[str, str]
) -> Predictor:
    """Train with the defaults and load the model.

    Args:
        training: Labelled scans.
        seed: The hyperparameter of that name.
        settings: Hyperparameters that shall differ from their defaults, by name.
        variables: The environment of the new process.

    Raises:
        DataError: The training fails; the message quotes it.
    """
    flags = [f"--{name}={value}" for name, value in {"seed": seed, **settings}.items()]
    with tempfile.TemporaryDirectory() as folder:
        scans = Path(folder, "training.csv")
        data.write(scans, training)
        done = subprocess.run(
            [sys.executable, "-m", "train", "--training", str(scans), *flags],
            env={**variables, BASE_FOLDER: folder},
            cwd=PROJECT,
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode != 0:
            said = done.stderr[-QUOTED:].strip()
            raise DataError(f"Training ended with exit code {done.returncode}: {said}")
        return Predictor.load(Path(folder, MODEL))
