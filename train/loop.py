"""Epoch after epoch, until they are done, nothing gets better, or the platform says stop."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from container.errors import UserError
from model.blerssi.data import Scans
from model.blerssi.scores import Scores, locate, score
from train import metrics
from train.batches import Batches
from train.checkpoint import Checkpoint, CheckpointFolder
from train.fit import Fit
from train.hyperparameters import Hyperparameters
from train.progress import Listener

BEST: Final = "best:"  # before the names of the best epoch's weights in a checkpoint
SEEN: Final = 2000  # scans at most that are looked at every epoch, validation apart

Array = npt.NDArray[np.float32]

_log = logging.getLogger("blerssi.train")


@dataclass(frozen=True)
class Parts:
    """The scans of a run, each in its role.

    Attributes:
        training: Learnt from.
        validation: Judged by; None where nothing could be held out.
        unlabeled: Looked at only; None where there are none.
        held_out: Whether the validation scans were training scans before.
    """

    training: Scans
    validation: Scans | None = None
    unlabeled: Scans | None = None
    held_out: bool = False


@dataclass
class Loop:
    """A run between two of its steps.

    Attributes:
        fit: The network and its optimizer.
        parts: The scans.
        parameters: The hyperparameters.
        identity: What the run is; only its own checkpoints continue it.
        epoch: Epochs completed.
        resumed: The epoch at which an earlier attempt was continued; 0 for none.
        stopped: Whether the run was told to stop before its end.
        history: The figures of every epoch.
    """

    fit: Fit
    parts: Parts
    parameters: Hyperparameters
    identity: Mapping[str, Any]
    epoch: int = 0
    resumed: int = 0
    stopped: bool = False
    history: list[dict[str, float]] = field(default_factory=list)
    _best: dict[str, Array] = field(default_factory=dict)

    def run(
        self, folder: CheckpointFolder | None, progress: Listener, stop: Callable[[], bool]
    ) -> None:
        """Learn until the end, keeping checkpoints on the way.

        A stop is obeyed between two steps once the first epoch is complete, so that even then the
        model has seen every scan (C5.5).

        Args:
            folder: Where checkpoints are kept; None for nowhere.
            progress: Told of every epoch.
            stop: Whether the platform wants the run to end.

        Raises:
            UserError: The loss is no longer a number.
            PlatformError: A checkpoint cannot be written.
        """
        batches = Batches(self.parts.training, self.parameters)
        while self.epoch < self.parameters.epochs and not self._is_exhausted():
            losses = []
            self.fit.crew.begin(self.epoch + 1)
            self.fit.begin_epoch(self.epoch + 1)
            for batch in batches.epoch(self.epoch + 1):
                if self.epoch and stop():
                    self.stopped = True
                    return
                losses.append(self.fit.learn(batch))
            self._complete(float(np.mean(losses)), progress)
            last = self.epoch == self.parameters.epochs or self._is_exhausted()
            if folder is not None and (last or self.epoch % self.parameters.checkpoint_every == 0):
                folder.save(self._checkpoint())
        if self._best:
            self.fit.set_weights(self._best)

    def resume(self, checkpoint: Checkpoint) -> None:
        """Continue where a checkpoint was written."""
        own = {n: a for n, a in checkpoint.arrays.items() if not n.startswith(BEST)}
        self._best = {n.removeprefix(BEST): a for n, a in checkpoint.arrays.items() if n not in own}
        self.fit.restore(own, checkpoint.step)
        self.epoch = self.resumed = checkpoint.epoch
        self.history = list(checkpoint.history)
        _log.info("Continuing after epoch %d of an earlier attempt", checkpoint.epoch)

    def _complete(self, loss: float, progress: Listener) -> None:
        self.epoch += 1
        if not np.isfinite(loss):
            raise UserError(
                f"The loss became {loss} in epoch {self.epoch}.", hint="Lower learning_rate."
            )
        self.history.append(self._figures(loss))
        if self.parameters.early_stopping_patience and self._since_best() == 0:
            self._best = self.fit.weights()
        progress.epoch(self.epoch, self.history[-1])

    def _figures(self, loss: float) -> dict[str, float]:
        """What the metric line of an epoch says."""
        seen = _some(self.parts.training)
        figures = {"train_loss": loss, "train_mean_error_cells": self._judge(seen).mean}
        if self.parts.validation is not None:
            figures |= metrics.of_validation(self._judge(self.parts.validation))
        if self.parts.unlabeled is not None:
            probabilities = self.fit.probabilities(_some(self.parts.unlabeled).readings)
            uncertainty = locate(probabilities).uncertainty
            figures["unlabeled_mean_uncertainty_cells"] = float(uncertainty.mean())
        return figures

    def _judge(self, scans: Scans) -> Scores:
        return score(self.fit.probabilities(scans.readings), scans.cells)

    def _is_exhausted(self) -> bool:
        patience = self.parameters.early_stopping_patience
        return bool(patience) and self._since_best() >= patience

    def _since_best(self) -> int:
        """Epochs since the objective was at its best; 0 where there is nothing to judge by."""
        course = [
            figures.get(metrics.OBJECTIVE, -float(number))
            for number, figures in enumerate(self.history)
        ]
        return len(course) - 1 - int(np.argmin(course)) if course else 0

    def _checkpoint(self) -> Checkpoint:
        best = {f"{BEST}{name}": values for name, values in self._best.items()}
        return Checkpoint(
            self.identity, self.epoch, self.fit.step, self.history, self.fit.state() | best
        )


def _some(scans: Scans) -> Scans:
    """Scans spread evenly over all, no more of them than can be looked at every epoch."""
    return scans.take(np.arange(0, len(scans), -(-len(scans) // SEEN)))
