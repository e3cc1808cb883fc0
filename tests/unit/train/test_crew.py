"""How a batch is shared out; what several hosts make of it is in tests/process/train."""

import pytest

from container.environment import Hosts
from train.crew import END, Alone, Workers

NAMES = ("algo-1", "algo-2", "algo-3")


def rows(host: str, count: int) -> slice:
    worker = object.__new__(Workers)  # without the store, which needs all hosts to be there
    worker._hosts = Hosts(host, NAMES)
    worker._place = NAMES.index(host)
    return worker.rows(count)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 128, 130])
def test_every_row_is_one_hosts(count: int) -> None:
    shares = [list(range(count))[rows(name, count)] for name in NAMES]
    assert [row for share in shares for row in share] == list(range(count))
    assert max(map(len, shares)) - min(map(len, shares)) <= 1


def test_a_host_alone_has_all_rows_and_nobody_to_tell() -> None:
    alone = Alone()
    assert alone.rows(7) == slice(0, 7)
    assert alone.awaited() == END
    assert alone.add_up([], 2.5) == 2.5
    assert not alone.stopped
    assert Alone(lambda: True).stopped
