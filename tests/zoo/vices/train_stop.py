"""Vices of trainings that are stopped, or start again."""

import signal
import subprocess
import sys

from tests.zoo.trainer import Trainer
from tests.zoo.vice import vice


@vice("ignores-term", "C5.5", group="train")
class IgnoresTerm(Trainer):
    """Finishes what it began, however long that takes."""

    def on_term(self, *_: object) -> None:
        pass


@vice("dies-of-term", "C5.5", group="train")
class DiesOfTerm(Trainer):
    """Has no handler, and loses all that it learned."""

    def on_term(self, *_: object) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.raise_signal(signal.SIGTERM)


@vice("half-a-model", "C5.5", group="train")
class HalfAModel(Trainer):
    """Is in too much of a hurry to write all of it."""

    def save(self, weight: float) -> None:
        super().save(weight)
        if self.stopping.is_set():
            path = self.base / "model" / "weights.json"
            path.write_text(path.read_text()[:5])


@vice("term-stays-above", "C5.5", "C5.6", group="train")
class TermStaysAbove(Trainer):
    """Trains in a child that never hears of a signal to its parent."""

    def run(self) -> int:
        command = (sys.executable, "-m", "tests.zoo.animal", "train")
        return subprocess.run(command, check=False).returncode


@vice("ends-with-143", "C5.9", group="train")
class EndsWith143(Trainer):
    """Saves a model, and says that it was killed."""

    def run(self) -> int:
        return super().run() or (143 if self.stopping.is_set() else 0)


@vice("no-checkpoints", "C5.7", group="train")
class NoCheckpoints(Trainer):
    """Keeps everything in memory."""

    def checkpoint(self, epoch: int, weight: float) -> None:
        pass


@vice("checkpoint-on-term", "C5.7", group="train")
class CheckpointOnTerm(Trainer):
    """Relies on a warning that nobody promised."""

    def checkpoint(self, epoch: int, weight: float) -> None:
        if self.stopping.is_set():
            super().checkpoint(epoch, weight)


@vice("never-resumes", "C5.7", group="train")
class NeverResumes(Trainer):
    """Writes checkpoints that it does not read."""

    def resume(self) -> tuple[int, float]:
        return 0, 0.0


@vice("temporary-checkpoints", "C5.43", group="train")
class TemporaryCheckpoints(Trainer):
    """Leaves half-written files for S3 to keep."""

    def checkpoint(self, epoch: int, weight: float) -> None:
        super().checkpoint(epoch, weight)
        if self.checkpoints.is_dir():
            (self.checkpoints / "algo-1.json.tmp").touch()
