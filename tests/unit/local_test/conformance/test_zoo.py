"""The zoo is complete: every check has something that it must find, and nothing is beside it."""

from collections.abc import Mapping
from pathlib import Path

from local_test.conformance.registry import GROUPS, discover
from tests.zoo import images, vice

CHECKS = discover()
VIOLATORS: Mapping[str, vice.Vice | images.Image] = {**vice.discover(), **images.discover()}
FACTS = Path(__file__).parent / "checks" / "test_image.py"
PROVED_ELSEWHERE: Mapping[str, Path] = {  # by check, the unit test of its failing side
    "image_is_small_enough": FACTS,  # nobody wants to build ten gigabytes
    "manifest_is_dockers": FACTS,  # this engine's store has no other manifest
}


def test_every_check_has_a_violator() -> None:
    violated = {name for each in VIOLATORS.values() for name in each.clauses}

    alone = {each.name for each in CHECKS if each.clause not in violated}

    assert alone == PROVED_ELSEWHERE.keys()


def test_what_is_proved_elsewhere_is_named_there() -> None:
    missing = {name for name, path in PROVED_ELSEWHERE.items() if name not in path.read_text()}
    assert missing == set()


def test_every_vice_is_aimed_at_checks_of_its_group() -> None:
    """A vice whose group has no check of its clauses would never be let loose on one."""
    aims = {(each.group, each.clause) for each in CHECKS}
    assert {
        name: each.clauses
        for name, each in VIOLATORS.items()
        if not any((each.group, clause) in aims for clause in each.clauses)
    } == {}


def test_the_groups_are_those_of_the_suite() -> None:
    assert {each.group for each in VIOLATORS.values()} == set(GROUPS)
