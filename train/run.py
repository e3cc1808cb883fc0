"""One training run: read, split, learn, save and read back, judge, report, upload."""

import hashlib
import json
import logging
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from container.environment import Environment
from model.blerssi import blur, grid, network, split
from model.blerssi.coverage import Coverage
from model.blerssi.data import Scans
from model.blerssi.evidence import Evidence
from model.blerssi.scores import Scores, score
from model.signature import Signature
from train import baseline, calibration, channels, report, save
from train.arguments import Arguments
from train.batches import Batches
from train.channels import Data
from train.checkpoint import CheckpointFolder
from train.fit import Fit
from train.hyperparameters import Hyperparameters
from train.loop import Loop, Parts
from train.progress import Progress, Streams
from train.together import together
from train.upload import ARCHIVE, Destination, Uploader
from train.writing import writing

METRICS: Final = "metrics.json"

_log = logging.getLogger("blerssi.train")


@dataclass(frozen=True)
class Result:
    """What a run left behind.

    Attributes:
        loop: The run at its end.
        judged: The scans that the scores are of.
        judged_by: `validation`, or `training` where nothing could be held out.
        scores: How the artefact answers them.
        probabilities: (N, 105) its answers.
        signature: What the artefact takes and gives.
        uploaded: The URI of the uploaded archive; None without an upload.
    """

    loop: Loop
    judged: Scans
    judged_by: str
    scores: Scores
    probabilities: npt.NDArray[np.float32]
    signature: Signature
    uploaded: str | None = None

    def summary(self, environment: Environment) -> str:
        """Say in a few lines what came out and where it is."""
        scores = self.scores
        stopped = ", stopped before its end" if self.loop.stopped else ""
        errors = (
            f"{scores.mean:.2f} cells, median {scores.median:.2f}, 90 % within {scores.p90:.2f}"
        )
        lines = [
            f"Model of {self.loop.epoch} epochs{stopped}",
            f"Mean error on {len(self.judged)} {self.judged_by} scans: {errors}",
            f"Model:  {environment.model_dir}",
            f"Report: {environment.output_data_dir / report.REPORT}",
        ]
        if self.uploaded:
            lines.append(f"model_artifact_url={self.uploaded}")
        return "\n".join(lines)


def run(
    environment: Environment,
    arguments: Arguments,
    streams: Streams,
    stop: Callable[[], bool],
) -> Result:
    """Train a model and leave it in the model folder.

    Args:
        environment: The folders of the job, and its files.
        arguments: The command line.
        streams: Where metric lines and the progress bar go.
        stop: Whether the platform wants the run to end.

    Raises:
        UserError: A hyperparameter, a channel or a flag is wrong.
        PlatformError: A folder or S3 cannot be written.
        AlgorithmError: The artefact does not answer as the network did.
        DataError: A data file is wrong.
    """
    uploader = Uploader(Destination.parse(arguments.upload)) if arguments.upload else None
    loop = prepare(environment, arguments)
    hosts = environment.hosts()
    places = arguments.checkpoints or environment.checkpoint_dir
    folder = CheckpointFolder(places, hosts.current)
    kept = folder if folder.is_usable() else None
    if kept is not None:
        _continue(loop, kept, fresh=arguments.fresh)
    with (
        together(loop, hosts, stop) as crew,
        Progress(loop.parameters.epochs, streams) as progress,
    ):
        loop.run(kept, progress, lambda: crew.stopped)
    result = _save(loop, environment.model_dir)
    _report(result, environment.output_data_dir)
    if uploader is not None:
        result = replace(result, uploaded=_upload(uploader, environment.model_dir))
    if kept is not None and not loop.stopped:
        kept.clear()  # the model is complete; the next run in this place is another one
    return result


def prepare(environment: Environment, arguments: Arguments) -> Loop:
    """Read hyperparameters and channels, and set up the run that they describe.

    Raises:
        UserError: A hyperparameter or a channel is wrong.
        PlatformError: A channel cannot be read.
        DataError: A data file is wrong.
    """
    parameters = Hyperparameters.parse(
        {**environment.hyperparameters(), **arguments.hyperparameters}
    )
    return set_up(divide(channels.read(environment, arguments), parameters), parameters)


