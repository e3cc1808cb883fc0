"""Metric lines, and the regular expressions that find the figures in them (C5.50).

    epoch=12 train_loss=1.2340 validation_mean_error_cells=2.3100

One whole line a report, names and values in fixed notation, so that SageMaker, Katib and `grep`
all read the same figures.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, TextIO

from model.blerssi.scores import Scores

VALIDATION: Final = "validation_"
NUMBER: Final = r"(-?[0-9]+\.[0-9]+)"


@dataclass(frozen=True)
class Metric:
    """One figure of a metric line.

    Attributes:
        name: Its name in the line and in the metric definitions of a job.
        help: One sentence.
    """

    name: str
    help: str

    @property
    def regex(self) -> str:
        """Finds the figure in a log, as the one capture group that the platform wants (C5.50)."""
        return rf"\b{self.name}={NUMBER}"


METRICS: Final = (
    Metric("train_loss", "Loss of the epoch's augmented training scans."),
    Metric("train_mean_error_cells", "Mean error of the position on the training scans, cells."),
    Metric("validation_mean_error_cells", "Mean error of the position, cells."),
    Metric("validation_median_error_cells", "Median error of the position, cells."),
    Metric("validation_p90_error_cells", "90th percentile of the error of the position, cells."),
    Metric("validation_exact", "Share of scans whose most probable cell is the true one."),
    Metric("validation_top3", "Share of scans whose true cell is among the three most probable."),
    Metric("validation_nll", "Mean negative log-likelihood of the true cell, nats."),
    Metric("unlabeled_mean_uncertainty_cells", "Mean uncertainty on unlabelled scans, cells."),
)
OBJECTIVE: Final = "validation_mean_error_cells"
_NAMES: Final = frozenset(metric.name for metric in METRICS)


def of_validation(scores: Scores) -> dict[str, float]:
    """The figures of a validation, by the names of their metrics."""
    return {f"{VALIDATION}{name}": value for name, value in scores.figures().items()}


def definitions() -> list[dict[str, str]]:
    """The table in the form that `MetricDefinitions` of a training job takes (C5.50)."""
    return [{"Name": metric.name, "Regex": metric.regex} for metric in METRICS]


def line(epoch: int, values: Mapping[str, float]) -> str:
    """One metric line without its line end.

    Args:
        epoch: Epochs completed.
        values: Figures by the name of a declared metric.

    Raises:
        KeyError: A name is not declared.
    """
    if undeclared := values.keys() - _NAMES:
        raise KeyError(*sorted(undeclared))
    return " ".join([f"epoch={epoch}", *(f"{name}={value:.4f}" for name, value in values.items())])


def write(stream: TextIO, epoch: int, values: Mapping[str, float]) -> None:
    """Write a metric line in one piece and flush it, so that no reader sees half of one."""
    stream.write(line(epoch, values) + "\n")
    stream.flush()
