"""`python -m train tune`: searches on this machine, or prints the search for another tuner."""

import argparse
import dataclasses
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from types import ModuleType
from typing import Final

from container.environment import Environment
from container.errors import UserError
from train import arguments as command_line
from train.progress import Streams
from train.tuning import katib, sagemaker
from train.tuning.space import space

ELSEWHERE: Final[dict[str, ModuleType]] = {"sagemaker": sagemaker, "katib": katib}
TRIALS: Final = 30
JOURNAL: Final = "tuning.jsonl"
MODEL: Final = "tuned"  # the folder of the last run's checkpoints, apart from those of other runs
STOPPED: Final = 130
_EXAMPLES: Final = f"""\
  python -m train tune --training scans.csv --trials 30
  python -m train tune --training scans.csv --hidden 128,128 --timeout 3600

Hyperparameters that are given are the same in every trial; the others with a declared range vary.
The defaults are tried first, a trial that is behind is ended early, and the best one is trained
once more: model/ and output/data/ below the base folder are those of a run with its values, and
{", ".join(("tuning.csv", "tuning.json"))} beside its report hold all trials.
The same command continues a search that was stopped or killed.

For other tuners, from the same declarations:
  python -m train tune sagemaker --help
  python -m train tune katib --help
"""


def run(
    environment: Environment,
    arguments: Sequence[str],
    streams: Streams,
    stop: Callable[[], bool],
) -> int:
    """Do what the words after `tune` say, and give the exit code.

    Args:
        environment: The folders of the job, and its files.
        arguments: The words.
        streams: Where lines, documents and the bar go.
        stop: Whether the platform wants the search to end.

    Raises:
        UserError: A word, a hyperparameter or a channel is wrong, or no trial came to its end.
        PlatformError: A folder cannot be written.
        DataError: A data file is wrong.
    """
    if arguments[:1] and arguments[0] in ELSEWHERE:
        _print(arguments[0], arguments[1:], streams)
        return 0
    parser = command_line.new_parser(
        "python -m train tune", "Search for better hyperparameters.", _EXAMPLES
    )
    _add_flags(parser)
    command_line.add_flags(parser)
    asked = parser.parse_args(arguments)
    return _search(environment, asked, streams, stop)


def _add_flags(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--trials", type=_positive, default=TRIALS, metavar="N", help=f"in all ({TRIALS})"
    )
    parser.add_argument(
        "--timeout", type=_positive, metavar="SECONDS", help="after which no trial begins"
    )
    parser.add_argument(
        "--study", type=Path, metavar="FILE", help=f"keeps the trials (checkpoints/{JOURNAL})"
    )
    parser.add_argument("--json", action="store_true", help="print the study as JSON at the end")


def _print(name: str, words: Sequence[str], streams: Streams) -> None:
    """Print the search as another tuner takes it."""
    module = ELSEWHERE[name]
    parser = command_line.new_parser(
        f"python -m train tune {name}",
        f"{module.HELP[0].upper()}{module.HELP[1:]}.",
        module.EXAMPLES,
    )
    module.add_arguments(parser)
    parser.add_argument("--trials", type=_positive, default=TRIALS, metavar="N", help="in all (30)")
    parser.add_argument("--parallel", type=_positive, default=2, metavar="N", help="at once (2)")
    command_line.add_hyperparameters(parser)
    asked = parser.parse_args(words)
    asked.parallel = min(asked.parallel, asked.trials)
    wanted = space(command_line.given_hyperparameters(asked))
    print(json.dumps(module.document(wanted, asked), indent=2), file=streams.lines, flush=True)


def _search(
    environment: Environment,
    asked: argparse.Namespace,
    streams: Streams,
    stop: Callable[[], bool],
) -> int:
    from train.run import run as train

    try:
        from train.tuning.search import Budget, find
    except ModuleNotFoundError as missing:
        raise _lacks_optuna(missing) from missing
    given = command_line.collect(asked)
    if len(environment.hosts().all) > 1:
        raise UserError("Tuning runs on one host; this job has several.")
    wanted = space({**environment.hyperparameters(), **given.hyperparameters})
    lines = io.StringIO() if asked.json else streams.lines
    study = asked.study or (given.checkpoints or environment.checkpoint_dir) / JOURNAL
    found = find(
        environment,
        given,
        wanted,
        Budget(study, asked.trials, asked.timeout),
        Streams(lines, streams.bar),
        stop,
    )
    if stop():
        print("Stopped; the same command continues.", file=lines, flush=True)
        return STOPPED
    if found["best"] is None:
        raise UserError(
            f"None of {len(found['trials'])} trials came to its end.",
            hint="Allow more --trials or a longer --timeout, or read their log.",
        )
    checkpoints = (given.checkpoints or environment.checkpoint_dir) / MODEL
    values = {name: str(value) for name, value in found["best"]["hyperparameters"].items()}
    best = dataclasses.replace(
        given, hyperparameters={**wanted.fixed, **values}, checkpoints=checkpoints, fresh=True
    )
    result = train(environment, best, Streams(lines, streams.bar), stop)
    print(result.summary(environment), file=lines)
    print(f"Best trial: {found['best']['trial']} of {len(found['trials'])}", file=lines, flush=True)
    if asked.json:
        print(json.dumps(found, indent=1), file=streams.lines, flush=True)
    return 0


def _lacks_optuna(missing: ModuleNotFoundError) -> Exception:
    if (missing.name or "").partition(".")[0] != "optuna":
        return missing
    return UserError(
        "Tuning on this machine needs Optuna, which is not installed; the image does without.",
        hint="`make setup` puts it into .venv/image; elsewhere: pip install --require-hashes "
        "--requirement requirements/tune.txt.",
    )


def _positive(text: str) -> int:
    number = int(text)
    if number < 1:
        raise argparse.ArgumentTypeError(f"{text} is not 1 or more")
    return number
