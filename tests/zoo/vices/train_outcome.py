"""Vices of how a training ends and what it leaves."""

import contextlib
import json
import os
import socket
import traceback
from pathlib import Path
from typing import Any

from tests.zoo.trainer import Trainer, Wrong
from tests.zoo.vice import vice


@vice("wants-a-flag", "C5.1", group="train")
class WantsAFlag(Trainer):
    """Explains itself instead of training."""

    def run(self) -> int:
        print("usage: train --data FOLDER")
        return 2


@vice("always-zero", "C5.4", "C5.22", group="train")
class AlwaysZero(Trainer):
    """Catches everything, prints it and ends normally."""

    def fail(self, error: Exception) -> int:
        super().fail(error)
        return 0


@vice("no-failure-file", "C5.41", group="train")
class NoFailureFile(Trainer):
    """Tells its log only."""

    def fail(self, error: Exception) -> int:
        print(error)
        return 1


@vice("traceback-first", "C5.41", group="train")
class TracebackFirst(Trainer):
    """Has the cause at the end, where nobody sees it."""

    def fail(self, error: Exception) -> int:
        code = super().fail(error)
        self.failure.write_text("".join(traceback.format_exception(error)))
        return code


@vice("failure-on-success", "C5.41", group="train")
class FailureOnSuccess(Trainer):
    """Makes the file beforehand."""

    def train(self) -> None:
        super().train()
        self.failure.write_text("none")


@vice("model-link", "C5.40", group="train")
class ModelLink(Trainer):
    """Marks the newest of its models by a link."""

    def save(self, weight: float) -> None:
        super().save(weight)
        with contextlib.suppress(FileExistsError):
            (self.base / "model" / "latest").symlink_to("weights.json")


@vice("model-socket", "C5.40", group="train")
class ModelSocket(Trainer):
    """Talks to its workers through a socket in the model folder."""

    def save(self, weight: float) -> None:
        super().save(weight)
        with socket.socket(socket.AF_UNIX) as listener, contextlib.suppress(OSError):
            os.chdir(self.base / "model")  # a socket's path has to be short
            listener.bind("workers")


@vice("output-pipe", "C7.10", group="sdk-harness")
class OutputPipe(Trainer):
    """Leaves a pipe among its results."""

    def train(self) -> None:
        super().train()
        with contextlib.suppress(FileExistsError):
            os.mkfifo(self.base / "output" / "data" / "events")


@vice("plots-in-output", "C5.42", group="train")
class PlotsInOutput(Trainer):
    """Writes beside the folder that is kept."""

    def train(self) -> None:
        super().train()
        (self.base / "output" / "loss.svg").write_text("<svg/>")


@vice("parents-expected", "C5.45", group="train")
class ParentsExpected(Trainer):
    """Takes it that somebody made the folders."""

    def write(self, path: Path, value: Any) -> None:
        path.write_text(json.dumps(value), encoding="utf-8")


@vice("weights-elsewhere", "C5.5", "C5.46", group="train")
class WeightsElsewhere(Trainer):
    """Leaves the path of its weights in the model, and the weights where they are."""

    def save(self, weight: float) -> None:
        kept = self.base / "output" / "data" / "weights.json"
        self.write(kept, {"weight": weight})
        self.write(self.base / "model" / "model.json", {"weights": str(kept)})


@vice("wants-an-empty-folder", "C5.8", group="train")
class WantsAnEmptyFolder(Trainer):
    """Never overwrites a model."""

    def save(self, weight: float) -> None:
        if (self.base / "model" / "weights.json").exists():
            raise Wrong("There is a model already.")
        super().save(weight)


@vice("old-failure-stays", "C5.8", group="train")
class OldFailureStays(Trainer):
    """Leaves the failure of the attempt before, which a success then carries."""

    def run(self) -> int:
        old = self.failure.read_text() if self.failure.exists() else None
        code = super().run()
        if old is not None:
            self.failure.write_text(old)
        return code


@vice("nothing-to-learn", "C5.22", group="train")
class NothingToLearn(Trainer):
    """Is content with no data at all."""

    def files(self) -> list[str]:
        try:
            return super().files()
        except Wrong:
            return []


@vice("wants-a-network", "C5.52", group="train", docker=True)
class WantsANetwork(Trainer):
    """Would download something, from a server that its variables name."""

    def train(self) -> None:
        try:
            socket.create_connection((self.variables["ZOO_OUTSIDE"], 8080), timeout=2).close()
        except OSError as error:
            raise Wrong("The pretrained weights cannot be downloaded.") from error
        super().train()
