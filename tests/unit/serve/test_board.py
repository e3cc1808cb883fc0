import os

import pytest

from serve.board import Board, free_slot


def test_ready_while_any_worker_is() -> None:
    board = Board()
    assert not board.any_ready()
    board.set(3, ready=True)
    board.set(5, ready=True)
    board.set(3, ready=False)
    assert board.any_ready()
    board.set(5, ready=False)
    assert not board.any_ready()


def test_a_fork_shares_it() -> None:
    board = Board()
    child = os.fork()
    if child == 0:
        board.set(0, ready=True)
        os._exit(0)
    os.waitpid(child, 0)
    assert board.any_ready()


@pytest.mark.parametrize(("taken", "free"), [((), 0), ((0, 1, 3), 2), ((1,), 0)])
def test_the_lowest_number_is_given(taken: tuple[int, ...], free: int) -> None:
    assert free_slot(taken) == free
