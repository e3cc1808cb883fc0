from pathlib import Path

import pytest

from model.engine import Engine
from model.errors import EngineError
from model.predictor import Predictor
from serve.loading import load
from tests.support.models import signed_model


def test_a_load_that_fails_late_frees_what_it_took(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_predictor: Predictor) -> None:
        raise EngineError("MXNet refuses.")

    closed: list[Engine] = []

    def close(engine: Engine) -> None:
        closed.append(engine)

    monkeypatch.setattr(Predictor, "rehearse", fail)
    monkeypatch.setattr(Engine, "close", close)
    with pytest.raises(EngineError):
        load(signed_model(tmp_path), {})
    assert len(closed) == 1
