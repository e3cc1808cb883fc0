"""Files of labelled scans to train and judge by: simulated, or split from those that are given."""

import shutil
from dataclasses import dataclass
from pathlib import Path

from container.errors import PlatformError, UserError
from local_test import layout
from local_test.runner import Program, Runner, Show


@dataclass(frozen=True)
class Scans:
    """Two files in one folder.

    Attributes:
        folder: Is emptied before anything is made.
    """

    folder: Path

    @property
    def training(self) -> Path:
        """Scans to learn from."""
        return self.folder / "training.csv"

    @property
    def validation(self) -> Path:
        """Scans to judge by."""
        return self.folder / "validation.csv"

    def make(self, runner: Runner, given: Path | None, show: Show) -> None:
        """Simulate scans, or split those that were given by whole visits.

        Args:
            runner: Has the program that does it.
            given: A file or folder of labelled scans; None to simulate them.
            show: Takes log lines.

        Raises:
            UserError: There is nothing where scans were given.
            PlatformError: The program fails.
        """
        if given is not None and not given.exists():
            raise UserError(f"There is nothing at {given}.")
        shutil.rmtree(self.folder, ignore_errors=True)
        if given is None:
            show("Simulating scans ...")
            self.folder.mkdir(parents=True)
            module = ["model.blerssi.simulate", "--output", "training.csv"]
        else:
            show(f"Splitting {given} by visits ...")
            layout.copy_data(given, self.folder / "source")
            source = f"source/{given.name}" if given.is_file() else "source"
            module = ["model.blerssi.data", "split", source, "--training", "training.csv"]
        command = ("python", "-m", *module, "--validation", "validation.csv")
        with runner.start(Program(command, self.folder), show) as running:
            code = running.wait()
        made = {path.name: path.is_file() for path in (self.training, self.validation)}
        missing = [name.partition(".")[0] for name, there in made.items() if not there]
        if code or missing:
            raise PlatformError(
                f"{' '.join(command)} ended with exit code {code}"
                + (f" and without its {' and '.join(missing)} file." if missing else ".")
            )
