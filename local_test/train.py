"""`python -m local_test train`: a training job from channels to model.tar.gz.

The log streams through, the failure file's cause is shown, and the exit code is the container's.
Ctrl-C stops the job as StopTrainingJob does: what it has saved by then is packed (C5.5).
"""

import argparse
import json
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from container import contract
from container.errors import PlatformError
from local_test import layout, options
from local_test.runner import Program, Runner, Show
from model import archive

HELP = "run a training job and pack its model"
EXAMPLES = """examples:
  python -m local_test train --training scans.csv
  python -m local_test train --image blerssi-sagemaker --training scans.csv -H epochs=20
  python -m local_test train --training folder/ --validation more.csv --folder build/mine --json
"""


@dataclass(frozen=True)
class Result:
    """How a job ended.

    Attributes:
        job: Where its things are.
        exit_code: The container's.
        cause: The failure file's first paragraph; empty without one (C5.41).
        packed: Whether there is a model.tar.gz.
    """

    job: layout.Job
    exit_code: int
    cause: str
    packed: bool

    def to_dict(self) -> dict[str, Any]:
        """Give the result as JSON data; a path is null where there is no such file."""
        job = self.job
        files = {"model": job.archive, "report": job.report, "metrics_file": job.metrics}
        return {
            "exit_code": self.exit_code,
            "failure": self.cause or None,
            **{name: str(path) if path.is_file() else None for name, path in files.items()},
            "metrics": metrics(job),
        }


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "--training", "--data", type=Path, metavar="PATH", help="a file or folder for the channel"
    )
    parser.add_argument("--validation", type=Path, metavar="PATH", help="likewise")
    parser.add_argument("--unlabeled", type=Path, metavar="PATH", help="likewise")
    options.add_hyperparameters(parser)
    parser.add_argument(
        "--folder",
        type=Path,
        default=options.RESULTS / "train",
        metavar="JOB",
        help="where the job and its results go (default: %(default)s)",
    )
    parser.add_argument(
        "--resume",
        action="store_true",
        help="keep the checkpoints of an earlier job in the folder and go on from them",
    )
    parser.add_argument(
        "--json", action="store_true", help="print the result as JSON, the log to stderr"
    )
    options.add_variables(parser)
    options.add_runner(parser)


def run(arguments: argparse.Namespace, variables: Mapping[str, str]) -> int:
    """Do what the command line says and give the container's exit code.

    Raises:
        ContainerError: The job cannot be laid out or started.
        ModelError: What it left cannot be packed.
    """
    runner = options.runner(arguments, variables)
    job = layout.Job(arguments.folder)
    given = {name: getattr(arguments, name) for name in ("training", "validation", "unlabeled")}
    layout.lay_out(
        job,
        {name: path for name, path in given.items() if path is not None},
        options.assignments(arguments.hyperparameter, "-H"),
        keep_checkpoints=arguments.resume,
    )
    stream = sys.stderr if arguments.json else sys.stdout
    result = train(
        runner,
        job,
        options.container_variables(arguments),
        lambda line: print(line, file=stream, flush=True),
    )
    if arguments.json:
        print(json.dumps(result.to_dict()))
    else:
        _tell(result)
    return result.exit_code


def train(runner: Runner, job: layout.Job, variables: Mapping[str, str], show: Show) -> Result:
    """Run a job that is laid out and pack the model it leaves.

    Args:
        runner: Where.
        job: The job.
        variables: The job's own environment.
        show: Takes the log's lines.

    Raises:
        ContainerError: It cannot be started.
        ModelError: What it left cannot be packed.
    """
    program = Program(("train",), job.base, {**layout.job_variables(), **variables})
    with runner.start(program, show) as running:
        try:
            code = running.wait()
        except KeyboardInterrupt:
            show("Stopping the job; its model is saved first.")
            code = running.stop(contract.TRAIN_STOP_SECONDS)
    packed = code == 0 and any(job.places.model_dir.iterdir())
    if packed:
        archive.pack(job.places.model_dir, job.archive)
    return Result(job, code, _cause(job.places.failure_file), packed)


def metrics(job: layout.Job) -> Any:
    """The figures that the training program left; None where it left none.

    Raises:
        PlatformError: They are no JSON.
    """
    if not job.metrics.is_file():
        return None
    try:
        return json.loads(job.metrics.read_text(encoding="utf-8"))
    except ValueError as error:
        raise PlatformError(f"{job.metrics} is not valid JSON: {error}.") from error


def _cause(failure_file: Path) -> str:
    try:
        text = failure_file.read_text(encoding="utf-8", errors="replace")
    except FileNotFoundError:
        return ""
    return text.partition("\n\n")[0].strip()[: contract.FAILURE_REASON_LIMIT]


def _tell(result: Result) -> None:
    if result.exit_code:
        cause = result.cause or "it left no failure file; see its log above"
        print(f"Training failed with exit code {result.exit_code}: {cause}", file=sys.stderr)
        return
    facts = result.to_dict()
    for name in ("model", "report", "metrics_file"):
        if facts[name]:
            print(f"{name.partition('_')[0] + ':':9}{facts[name]}")
    if not result.packed:
        print("The job ended without a model.", file=sys.stderr)
