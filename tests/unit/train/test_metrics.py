"""Metric lines and their regular expressions, held to the platform's limits (C5.50)."""

import io
import re

import pytest

from container import contract
from train import metrics

FIGURES = {metric.name: number + 0.25 for number, metric in enumerate(metrics.METRICS)}


def test_a_line_is_fixed_notation_in_order() -> None:
    values = {"train_loss": 1.23456, "validation_mean_error_cells": 1e-7, "validation_nll": 1e7}
    assert metrics.line(12, values) == (
        "epoch=12 train_loss=1.2346 validation_mean_error_cells=0.0000 validation_nll=10000000.0000"
    )


@pytest.mark.parametrize("metric", metrics.METRICS, ids=lambda metric: metric.name)
@pytest.mark.parametrize("sign", [1, -1])
def test_each_expression_finds_its_own_figure_and_no_other(
    metric: metrics.Metric, sign: int
) -> None:
    values = {name: sign * value for name, value in FIGURES.items()}
    for text in (metrics.line(3, values), f"[algo-1] {metrics.line(3, values)}\r"):
        assert re.findall(metric.regex, text) == [f"{values[metric.name]:.4f}"]
    del values[metric.name]
    assert re.findall(metric.regex, metrics.line(3, values)) == []


def test_the_definitions_fit_the_platform() -> None:
    definitions = metrics.definitions()
    assert 0 < len(definitions) <= contract.METRIC_DEFINITIONS_LIMIT
    assert len({each["Name"] for each in definitions}) == len(definitions)
    for each in definitions:
        assert each.keys() == {"Name", "Regex"}
        assert len(each["Name"]) <= contract.METRIC_NAME_LIMIT
        assert len(each["Regex"]) <= contract.METRIC_REGEX_LIMIT
        assert re.compile(each["Regex"]).groups == 1
    assert metrics.OBJECTIVE in {each["Name"] for each in definitions}


def test_a_figure_that_is_not_declared_is_our_fault() -> None:
    with pytest.raises(KeyError, match="typo"):
        metrics.line(1, {"typo": 1.0})


class Flushed(io.StringIO):
    """Notes what was there at each flush."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []
        self.writes = 0

    def write(self, text: str) -> int:
        self.writes += 1
        return super().write(text)

    def flush(self) -> None:
        self.seen.append(self.getvalue())


def test_a_line_is_written_in_one_piece_and_flushed() -> None:
    stream = Flushed()
    metrics.write(stream, 1, {"train_loss": 2.0})
    assert (stream.writes, stream.seen) == (1, ["epoch=1 train_loss=2.0000\n"])
