"""Training jobs as the platform lays them out, and programs that run in them."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from container import contract
from container.environment import Environment
from model.blerssi import data
from model.blerssi.data import Scans

PROJECT = Path(__file__).resolve().parents[2]
DEADLINE = 120  # seconds for a child to do what it should


@dataclass
class Job:
    """A base folder.

    Attributes:
        base: Where /opt/ml would be.
        variables: More of them for the children.
    """

    base: Path
    variables: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> Environment:
        return Environment(self.base)

    @property
    def failure(self) -> str:
        return self.environment.failure_file.read_text()

    def channel(self, name: str, scans: Scans) -> None:
        data.write(self.environment.data_dir / name / "scans.csv", scans)

    def hyperparameters(self, **values: object) -> None:
        """Write them as the platform does: every value a string (C5.11)."""
        texts = {name: str(value) for name, value in values.items()}
        self.config(contract.HYPERPARAMETERS_FILE, texts)

    def config(self, name: str, value: object) -> None:
        self.environment.config_dir.mkdir(parents=True, exist_ok=True)
        (self.environment.config_dir / name).write_text(json.dumps(value))

    def all_variables(self) -> Mapping[str, str]:
        own = {contract.BASE_DIR_VARIABLE: str(self.base), "PYTHONUNBUFFERED": "1"}
        return {**os.environ, **own, **self.variables}

    def start(self, *arguments: str, module: str = "container") -> subprocess.Popen[str]:
        """Start a program of the image, `train` for example, or one of its modules."""
        return subprocess.Popen(
            [sys.executable, "-m", module, *arguments],
            cwd=PROJECT,
            env=self.all_variables(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run a program of the image to its end."""
        child = self.start(*arguments)
        try:
            output, errors = child.communicate(timeout=DEADLINE)
        finally:
            child.kill()
        return subprocess.CompletedProcess(child.args, child.returncode, output, errors)
