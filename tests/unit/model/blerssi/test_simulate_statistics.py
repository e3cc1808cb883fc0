"""Statistics of small surveys, counted by hand."""

import numpy as np
import pytest

from model.blerssi.data import NOT_HEARD, Scans
from model.blerssi.floor_plan import FloorPlan
from model.blerssi.simulate_statistics import statistics

PLAN = FloorPlan(("A01", "B01"), ((1.0, 1.0), (2.0, 1.0)), ("b1", "b2"), ((1.0, 1.0), (2.0, 2.0)))
START = np.datetime64("2024-05-02T10:00:00")
N = NOT_HEARD


def survey(*rows: tuple[int, int, float, float]) -> Scans:
    """Scans of a cell, at a second, with two readings."""
    cells, seconds, *readings = (np.array(column) for column in zip(*rows, strict=True))
    return Scans(
        np.stack(readings, axis=1).astype(np.float32),
        cells.astype(np.intp),
        START + seconds.astype("timedelta64[s]"),
    )


# Two visits to the first cell and one to the second: b1 is heard three times in each of the first.
SURVEY = survey(
    (0, 0, -60, N),
    (0, 2, -62, N),
    (0, 5, -64, -80),
    (1, 35, N, -70),
    (1, 37, -75, -71),
    (0, 137, -66, N),
    (0, 139, -68, N),
    (0, 141, -70, N),
)
EXPECTED = {
    "heard 1": 6 / 8,
    "heard 2": 2 / 8,
    "heard 3": 0,
    "heard 4 or more": 0,
    "reading, percentile 50": -69,
    "heard at 0 to 1 cells": 1.0,
    "heard at 1 to 2 cells": 4 / 10,
    "reading at 0 to 1 cells": -65,
    "reading at 1 to 2 cells": -74,
    "spread within visits": 2.0,
    "spread between visits": np.sqrt(18),
    "heard again by the next scan": 1.0,
    "distinct": 1.0,
    "cells visited once": 0.5,
    "cells visited twice": 0.5,
    "cells visited thrice": 0.0,
    "scans a visit, mean": 8 / 3,
    "scans a visit, median": 3,
    "seconds between scans, median": 2,
    "seconds between visits, median": 65,
    "cells between visits, median": 1,
}


@pytest.mark.parametrize(("name", "expected"), EXPECTED.items())
def test_a_statistic_is_what_one_counts_by_hand(name: str, expected: float) -> None:
    assert statistics(SURVEY, PLAN)[name] == pytest.approx(expected)


def test_the_order_of_scans_does_not_matter() -> None:
    order = np.random.default_rng(0).permutation(len(SURVEY))
    found, expected = (statistics(each, PLAN) for each in (SURVEY.take(order), SURVEY))
    assert found == pytest.approx(expected, nan_ok=True)


def test_what_cannot_be_told_is_nan() -> None:
    found = statistics(survey((0, 0, -60, N)), PLAN)
    assert np.isnan(found["spread within visits"])
    assert np.isnan(found["spread between visits"])
    assert np.isnan(found["heard again by the next scan"])
    assert np.isnan(found["seconds between visits, median"])
    assert np.isnan(found["heard at 8 to 10 cells"])
