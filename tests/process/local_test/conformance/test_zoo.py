"""Every check is proved both ways: the correct container passes, each vice fails its own clause."""

from collections.abc import Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any
from unittest import mock

import pytest

from local_test.conformance import patience
from local_test.conformance.findings import Finding, Status
from local_test.conformance.registry import DOCKER, GROUPS, Check, discover
from tests.support import zoo
from tests.zoo import vice

CHECKS = discover()
VICES = vice.discover()
NAMES = sorted(name for name, each in VICES.items() if not each.docker)
AT_ONCE = 4
SHORT: Mapping[str, Any] = zoo.SHORT
FIXED_PORTS = {"server_moves_to_the_port"}  # only an image has one: see tests/docker
SLOW = (
    "serve_start",
    "serve_variables",
    "serve_stop",
    "serve_ping",
    "serve_log",
    "serve_sockets",
    "train_input",
    "train_stop",
)  # they start many


@pytest.mark.parametrize("group", [each for each in GROUPS if any(c.group == each for c in CHECKS)])
def test_the_correct_container_passes(group: str, tmp_path: Path) -> None:
    checks = [each for each in CHECKS if each.group == group]

    found = zoo.run(zoo.subject(), checks, tmp_path)

    assert zoo.violated(found) == {}


@pytest.fixture(scope="module")
def findings(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Mapping[str, "Future[list[Finding]]"]]:
    """What is found of each vice that is asked for; they mostly wait, so several run at once."""
    asking = [
        item
        for item in request.session.items
        if isinstance(item, pytest.Function) and "findings" in item.fixturenames
    ]
    one = [str(item.callspec.params["name"]) for item in asking if hasattr(item, "callspec")]
    wanted = NAMES if len(one) < len(asking) else one  # some ask for every vice

    base = tmp_path_factory.mktemp("vices")  # pytest's factory is not made for threads

    def find(name: str) -> list[Finding]:
        folder = base / name
        folder.mkdir()
        return zoo.run(zoo.subject(name), checks_for(VICES[name]), folder)

    with mock.patch.multiple(patience, **SHORT), ThreadPoolExecutor(AT_ONCE) as pool:
        futures = {name: pool.submit(find, name) for name in wanted}
        yield futures
        for each in futures.values():
            each.cancel()


def checks_for(wanted: vice.Vice) -> list[Check]:
    """The checks of its clauses and their files, and of its group those that are quick."""
    aimed = [each for each in CHECKS if wanted.clauses & set(each.clauses)]
    files = {each.function.__module__ for each in aimed}
    return [
        each
        for each in CHECKS
        if each in aimed
        or each.function.__module__ in files
        or (each.group == wanted.group and not each.function.__module__.endswith(SLOW))
    ]


@pytest.mark.parametrize("name", NAMES)
def test_a_vice_fails_its_own_clauses_and_no_other(
    name: str, findings: Mapping[str, "Future[list[Finding]]"]
) -> None:
    found = findings[name].result()

    violated = {each.check.clause for each in found if each.status in zoo.VIOLATED}
    assert violated == VICES[name].clauses, zoo.violated(found)
    assert not [each.seen for each in found if each.status is Status.BROKEN]


def test_every_check_finds_something(findings: Mapping[str, "Future[list[Finding]]"]) -> None:
    """Where a clause has several checks, a vice for one of them proves nothing of the others."""
    fail = {
        each.check.name
        for name in NAMES
        for each in findings[name].result()
        if each.status in zoo.VIOLATED
    }

    assert {each.name for each in CHECKS if DOCKER not in each.needs} - fail == FIXED_PORTS
