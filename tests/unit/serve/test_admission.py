import contextlib
import threading

import pytest

from serve.admission import Admission
from serve.errors import Kind, ServeError


def test_one_more_than_fits_is_refused_and_places_come_back() -> None:
    admission = Admission(slots=1, queue=1)
    with admission.admit():
        with (
            admission.admit(),
            pytest.raises(ServeError) as caught,
            admission.admit(),
        ):
            pass
        assert caught.value.kind is Kind.OVERLOADED
        with admission.admit():
            pass


def test_a_place_comes_back_from_a_failure() -> None:
    admission = Admission(slots=1, queue=0)
    for _ in range(3):
        with (
            contextlib.suppress(KeyError),
            admission.admit(),
            admission.slot(),
        ):
            raise KeyError


def test_slots_are_handed_on_in_the_order_of_arrival() -> None:
    admission = Admission(slots=1, queue=9)
    order: list[int] = []

    def work(number: int) -> None:
        with admission.slot():
            order.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(5)]
    with admission.slot():
        for queued, thread in enumerate(threads):
            thread.start()
            while len(admission._waiting) <= queued:
                pass
    for thread in threads:
        thread.join(60)
    assert order == [0, 1, 2, 3, 4]


def test_never_more_than_the_slots_at_once() -> None:
    admission = Admission(slots=2, queue=100)
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        for _ in range(200):
            with admission.slot() as waited:
                inside.append(1)
                most.append(len(inside))
                inside.pop()
            assert waited >= 0

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert len(most) == 800
    assert max(most) <= 2


def test_at_once_means_that_nobody_computes() -> None:
    admission = Admission(slots=2, queue=0)
    assert admission.enter()
    assert not admission.enter()
    admission.leave()
    with admission.slot():
        assert not admission.enter()
    assert admission.enter()
    admission.leave()


def test_at_once_takes_a_place_like_everybody() -> None:
    admission = Admission(slots=1, queue=1)
    assert admission.enter()
    with admission.admit(), pytest.raises(ServeError), admission.admit():
        pass
    admission.leave()
    with admission.admit(), admission.admit():
        assert not admission.enter()


def test_a_slot_that_was_taken_at_once_is_handed_on() -> None:
    admission = Admission(slots=1, queue=9)
    assert admission.enter()
    done = threading.Event()

    def work() -> None:
        with admission.slot():
            done.set()

    thread = threading.Thread(target=work)
    thread.start()
    while not admission._waiting:
        pass
    admission.leave()
    thread.join(60)
    assert done.is_set()
