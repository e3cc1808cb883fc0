import logging
import threading

import pytest

from local_test.aws import cloud
from local_test.aws.cloud import Tasks


def test_tasks_are_told_to_stop_and_waited_for() -> None:
    tasks, ended = Tasks(), threading.Event()

    def work() -> None:
        tasks.stopping.wait()
        ended.set()

    thread = tasks.start("work", work)
    assert thread.name == "work"
    tasks.close()
    assert ended.is_set()
    assert not thread.is_alive()


def test_a_slow_task_may_use_the_time_that_others_leave(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cloud, "CLOSE_SECONDS", 6.0)
    tasks = Tasks()

    def work() -> None:
        tasks.stopping.wait()
        threading.Event().wait(0.5)  # more than its share among 20

    slow = tasks.start("slow", work)
    for number in range(19):
        tasks.start(f"quick {number}", tasks.stopping.wait)
    tasks.close()

    assert not slow.is_alive()


def test_fault_of_a_task_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    tasks = Tasks()

    def work() -> None:
        raise ValueError("the reason")

    with caplog.at_level(logging.ERROR):
        tasks.start("bad work", work).join()
        tasks.close()
    assert "bad work failed." in caplog.text
    assert "the reason" in caplog.text
