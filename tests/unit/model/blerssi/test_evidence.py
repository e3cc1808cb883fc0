import numpy as np
import numpy.typing as npt
import pytest

from model.blerssi.data import NOT_HEARD
from model.blerssi.evidence import Evidence
from model.blerssi.grid import CELLS
from model.blerssi.network import CENTRE, UNIT
from model.blerssi.radiomap import RadioMap
from model.blerssi.simulate import simulate
from tests.support.scans import surveyed

SURVEY = simulate(0)
Floats = npt.NDArray[np.float64]


def features(readings: npt.NDArray[np.float32]) -> Floats:
    heard = readings != NOT_HEARD
    strength = np.where(heard, (readings - CENTRE) / UNIT, 0)
    result: Floats = np.concatenate([strength, strength**2, heard], axis=1).astype(np.float64)
    return result


def likelihoods(chart: RadioMap) -> Floats:
    """(N, C) by the book: one beacon after the other."""
    result = np.zeros((len(SURVEY), len(CELLS)))
    for beacon in range(13):
        mean, spread = chart.strength[:, beacon], chart.spread[:, beacon]
        heard = np.log(chart.hearing[:, beacon])
        for scan, reading in enumerate(SURVEY.readings[:, beacon]):
            if reading == NOT_HEARD:
                result[scan] += np.log(1 - chart.hearing[:, beacon])
            else:
                result[scan] += heard - np.log(spread) - ((reading - mean) / spread) ** 2 / 2
    return result


def test_it_is_what_the_radio_map_says() -> None:
    evidence = Evidence.of(SURVEY)
    found = features(SURVEY.readings) @ evidence.weights.T + evidence.bias
    np.testing.assert_allclose(found, likelihoods(RadioMap.fit(SURVEY)), atol=0.01)


@pytest.mark.parametrize("scans", [surveyed(cells=1, visits=1, scans=1), surveyed()])
def test_a_few_scans_are_enough(scans: object) -> None:
    evidence = Evidence.of(scans)  # type: ignore[arg-type]
    assert evidence.weights.shape == (len(CELLS), 39)
    assert evidence.bias.shape == (len(CELLS),)
    assert np.isfinite(evidence.weights).all()
    assert np.isfinite(evidence.bias).all()
