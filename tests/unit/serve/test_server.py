import tempfile
from collections import deque
from pathlib import Path
from typing import Any

import pytest
from gunicorn.arbiter import Arbiter
from gunicorn.errors import HaltServer

from container.settings import Settings
from serve import server
from serve.server import Plan, Server, _Arbiter


@pytest.fixture
def app(tmp_path: Path) -> Server:
    return Server(Plan(Settings(port=9000), 3, tmp_path / "model", {}, tmp_path))


def test_gunicorn_is_set_up_as_we_say(app: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    assert app.cfg.bind == ["0.0.0.0:9000"]
    assert app.cfg.workers == 3
    assert app.cfg.threads > Settings().concurrency + Settings().queue
    assert app.cfg.control_socket_disable
    assert app.cfg.graceful_timeout < 25
    assert app.cfg.timeout == 3600


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    found = Clock()
    monkeypatch.setattr(server, "time", found)
    return found


@pytest.fixture
def arbiter(clock: Clock) -> _Arbiter:
    """A master that has started nothing."""
    made: Any = _Arbiter.__new__(_Arbiter)
    made.LISTENERS = ["one"]
    made._deaths = deque(maxlen=5)
    made._looked = clock.now
    return made  # type: ignore[no-any-return]


def test_many_deaths_in_a_short_time_end_the_server(arbiter: _Arbiter, clock: Clock) -> None:
    for _ in range(4):
        clock.now += 5
        arbiter.count_death()
    with pytest.raises(HaltServer) as caught:
        arbiter.count_death()
    assert caught.value.exit_status == 1


def test_deaths_over_a_long_time_do_not(arbiter: _Arbiter, clock: Clock) -> None:
    for _ in range(50):
        clock.now += 20
        arbiter.count_death()


def test_deaths_of_a_server_that_stops_do_not(arbiter: _Arbiter) -> None:
    arbiter.LISTENERS = []
    for _ in range(50):
        arbiter.count_death()


def test_a_frozen_container_forgives_silent_workers(
    arbiter: _Arbiter, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[float] = []
    monkeypatch.setattr(Arbiter, "murder_workers", lambda _self: looked.append(clock.now))
    for seconds in (1, 1, 5000, 1):
        clock.now += seconds
        arbiter.murder_workers()
    assert looked == [1, 2, 5003]


def test_heartbeats_go_to_disk_where_shared_memory_does_not_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    real = tempfile.TemporaryFile

    def refuse(*, dir: str) -> Any:  # noqa: A002 - the name that tempfile gave it
        if dir.startswith("/dev"):
            raise PermissionError(dir)
        return real(dir=dir)

    monkeypatch.setattr(tempfile, "TemporaryFile", refuse)
    assert server.heartbeat_folder() == tempfile.gettempdir()
