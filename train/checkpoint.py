"""Checkpoints: what it takes to continue a run exactly where it was (C5.7, C5.43).

All randomness of an epoch derives from the seed and the number of the epoch, so weights, moments,
the count of steps and the history are everything. A checkpoint is one NPZ archive of plain arrays,
its JSON state among them; nothing is pickled, and the archive's checksums tell a damaged one.
"""

import io
import json
import logging
import os
import re
import tempfile
import zipfile
import zlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from container.errors import UserError
from train.writing import writing

KEPT: Final = 2
FORMAT: Final = 1
STATE: Final = "state"
DIGITS: Final = "[0-9]" * 6  # of the epoch, as a glob: `algo-1-000005` is not of a host `algo`

Array = npt.NDArray[np.float32]

_log = logging.getLogger("blerssi.train")


@dataclass(frozen=True)
class Checkpoint:
    """The state of a run after a whole epoch.

    Attributes:
        identity: What the run is: hyperparameters, data and versions by name. A checkpoint of
            another identity is not continued.
        epoch: Epochs completed.
        step: Steps of the optimizer.
        history: The figures of every epoch.
        arrays: Weights and moments by name.
    """

    identity: Mapping[str, Any]
    epoch: int
    step: int
    history: list[dict[str, float]] = field(default_factory=list)
    arrays: Mapping[str, Array] = field(default_factory=dict)


class CheckpointFolder:
    """The checkpoints of one host; other hosts write into the same folder (C5.43).

    Args:
        folder: `/opt/ml/checkpoints`; made if missing.
        host: This host's name, part of every file name.
    """

    def __init__(self, folder: Path, host: str) -> None:
        self._folder = folder
        self._stem = "checkpoint-" + re.sub(r"[^A-Za-z0-9.-]", "_", host)

    def is_usable(self) -> bool:
        """Whether the folder can be written; a log line says why not (C5.45)."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self._folder):
                return True
        except OSError as error:
            _log.warning("No checkpoints are kept: %s cannot be written (%s).", self._folder, error)
            return False

    def save(self, checkpoint: Checkpoint) -> Path:
        """Write a checkpoint, whole or not at all, and drop all but the last two.

        Raises:
            PlatformError: The folder is full or not writable.
        """
        with writing("The checkpoint", self._folder):
            return self._save(checkpoint)

    def _save(self, checkpoint: Checkpoint) -> Path:
        killed = f".{self._stem}-{DIGITS}.npz.tmp"  # what an attempt that was killed left
        self._remove(self._folder.glob(killed))
        final = self._folder / f"{self._stem}-{checkpoint.epoch:06d}.npz"
        state = {
            "format": FORMAT,
            "identity": checkpoint.identity,
            "epoch": checkpoint.epoch,
            "step": checkpoint.step,
            "history": checkpoint.history,
        }
        encoded = np.frombuffer(json.dumps(state).encode(), dtype=np.uint8)
        archive = io.BytesIO()  # a ZIP that cannot be finished on a full disk complains once more
        np.savez(archive, **{STATE: encoded}, **checkpoint.arrays)
        temporary = self._folder / f".{final.name}.tmp"
        try:
            with temporary.open("wb") as file:
                file.write(archive.getbuffer())
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(final)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        _sync_folder(self._folder)
        self._remove(path for path in self._paths()[:-KEPT])
        return final

    def latest(self, identity: Mapping[str, Any]) -> Checkpoint | None:
        """The newest checkpoint that is whole; a damaged one is passed over with a warning.

        Raises:
            UserError: The newest whole checkpoint belongs to another run.
        """
        for path in reversed(self._paths()):
            try:
                checkpoint = _read(path)
            except (OSError, ValueError, KeyError, TypeError, EOFError) as error:
                _log.warning("Checkpoint %s is damaged and passed over: %s.", path, error)
                continue
            if differing := differences(checkpoint.identity, identity):
                raise UserError(
                    f"Checkpoint {path} is of another run: {'; '.join(differing)}.",
                    hint="Use the same settings and data to continue it, or --fresh to start anew.",
                )
            return checkpoint
        return None

    def clear(self) -> None:
        """Remove this host's checkpoints."""
        self._remove(self._paths())

    def _paths(self) -> list[Path]:
        return sorted(self._folder.glob(f"{self._stem}-{DIGITS}.npz"))

    @staticmethod
    def _remove(paths: Iterable[Path]) -> None:
        for path in paths:
            path.unlink(missing_ok=True)


def _read(path: Path) -> Checkpoint:
    content = io.BytesIO(path.read_bytes())  # numpy leaves a damaged file open
    try:
        with np.load(content, allow_pickle=False) as archive:
            arrays = {name: archive[name] for name in archive.files}
    except (zipfile.BadZipFile, zlib.error, RuntimeError) as error:  # a flag says: encrypted
        raise ValueError(error) from error
    state = json.loads(arrays.pop(STATE).tobytes())
    if state["format"] != FORMAT:
        raise ValueError(f"format {state['format']} is not {FORMAT}")
    return Checkpoint(state["identity"], state["epoch"], state["step"], state["history"], arrays)


def differences(found: Mapping[str, Any], wanted: Mapping[str, Any]) -> list[str]:
    """Say in what two identities differ; nothing where they are the same."""
    wanted = json.loads(json.dumps(wanted))
    return [
        f"{name} was {found.get(name)!r} and is {wanted.get(name)!r}"
        for name in sorted(found.keys() | wanted.keys())
        if found.get(name) != wanted.get(name)
    ]


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
