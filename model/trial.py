"""Loads a plain export in a process of its own first: a graph that crashes MXNet crashes only that.

A model that carries our signature is held to its checksums instead. Run as
`python -m model.trial FOLDER`; the exit code is 0 where the model loads, 3 where it is refused in a
sentence on stdout, and anything else where MXNet fell over.
"""

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from model import runtime
from model.errors import EngineError, ModelError
from model.predictor import Predictor

REFUSED = 3
SECONDS = 120


def attempt(folder: Path, variables: Mapping[str, str]) -> None:
    """Load a model folder in a child process.

    Args:
        folder: The model.
        variables: The child's environment.

    Raises:
        EngineError: It was refused, or the process crashed or hung.
    """
    command = [sys.executable, "-m", "model.trial", str(folder)]
    try:
        done = subprocess.run(
            command, env=dict(variables), capture_output=True, timeout=SECONDS, check=False
        )
    except subprocess.TimeoutExpired:
        raise EngineError(f"MXNet did not load the model within {SECONDS} s.") from None
    if done.returncode == REFUSED:
        raise EngineError(done.stdout.decode(errors="replace").strip())
    if done.returncode != 0:
        raise EngineError(
            f"MXNet crashed on this model (exit code {done.returncode}).",
            hint="Its symbol or params file is damaged, or it needs another MXNet than 1.9.1.",
        )


def main(folder: Path) -> int:
    """Load one folder and say how it went."""
    try:
        Predictor.load(folder)
    except ModelError as error:
        print(str(error).encode(errors="backslashreplace").decode())  # names may be odd
        return REFUSED
    return 0


if __name__ == "__main__":
    runtime.prepare(os.environ)
    sys.exit(main(Path(sys.argv[1])))
