"""A small model is served through the application before a multi-model endpoint is ready."""

import logging
from pathlib import Path

import pytest

from container import logs
from container.settings import Settings
from model.errors import EngineError
from serve import making
from serve.core import Answerer
from serve.rehearsal import rehearse

SETTINGS = Settings(multi_model=True)


def make(folder: Path) -> Answerer:
    return making.make(folder, {}, SETTINGS)


def test_again_and_again_it_leaves_nothing_but_a_line(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    before = logs.request_id.set("of another request")
    with caplog.at_level(logging.INFO):
        for _ in range(3):
            rehearse(make, SETTINGS, tmp_path)
    assert [message[:17] for message in caplog.messages] == ["Ready for models:"] * 3
    assert [*tmp_path.iterdir()] == []
    assert logs.request_id.get() == "of another request"
    logs.request_id.reset(before)
    assert logging.root.manager.disable == logging.NOTSET


def test_a_model_goes_through_all_that_real_ones_do(tmp_path: Path) -> None:
    calls: list[object] = []

    class Watched:
        def __init__(self, answerer: Answerer) -> None:
            self._answerer = answerer

        def invoke(self, request: object) -> object:
            answer = self._answerer.invoke(request)  # type: ignore[arg-type]
            calls.append(answer.rows)
            return answer

        def close(self) -> None:
            calls.append("closed")
            self._answerer.close()

    rehearse(lambda folder: Watched(make(folder)), SETTINGS, tmp_path)  # type: ignore[arg-type, return-value]
    assert calls == [1, 32, "closed"]


def test_without_mxnet_it_says_why_there_will_be_no_model(tmp_path: Path) -> None:
    def fail(_folder: Path) -> Answerer:
        raise EngineError("The package mxnet is not installed.")

    with pytest.raises(EngineError, match=r"cannot be served: .*mxnet is not installed"):
        rehearse(fail, SETTINGS, tmp_path)
    assert [*tmp_path.iterdir()] == []
    assert logging.root.manager.disable == logging.NOTSET
