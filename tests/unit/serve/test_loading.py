import logging
import threading
from typing import Any

import pytest

from model.errors import ArtifactError
from serve.core import Core
from serve.errors import Kind, ServeError
from serve.loading import Loading

CORE: Any = object()


def fail(error: Exception) -> Core:
    raise error


def test_ready_only_after_loading() -> None:
    seconds: list[float] = []
    loading = Loading(lambda: CORE, seconds.append)
    with pytest.raises(ServeError, match="still loading") as caught:
        loading.core(wait=0)
    assert caught.value.kind is Kind.NOT_READY
    assert not loading.healthy()
    loading.run()
    assert loading.healthy()
    assert loading.core() is CORE
    assert len(seconds) == 1


def test_a_request_waits_for_a_model_that_is_loading() -> None:
    go = threading.Event()
    loading = Loading(lambda: CORE if go.wait(60) else fail(TimeoutError()))
    loading.start()
    threading.Timer(0.05, go.set).start()
    assert loading.core(wait=60) is CORE


def test_another_worker_keeps_ping_green_only_while_this_one_loads() -> None:
    loading = Loading(lambda: fail(ArtifactError("damaged")), others_ready=lambda: True)
    assert loading.healthy()
    loading.run()
    assert not loading.healthy()


@pytest.mark.parametrize(
    ("error", "told", "traceback"),
    [(ArtifactError("It is damaged."), "It is damaged.", False), (MemoryError(), "log", True)],
)
def test_a_failure_is_final_and_explained(
    caplog: pytest.LogCaptureFixture, error: Exception, told: str, traceback: bool
) -> None:
    loading = Loading(lambda: fail(error))
    loading.run()
    assert not loading.healthy()
    with pytest.raises(ServeError, match=told):
        loading.core()
    (record,) = caplog.records
    assert record.levelno == logging.ERROR
    assert "cannot be loaded" in record.message
    assert bool(record.exc_info) is traceback
