"""Real models, loaded once."""

import pytest

from model.predictor import Predictor
from tests.support.models import plain_export, signed_model


@pytest.fixture(scope="session")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    """A model of ours: thirteen beacons, four cells."""
    return Predictor.load(signed_model(tmp_path_factory.mktemp("signed")))


@pytest.fixture(scope="session")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Predictor:
    """A plain export: two numbers in, three out."""
    return Predictor.load(plain_export(tmp_path_factory.mktemp("plain")))
