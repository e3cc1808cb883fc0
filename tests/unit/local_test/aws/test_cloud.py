import logging
import threading

import pytest

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


def test_fault_of_a_task_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    tasks = Tasks()

    def work() -> None:
        raise ValueError("the reason")

    with caplog.at_level(logging.ERROR):
        tasks.start("bad work", work).join()
        tasks.close()
    assert "bad work failed." in caplog.text
    assert "the reason" in caplog.text
