"""Every check is proved both ways: the correct container passes, each vice fails its own clause."""

from pathlib import Path

import pytest

from local_test.conformance.findings import Status
from local_test.conformance.registry import GROUPS, discover
from tests.support import zoo
from tests.zoo import vice

CHECKS = discover()
VICES = vice.discover()


@pytest.mark.parametrize("group", [each for each in GROUPS if any(c.group == each for c in CHECKS)])
def test_the_correct_container_passes(group: str, tmp_path: Path) -> None:
    checks = [each for each in CHECKS if each.group == group]

    found = zoo.run(zoo.subject(), checks, tmp_path)

    assert zoo.violated(found) == {}


@pytest.mark.parametrize("name", sorted(name for name, each in VICES.items() if not each.docker))
def test_a_vice_fails_its_own_clauses_and_no_other(name: str, tmp_path: Path) -> None:
    wanted = VICES[name]
    checks = [
        each for each in CHECKS if each.group == wanted.group or wanted.clauses & set(each.clauses)
    ]

    found = zoo.run(zoo.subject(name), checks, tmp_path)

    assert {each.check.clause for each in found if each.status in zoo.VIOLATED} == wanted.clauses, (
        zoo.violated(found)
    )
    assert not [each.seen for each in found if each.status is Status.BROKEN]
