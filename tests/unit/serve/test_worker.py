"""What the worker decides without a socket."""

import contextlib
import socket
from collections import deque
from typing import Any

import pytest

from serve.worker import Worker, _Connection


@pytest.fixture
def worker() -> Any:
    """A worker that has started nothing, with room for one idle connection."""
    made: Any = Worker.__new__(Worker)
    made.keepalived_conns, made.pending_conns = deque(), deque()
    made.max_keepalived = 1
    return made


@pytest.fixture
def connection() -> Any:
    return _Connection.__new__(_Connection)


def test_no_more_connections_are_kept_open_than_there_is_room_for(
    worker: Any, connection: Any
) -> None:
    connection.wait_in(worker.pending_conns, 1)
    assert worker._may_stay(connection)
    worker.keepalived_conns.append(object())
    assert not worker._may_stay(connection)


def test_one_that_has_room_keeps_it(worker: Any, connection: Any) -> None:
    connection.wait_in(worker.keepalived_conns, 1)
    assert worker._may_stay(connection)


def test_some_of_many_waiting_connections_are_taken_in_one_round(worker: Any) -> None:
    taken: list[socket.socket] = []
    worker._welcome = lambda client, _address, _listener: taken.append(client)
    with contextlib.ExitStack() as held:
        listener = held.enter_context(socket.create_server(("127.0.0.1", 0)))
        for _ in range(6):
            held.enter_context(socket.create_connection(listener.getsockname()))
        listener.setblocking(False)
        for together in (4, 6, 6):
            worker.accept(listener)
            assert len(taken) == together
        for client in taken:
            client.close()
