"""Runs the checks one after another and gives what came of each."""

import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from container.errors import ContainerError, UserError
from local_test.conformance import findings
from local_test.conformance.catalogue import Catalogue, Clause
from local_test.conformance.findings import Finding, Status
from local_test.conformance.http import NoAnswer
from local_test.conformance.lab import Lab
from local_test.conformance.registry import GROUPS, Check, NotChecked, Violation


class Observer(Protocol):
    """Whoever wants to see how the run goes."""

    def begins(self, check: Check, number: int, total: int) -> None:
        """A check begins; numbers start at 1."""

    def ended(self, finding: Finding, number: int, total: int) -> None:
        """A check has ended."""


def select(checks: Sequence[Check], only: Sequence[str], skip: Sequence[str]) -> list[Check]:
    """Choose checks by groups, clauses and names.

    Args:
        checks: All there are.
        only: Where not empty, nothing else is chosen.
        skip: Not chosen.

    Raises:
        UserError: A word is none of them.
    """
    words = {word for each in checks for word in _words(each)} | set(GROUPS)
    if unknown := [word for word in (*only, *skip) if word not in words]:
        raise UserError(
            f"No check, clause or group is called {', '.join(unknown)}.",
            hint="See --list; a clause without a check is explained by --explain.",
        )
    return [
        each
        for each in checks
        if (not only or _words(each) & set(only)) and not _words(each) & set(skip)
    ]


def run(
    checks: Sequence[Check],
    lab: Lab,
    catalogue: Catalogue,
    accepted: Mapping[str, str],
    observer: Observer,
) -> list[Finding]:
    """Run checks.

    Args:
        checks: In this order.
        lab: Where.
        catalogue: Has a clause for each.
        accepted: Reasons by clause for advisory failures that are meant.
        observer: Is told of every check.
    """
    return list(_run(checks, lab, catalogue, accepted, observer))


def _run(
    checks: Sequence[Check],
    lab: Lab,
    catalogue: Catalogue,
    accepted: Mapping[str, str],
    observer: Observer,
) -> Iterator[Finding]:
    for number, each in enumerate(checks, 1):
        observer.begins(each, number, len(checks))
        finding = _find(each, lab, catalogue[each.clause], accepted.get(each.clause, ""))
        observer.ended(finding, number, len(checks))
        yield finding


def _find(check: Check, lab: Lab, clause: Clause, accepted: str) -> Finding:
    lab.used.clear()
    started = time.monotonic()
    status, seen, evidence = _try(check, lab)
    if status is Status.FAILED and not clause.is_hard:
        status = Status.ACCEPTED if accepted else Status.ADVISED
        seen += f" (accepted: {accepted})" if accepted else ""
    quoted = findings.quote(evidence, lab.used) if status is not Status.PASSED else ()
    return Finding(check, clause, status, seen, quoted, time.monotonic() - started)


def _try(check: Check, lab: Lab) -> tuple[Status, str, tuple[object, ...]]:
    if missing := set(check.needs) - lab.subject.offers:
        return Status.NOT_CHECKED, f"needs {', '.join(sorted(missing)).capitalize()}", ()
    try:
        check(lab)
    except Violation as violation:
        return Status.FAILED, violation.seen, violation.evidence
    except (NoAnswer, NotChecked) as reason:
        status = Status.FAILED if isinstance(reason, NoAnswer) else Status.NOT_CHECKED
        return status, str(reason), ()
    except Exception as error:  # one broken check must not end the run
        name = "" if isinstance(error, ContainerError) else f"{type(error).__name__}: "
        return Status.BROKEN, f"{name}{error}", ()
    return Status.PASSED, "", ()


def _words(check: Check) -> set[str]:
    return {check.group, check.name, *check.clauses}
