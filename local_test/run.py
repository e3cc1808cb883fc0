"""`python -m local_test run`: the whole story in one command.

    scans ──▶ training job ──▶ model.tar.gz ──▶ server ──▶ answers in four formats

Without --data the scans are simulated. Anything that is off ends it with a non-zero exit code.
"""

import argparse
import json
import statistics
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from container.environment import Environment
from container.errors import PlatformError
from local_test import again, layout, options, questions, server, table, train
from local_test.questions import Reply
from local_test.runner import Program, Runner, Running, Show
from local_test.scans import Scans
from model import artifact
from model.signature import Signature

HELP = "make or split data, train, serve and ask, in one go"
EXAMPLES = """examples:
  python -m local_test run
  python -m local_test run --data iBeacon_RSSI_Labeled.csv
  python -m local_test run --image blerssi-sagemaker --keep-serving
"""
QUESTIONS = 10


@dataclass(frozen=True)
class _Story:
    """What all chapters share.

    Attributes:
        runner: Where programs run.
        job: Where the results go; the scans are in `data` beside them.
        show: Takes log lines and what is told in between.
        place: The options that lead to the same runner.
    """

    runner: Runner
    job: layout.Job
    show: Show
    place: tuple[str | Path, ...]

    @property
    def scans(self) -> Scans:
        return Scans(self.job.folder / "data")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    parser.add_argument(
        "--data", type=Path, metavar="FILE", help="labelled scans (default: simulated ones)"
    )
    options.add_hyperparameters(parser)
    parser.add_argument(
        "--folder",
        type=Path,
        default=options.RESULTS / "run",
        metavar="JOB",
        help="where the results go (default: %(default)s)",
    )
    parser.add_argument(
        "--keep-serving", action="store_true", help="leave the server up until Ctrl-C"
    )
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the outcome there too")
    options.add_runner(parser)


def run(arguments: argparse.Namespace, variables: Mapping[str, str]) -> int:
    """Tell the story; the exit code is the training job's where that fails.

    Raises:
        ContainerError: A program fails, or the answers are not what they should be.
        ModelError: The model that was trained is not sound.
    """
    runner = options.runner(arguments, variables)
    story = _Story(
        runner,
        layout.Job(arguments.folder),
        lambda line: print(line, flush=True),
        options.of_runner(arguments),
    )
    print(f"Everything runs in {runner.place}.")
    story.scans.make(runner, arguments.data, story.show)
    result = _train(story, options.assignments(arguments.hyperparameter, "-H"))
    if result.exit_code:
        print(f"Training failed: {result.cause or 'see its log above'}", file=sys.stderr)
        return result.exit_code
    with tempfile.TemporaryDirectory(prefix="local-test-") as folder:
        base = Path(folder)
        layout.place_model(story.job.archive, base)
        signature = _signature(base)
        chosen = questions.pick(story.scans.validation, signature, QUESTIONS)
        with server.started(runner, Program(("serve",), base, port=0)) as running:
            replies = questions.ask(str(running.url), signature, chosen)
            outcome = _outcome(result, replies, signature)
            _tell(outcome, replies, story)
            if arguments.json:
                _write(arguments.json, outcome)
            if arguments.keep_serving:
                _keep(running)
    return 0


def _train(story: _Story, hyperparameters: Mapping[str, str]) -> train.Result:
    story.show("Training ...")
    channels = {"training": story.scans.training, "validation": story.scans.validation}
    layout.lay_out(story.job, channels, hyperparameters)
    result = train.train(story.runner, story.job, {}, story.show)
    wanted = (story.job.archive, story.job.report, story.job.metrics)
    missing = [str(path) for path in wanted if not path.is_file()]
    if result.exit_code == 0 and missing:
        raise PlatformError(f"Training ended well, but without {', '.join(missing)}.")
    return result


def _signature(base: Path) -> Signature:
    """Verify the model as it was unpacked and give what it says of itself."""
    signature = artifact.verify(Environment(base).model_dir)
    if signature is None or not signature.output.coordinates:
        raise PlatformError("The model that was trained has no signature with coordinates.")
    return signature


def _outcome(
    result: train.Result, replies: Sequence[Reply], signature: Signature
) -> dict[str, Any]:
    name = signature.output.name
    return {
        **result.to_dict(),
        "asked": len(replies),
        "exact": sum(each.answer[name] == each.truth for each in replies),
        "mean_distance_cells": statistics.fmean(each.distance for each in replies),
        "formats_agree": True,  # ask() ends the story where they do not
        "answers": [
            {"truth": each.truth, "distance_cells": each.distance, "answer": dict(each.answer)}
            for each in replies
        ],
    }


def _tell(outcome: Mapping[str, Any], replies: Sequence[Reply], story: _Story) -> None:
    columns = [table.flatten(each.answer) for each in replies]
    header = ("true cell", *columns[0], "off by (cells)")
    rows = [
        (each.truth, *flat.values(), each.distance)
        for each, flat in zip(replies, columns, strict=True)
    ]
    print(f"\n{table.render(header, rows)}\n")
    print(
        f"{outcome['exact']} of {outcome['asked']} scans in the right cell, "
        f"{outcome['mean_distance_cells']:.2f} cells off on average; "
        "JSON, CSV, JSON lines and NPY agree."
    )
    print(
        f"report:  {story.job.report}\nmetrics: {story.job.metrics}\nmodel:   {story.job.archive}"
    )
    serve = again.command("serve", *story.place, "--model", story.job.archive)
    predict = again.command("predict", again.PAYLOAD)
    print(f"Ask again, in two terminals:\n  {serve}\n  {predict}", flush=True)


def _write(path: Path, outcome: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(outcome, indent=1) + "\n", encoding="utf-8")


def _keep(running: Running) -> None:
    print(f"Serving at {running.url} until Ctrl-C.", flush=True)
    try:
        code = running.wait()
    except KeyboardInterrupt:
        return
    raise PlatformError(f"The server ended by itself with exit code {code}.")
