"""Judges our training beside other methods, on scans that none of them has seen.

    python -m model.blerssi.evaluate --data iBeacon_RSSI_Labeled.csv

What is fair is written in `model.blerssi.protocol`, what the figures mean in
`model.blerssi.verdicts`. Ours is `python -m train` with its defaults, asked as the server asks it.
"""

import json
import os
import signal
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, Final

from model import runtime
from model.blerssi import data, evaluate_arguments, methods, protocol, verdict_tables, verdicts
from model.blerssi.commands import show_share
from model.blerssi.data import DataError, Scans
from model.blerssi.evaluate_arguments import Arguments
from model.blerssi.methods import Answered, Task
from model.blerssi.protocol import Survey
from model.blerssi.verdicts import Verdict

if TYPE_CHECKING:
    from model.blerssi.scores import Scores

INTERRUPTED: Final = 130


@dataclass(frozen=True, eq=False)
class Trial:
    """One split that all methods answer."""

    family: str
    training: Scans
    judged: Scans
    seed: int


def main(arguments: Sequence[str], variables: Mapping[str, str]) -> int:
    """Judge, print, and give the exit code: 0, 1 for a failure, 2 for a wrong command line."""
    chosen = evaluate_arguments.parse(arguments)
    try:
        survey = Survey.of(data.read(chosen.data))
        results = evaluate(survey, chosen, variables)
    except DataError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("Interrupted; nothing is kept.", file=sys.stderr)
        return INTERRUPTED
    print(_written(survey, chosen, results))
    return 0


def evaluate(
    survey: Survey, chosen: Arguments, variables: Mapping[str, str]
) -> dict[str, dict[str, dict[str, Verdict]]]:
    """Let every method answer every split.

    Returns:
        Verdicts by family, by way of answering (`verdicts.WAYS`), and by method.

    Raises:
        DataError: There is nothing to hold out, or our training fails.
    """
    trials = [trial for family in chosen.splits for trial in _trials(survey, family, chosen)]
    tasks = [
        Task(name, trial.training, trial.judged, trial.seed, chosen.settings, variables)
        for trial in trials
        for name in chosen.methods
    ]
    answers = iter(_answered(tasks, chosen.jobs))
    scores: dict[str, dict[str, dict[str, list[Scores]]]] = {}
    for trial in trials:
        ways = scores.setdefault(trial.family, {way: {} for way in protocol.WAYS[trial.family]})
        for name in chosen.methods:
            answered = next(answers)
            for way, found in ways.items():
                found.setdefault(name, []).append(verdicts.WAYS[way](trial.judged, answered))
    return {
        family: {way: verdicts.judge(found, methods.OURS) for way, found in ways.items()}
        for family, ways in scores.items()
    }


def _trials(survey: Survey, family: str, chosen: Arguments) -> list[Trial]:
    trials = []
    for seed in range(protocol.repeats(survey, family, chosen.repeats)):
        training, judged = (survey.scans.take(part) for part in survey.split(family, seed))
        if len(training) and len(judged):
            trials.append(Trial(family, training, judged, seed))
    if not trials:
        raise DataError(
            f"{chosen.data} has nothing to hold out for the splits {family}.",
            hint="Survey some cells again on another day, or leave them out with --splits.",
        )
    return trials


def _answered(tasks: Sequence[Task], jobs: int) -> list[Answered]:
    """What the methods say, in the order of the tasks."""
    done: list[Answered] = []
    with _mapped(tasks, jobs) as answers, show_share() as show:
        for answer in answers:
            done.append(answer)
            show(len(done), len(tasks))
    return done


@contextmanager
def _mapped(tasks: Sequence[Task], jobs: int) -> Iterator[Iterator[Answered]]:
    if jobs == 1:
        yield map(methods.answer, tasks)
        return
    pool = ProcessPoolExecutor(jobs, get_context("spawn"), initializer=_end_silently)
    try:
        with _deaf():
            # Not `map`: it cancels its futures as it is interrupted, which ends the pool's own
            # thread with an exception when that thread sees at the same time that a process died.
            asked = [pool.submit(methods.answer, task) for task in tasks]  # starts the processes
        yield (each.result() for each in asked)
    finally:
        pool.shutdown(cancel_futures=True)


@contextmanager
def _deaf() -> Iterator[None]:
    """Start processes that ignore Ctrl-C until they are able to end without a word."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _end_silently() -> None:
    """Ctrl-C ends every process of a terminal, but only one of them shall speak of it."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _written(
    survey: Survey, chosen: Arguments, results: Mapping[str, Mapping[str, Mapping[str, Verdict]]]
) -> str:
    if chosen.form == "json":
        return json.dumps(_facts(survey, chosen, results), indent=1)
    form = verdict_tables.markdown if chosen.form == "markdown" else verdict_tables.text
    mark = "### " if chosen.form == "markdown" else ""
    parts = [survey.summary()]
    parts += [f"{name} is left out: {why}." for name, why in chosen.left_out.items()]
    for family, ways in results.items():
        for way, found in ways.items():
            scans = len(next(iter(found.values())).scores.cells)
            heading = f"{family}, {protocol.MEANING[family]}; {way} ({scans:,} judged)"
            parts += [f"{mark}{heading}", form(found)]
    parts.append("Distances are in cells. ± is the standard error over the splits.")
    return "\n\n".join(parts)


def _facts(
    survey: Survey, chosen: Arguments, results: Mapping[str, Mapping[str, Mapping[str, Verdict]]]
) -> dict[str, Any]:
    return {
        "data": survey.facts(),
        "settings": dict(chosen.settings),
        "left_out": dict(chosen.left_out),
        "splits": {
            family: {
                way: {name: verdicts.to_dict(each) for name, each in found.items()}
                for way, found in ways.items()
            }
            for family, ways in results.items()
        },
    }


if __name__ == "__main__":
    runtime.prepare(os.environ)
    sys.exit(main(sys.argv[1:], os.environ.copy()))