def divide(data: Data, parameters: Hyperparameters) -> Parts:
    """Give every scan its role: copies are left out, whole visits are held out.

    A copy of a scan that is judged would let the model look at the answer, and a copy of one that
    is learnt from adds nothing; see `model.blerssi.split`.
    """
    training, validation = data.training, data.validation
    copied = split.copies(training) >= 0
    chosen = np.arange(len(training))
    hold_out = validation is None and parameters.validation_fraction > 0
    if hold_out:
        chosen, held_out = split.holdout(training, parameters.validation_fraction, parameters.seed)
        validation = training.take(held_out) if len(held_out) else None
    chosen = chosen[~copied[chosen]]
    _log.info(
        "Learning from %d scans, judging by %d; %d of %d training scans are copies and left out",
        *(len(chosen), 0 if validation is None else len(validation), copied.sum(), len(training)),
    )
    return Parts(training.take(chosen), validation, data.unlabeled, held_out=hold_out)


def set_up(parts: Parts, parameters: Hyperparameters) -> Loop:
    """Set up a network for the scans, and say what makes this run another than all others."""
    steps = parameters.epochs * Batches(parts.training, parameters).steps
    known = Evidence.of(parts.training)
    fit = Fit(parameters, len(grid.BEACONS), len(grid.CELLS), steps, known)
    settings = parameters.to_dict()
    del settings["checkpoint_every"]  # how often is no part of what
    identity = {
        **settings,
        "training_data": _digest(parts.training),
        "validation_data": None if parts.validation is None else _digest(parts.validation),
        "versions": save.versions(),
    }
    return Loop(fit, parts, parameters, identity)


def _continue(loop: Loop, folder: CheckpointFolder, *, fresh: bool) -> None:
    if fresh:
        folder.clear()
    elif (checkpoint := folder.latest(loop.identity)) is not None:
        loop.resume(checkpoint)


def _save(loop: Loop, folder: Path) -> Result:
    """Write the model, and judge what was written rather than what was learnt.

    Scans that were held out have then done their work: what is known of the floor is found again
    with them, and the model that is left behind is written anew.
    """
    parts = loop.parts
    judged_by = "training" if parts.validation is None else "validation"
    judged = parts.validation or parts.training
    expected = loop.fit.probabilities(judged.readings)
    figures = {f"{judged_by}_{n}": v for n, v in score(expected, judged.cells).figures().items()}
    facts = {
        "hyperparameters": loop.parameters.to_dict(),
        "scans": len(parts.training),
        "epochs": loop.epoch,
        "data_sha256": loop.identity["training_data"],
    }
    everything = parts.training
    if parts.validation is not None and parts.held_out:
        everything = Scans.concatenate([parts.training, parts.validation])
    coverage = Coverage.fit(everything)
    signature = save.describe(calibration.output(parts.training), coverage, figures, facts)
    files = network.export(loop.fit.network, coverage, blur.shares())
    found = save.save(folder, files, signature, judged.readings, expected)
    if everything is not parts.training:
        loop.fit.know(Evidence.of(everything))
        again = loop.fit.probabilities(judged.readings)
        files = network.export(loop.fit.network, coverage, blur.shares())
        save.save(folder, files, signature, judged.readings, again)
    scores = score(found, judged.cells, signature.output)
    return Result(loop, judged, judged_by, scores, found, signature)


def _report(result: Result, folder: Path) -> None:
    loop = result.loop
    facts = {
        "stopped_early": loop.stopped,
        "resumed_after_epoch": loop.resumed,
        "epochs": loop.epoch,
        "judged_by": result.judged_by,
        "scores": result.scores.to_dict(),
        "history": loop.history,
        "hyperparameters": loop.parameters.to_dict(),
    }
    pages = report.files(result)
    with writing("The report", folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / METRICS).write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
        for name, content in pages.items():
            (folder / name).write_bytes(content)
    baseline.write(folder, result.signature.input, loop.parts.training.readings)


def _upload(uploader: Uploader, folder: Path) -> str:
    with tempfile.TemporaryDirectory() as temporary:
        return uploader.upload(folder, Path(temporary, ARCHIVE))


def _digest(scans: Scans) -> str:
    """What tells one set of scans from another."""
    content = scans.readings.tobytes() + scans.cells.astype(np.int64).tobytes()
    return hashlib.sha256(content).hexdigest()
