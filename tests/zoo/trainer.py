"""A correct training program: metrics, checkpoints, a model, a failure file; it learns little."""

import json
import signal
import struct
import sys
import threading
import traceback
from collections.abc import Mapping
from pathlib import Path
from typing import Any


class Wrong(Exception):  # noqa: N818 - it says what happened
    """Something that the user can mend."""


class Trainer:
    """Reads channels, prints metrics, leaves `weights.json`.

    Args:
        variables: The process's environment variables.
    """

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = variables
        self.base = Path(variables.get("SAGEMAKER_BASE_DIR") or "/opt/ml")
        self.stopping = threading.Event()

    def run(self) -> int:
        """Train; the exit code alone decides (C5.4), the failure file explains (C5.41)."""
        signal.signal(signal.SIGTERM, self.on_term)
        try:
            self.failure.unlink(missing_ok=True)
            self.train()
        except Exception as error:
            return self.fail(error)
        return 0

    def on_term(self, *_: object) -> None:
        """Save what there is and end (C5.5)."""
        self.stopping.set()

    def train(self) -> None:
        """Fit until the epochs are over or somebody stops it."""
        epochs = self.integer("epochs", 2)
        rows = self.rows()
        self.hosts()
        self.variables_of_the_job()
        first, weight = self.resume()
        for epoch in range(first, epochs):
            weight = self.fit(rows, weight)
            self.report(epoch, 1 / (1 + epoch))
            self.checkpoint(epoch, weight)
            if self.stopping.wait(0.01):
                break
        self.save(weight)
        self.write(self.base / "output" / "data" / "report.json", {"rows": len(rows)})

    def fit(self, rows: list[list[float]], weight: float) -> float:
        """One epoch."""
        return weight + len(rows) / 100

    def hyperparameters(self) -> dict[str, str]:
        """Flat, every value a string, perhaps JSON in it (C5.11 - C5.13)."""
        values = self.read("hyperparameters.json")
        return {name: str(value) for name, value in values.items()}

    def integer(self, name: str, default: int) -> int:
        """Read one hyperparameter."""
        text = self.hyperparameters().get(name, str(default)).strip('"')
        try:
            return int(text)
        except ValueError as error:
            raise Wrong(f"{name} is {text!r}; a whole number is needed.") from error

    def hosts(self) -> list[str]:
        """The hosts; an absent or empty file means one (C5.23, C5.27)."""
        hosts: list[str] = self.read("resourceconfig.json").get("hosts", ["algo-1"])
        return hosts

    def variables_of_the_job(self) -> None:
        """Need none (C5.30, C5.31)."""

    def read(self, name: str) -> dict[str, Any]:
        """Read a file of the configuration; absent or empty is an empty one (C5.15, C5.27)."""
        try:
            text = (self.base / "input" / "config" / name).read_text(encoding="utf-8").strip()
        except FileNotFoundError:
            return {}
        value: dict[str, Any] = json.loads(text) if text else {}
        return value

    def rows(self) -> list[list[float]]:
        """All numbers of the channel (C5.17)."""
        channel = self.read("inputdataconfig.json").get("training", {})
        texts = self.pipe(channel) if channel.get("TrainingInputMode") == "Pipe" else self.files()
        try:
            lines = [line for text in texts for line in text.splitlines() if line]
            return [[float(cell) for cell in line.split(",")] for line in lines]
        except ValueError as error:
            raise Wrong(f"The training data is no table of numbers: {error}.") from error

    @property
    def channel(self) -> Path:
        """Its folder, or the stem of its pipes."""
        return self.base / "input" / "data" / "training"

    def files(self) -> list[str]:
        """The channel's files, in folders too (C5.17)."""
        files = sorted(each for each in self.channel.rglob("*") if each.is_file())
        if not files:
            raise Wrong(f"There is no file in {self.channel}.")
        return [each.read_text() for each in files]

    def pipe(self, channel: Mapping[str, str]) -> list[str]:
        """The channel's records of its first epoch, from its first pipe (C5.19)."""
        content = self.channel.with_name(f"{self.channel.name}_0").read_bytes()
        is_framed = channel.get("RecordWrapperType") == "RecordIO"
        return self.frames(content) if is_framed else [content.decode()]

    def frames(self, content: bytes) -> list[str]:
        """The contents of RecordIO frames, none of them in parts (C5.21)."""
        found, at = [], 0
        while at < len(content):
            _, length = struct.unpack_from("<II", content, at)
            found.append(content[at + 8 : at + 8 + length].decode())
            at += 8 + length + self.padding(length)
        return found

    def padding(self, length: int) -> int:
        """Zeros behind a record."""
        return -length % 4

    def report(self, epoch: int, loss: float) -> None:
        """Print one whole line of metrics (C5.50)."""
        print(f"epoch={epoch} loss={loss:.4f}", flush=True)

    @property
    def checkpoints(self) -> Path:
        """Where they go; the folder may not exist (C5.43)."""
        return self.base / "checkpoints"

    def checkpoint(self, epoch: int, weight: float) -> None:
        """Write and rename, where the platform wants checkpoints (C5.43)."""
        if self.checkpoints.is_dir():
            self.write(self.checkpoints / "algo-1.json", {"epoch": epoch, "weight": weight})

    def resume(self) -> tuple[int, float]:
        """The epoch and the weight to begin with (C5.7)."""
        try:
            saved = json.loads((self.checkpoints / "algo-1.json").read_text())
        except FileNotFoundError:
            return 0, 0.0
        return saved["epoch"] + 1, saved["weight"]

    def save(self, weight: float) -> None:
        """Leave regular files that the server reads (C5.40, C5.46)."""
        self.write(self.base / "model" / "weights.json", {"weight": weight})

    def write(self, path: Path, value: Any) -> None:
        """Write a file at once or not at all; its folder is made where it is missing (C5.45)."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".tmp")
        part.write_text(json.dumps(value), encoding="utf-8")
        part.replace(path)

    def fail(self, error: Exception) -> int:
        """Write the cause first, then what helps its author (C5.41)."""
        cause = str(error) if isinstance(error, Wrong) else f"{type(error).__name__}: {error}"
        self.failure.parent.mkdir(parents=True, exist_ok=True)
        self.failure.write_text(f"{cause}\n\n{''.join(traceback.format_exception(error))}")
        print(cause, file=sys.stderr)
        return 1

    @property
    def failure(self) -> Path:
        """The file that explains (C5.41)."""
        return self.base / "output" / "failure"
