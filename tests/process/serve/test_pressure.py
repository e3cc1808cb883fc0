"""Every slot busy: what still has to work (C1.20, C1.23, C4.10)."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from container.contract import CONNECT_SECONDS, PING_SECONDS
from tests.support.server import ServerProcess, Unfinished, finish, running


@pytest.fixture(scope="module")
def small(base: Path) -> Iterator[ServerProcess]:
    """One slot and two places to wait."""
    with running(
        base,
        SAGEMAKER_MODEL_SERVER_WORKERS="1",
        BLERSSI_CONCURRENCY="1",
        BLERSSI_QUEUE="2",
    ) as process:
        yield process


def fill(server: ServerProcess, row: bytes, places: int) -> list[Unfinished]:
    held = [Unfinished(server, row) for _ in range(places)]
    server.wait_for(lambda: server.metric("blerssi_in_flight") == places, f"{places} in flight")
    return held


def test_one_more_than_fits_is_told_to_come_back(small: ServerProcess, row: bytes) -> None:
    held = fill(small, row, 3)
    refused = small.request("POST", "/invocations", row, Content_Type="text/csv")
    assert refused.status == 503
    assert int(refused.headers["retry-after"]) >= 1
    large = small.request("POST", "/invocations", row * 200_000, Content_Type="text/csv")
    assert large.status == 503
    assert finish(held) == [200, 200, 200]
    assert small.request("POST", "/invocations", row, Content_Type="text/csv").status == 200


def test_pings_and_connects_do_not_wait(small: ServerProcess, row: bytes) -> None:
    held = fill(small, row, 3)
    idle = [small.connect() for _ in range(200)]
    for _ in range(20):
        started = time.monotonic()
        small.connect().close()
        assert time.monotonic() - started < CONNECT_SECONDS
        assert small.request("GET", "/ping").status == 200
        assert time.monotonic() - started < PING_SECONDS
    for connection in idle:
        connection.close()
    finish(held)


def test_pings_do_not_wait_for_heavy_computing(server: ServerProcess, row: bytes) -> None:
    body = row * 60_000
    with ThreadPoolExecutor(4) as pool:
        answers = [
            pool.submit(server.request, "POST", "/invocations", body, Content_Type="text/csv")
            for _ in range(4)
        ]
        while not all(answer.done() for answer in answers):
            started = time.monotonic()
            assert server.request("GET", "/ping").status == 200
            assert time.monotonic() - started < PING_SECONDS
        assert [answer.result().status for answer in answers] == [200] * 4


def test_a_slot_comes_back_when_its_client_leaves(small: ServerProcess, row: bytes) -> None:
    for each in fill(small, row, 3):
        each.drop()
    small.wait_for(lambda: small.metric("blerssi_in_flight") == 0, "an empty queue")
    assert small.request("POST", "/invocations", row, Content_Type="text/csv").status == 200
