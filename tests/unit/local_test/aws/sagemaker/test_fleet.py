import threading

import pytest

from local_test.aws.sagemaker import fleet as module
from local_test.aws.sagemaker.fleet import BusyError, Fleet, NoInstanceError
from local_test.aws.sagemaker.instances import UnhealthyError
from tests.support.instances import Factory, fake
from tests.support.waiting import until


@pytest.fixture
def factory() -> Factory:
    return Factory()


def test_the_instance_with_the_fewest_requests_is_next(factory: Factory) -> None:
    fleet = Fleet("v", factory)
    fleet.scale(3)
    first = [fleet.take() for _ in range(3)]
    assert len(set(map(id, first))) == 3
    fleet.give_back(first[1])
    assert fleet.take() is first[1]
    assert (fleet.size, fleet.busy) == (3, 3)


def test_an_empty_fleet_has_nobody(factory: Factory) -> None:
    with pytest.raises(NoInstanceError, match="no healthy instance"):
        Fleet("v", factory).take()


def test_a_fleet_takes_so_many_requests_at_once(factory: Factory) -> None:
    fleet = Fleet("v", factory, most=2)
    fleet.scale(1)
    taken = [fleet.take() for _ in range(2)]
    with pytest.raises(BusyError, match="answers 2 requests already"):
        fleet.take()
    fleet.give_back(taken[0])
    fleet.take()


def test_instances_that_do_not_get_healthy_leave_the_others_alone(factory: Factory) -> None:
    fleet = Fleet("v", factory)
    fleet.scale(1)
    factory.healthy = False
    with pytest.raises(UnhealthyError):
        fleet.scale(3)
    assert fleet.size == 1
    assert [each.stopped.is_set() for each in factory.made] == [False, True, True]


def test_an_instance_answers_what_it_has_begun_before_it_is_stopped(factory: Factory) -> None:
    fleet = Fleet("v", factory)
    fleet.scale(2)
    busy = fleet.take()
    closing = threading.Thread(target=fleet.close)
    closing.start()
    until(lambda: fleet.size == 0, "the end of the fleet")
    with pytest.raises(NoInstanceError):
        fleet.take()
    assert not fake(busy).stopped.is_set()
    fleet.give_back(busy)
    closing.join(10)
    assert all(each.stopped.is_set() for each in factory.made)


def test_what_has_ended_is_replaced(factory: Factory) -> None:
    fleet = Fleet("v", factory)
    fleet.scale(2)
    factory.made[0].ended = True
    fleet.renew(2)
    assert fleet.size == 2
    assert [each.stopped.is_set() for each in factory.made] == [True, False, False]


def test_what_fails_its_pings_is_replaced_after_some(factory: Factory) -> None:
    fleet = Fleet("v", factory)
    fleet.scale(1)
    sick = factory.made[0]
    for healthy in (False, False, True, False, False):  # never three in a row
        sick.healthy = healthy
        fleet.renew(1)
    assert fleet.identities == [sick.identity]
    for _ in range(module.FAILED_PINGS):
        fleet.renew(1)
    assert sick.stopped.is_set()
    assert fleet.size == 1


def test_what_refused_a_connection_is_not_asked_again(factory: Factory) -> None:
    fleet = Fleet("v", factory)
    fleet.scale(2)
    gone = fleet.take()
    fleet.give_back(gone)
    fleet.discard(gone)
    assert {id(fleet.take()) for _ in range(4)} == {id(factory.made[1])}
    fleet.renew(2)
    assert fake(gone).stopped.is_set()
    assert fleet.size == 2


def test_a_replacement_that_fails_is_tried_again(factory: Factory) -> None:
    fleet = Fleet("v", factory)
    fleet.scale(1)
    factory.made[0].ended = True
    factory.healthy = False
    fleet.renew(1)
    assert fleet.size == 0
    factory.healthy = True
    fleet.renew(1)
    assert fleet.size == 1


def test_a_fleet_shrinks(factory: Factory) -> None:
    fleet = Fleet("v", factory)
    fleet.scale(3)
    fleet.scale(1)
    assert fleet.size == 1
    assert sum(each.stopped.is_set() for each in factory.made) == 2
