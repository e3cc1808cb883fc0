"""What a search tells and leaves: a bar or a line a trial, tuning.csv and tuning.json."""

import csv
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TextIO

from optuna.trial import FrozenTrial

from train import metrics
from train.progress import CLEAR, WIDTH
from train.tuning.study import REASON, Search
from train.writing import writing

TABLE: Final = "tuning.csv"
STUDY: Final = "tuning.json"


def row(trial: FrozenTrial) -> dict[str, Any]:
    """A trial as plain data.

    A pruned trial has the error of its last epoch, which no complete trial should be held against.
    """
    epochs = max(trial.intermediate_values, default=0)
    last = trial.intermediate_values.get(epochs)
    value = last if trial.value is None else trial.value
    found = {
        "trial": trial.number,
        "state": trial.state.name.lower(),
        metrics.OBJECTIVE: None if value is None or not math.isfinite(value) else value,
        "epochs": epochs,
        "seconds": None if trial.duration is None else round(trial.duration.total_seconds(), 1),
        "hyperparameters": dict(trial.params),
    }
    if reason := trial.user_attrs.get(REASON):
        found["reason"] = reason
    return found


def study(search: Search, fixed: Mapping[str, str]) -> dict[str, Any]:
    """The whole search as plain data."""
    best = search.best
    return {
        "objective": metrics.OBJECTIVE,
        "fixed": dict(fixed),
        "best": row(best) if best else None,
        "trials": [row(each) for each in search.trials],
    }


def write(folder: Path, found: Mapping[str, Any]) -> None:
    """Write the study as JSON, and its trials as a table, the best first.

    Raises:
        PlatformError: They cannot be written.
    """
    with writing("The study's table", folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / STUDY).write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
        with (folder / TABLE).open("w", encoding="utf-8", newline="") as file:
            rows = [_flat(each) for each in _best_first(found["trials"])]
            writer = csv.DictWriter(file, list(rows[0]) if rows else [], lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)


def line(trial: FrozenTrial) -> str:
    """One line on a trial that has ended, in the form of metric lines."""
    flat = {name: value for name, value in _flat(row(trial)).items() if value is not None}
    return " ".join(f"{name}={_short(value)}" for name, value in flat.items())


def show(stream: TextIO, search: Search, total: int, epoch: int = 0) -> None:
    """Draw the bar anew.

    Args:
        stream: A terminal.
        search: The search.
        total: Trials that there are to be.
        epoch: Completed by the trial that runs.
    """
    trials, best = search.trials, search.best
    filled = min(WIDTH, WIDTH * len(trials) // max(total, 1))
    pruned = sum(each.state.name == "PRUNED" for each in trials)
    words = [f"{len(trials)} of {total} trials", f"{pruned} pruned", f"epoch {epoch}"]
    if best is not None and best.value is not None:
        words.append(f"best {best.value:.3f} cells (trial {best.number})")
    stream.write(f"{CLEAR}{'█' * filled}{'░' * (WIDTH - filled)} {', '.join(words)}")
    stream.flush()


def _best_first(trials: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    def order(each: Mapping[str, Any]) -> tuple[bool, float]:
        value = each[metrics.OBJECTIVE]
        return each["state"] != "complete", math.inf if value is None else value

    return sorted(trials, key=order)


def _flat(found: Mapping[str, Any]) -> dict[str, Any]:
    flat = {name: value for name, value in found.items() if name != "hyperparameters"}
    reason = flat.pop("reason", None)
    return {**flat, **found["hyperparameters"], "reason": reason}


def _short(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
