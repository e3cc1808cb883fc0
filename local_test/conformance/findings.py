"""What came of a check, and what came of them all."""

import enum
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from local_test.conformance.catalogue import Clause
from local_test.conformance.registry import Check
from local_test.conformance.subject import Container

LOG_LINES = 15


class Status(enum.StrEnum):
    """What came of a check.

    Attributes:
        PASSED: The clause holds.
        FAILED: A hard clause does not hold.
        ADVISED: An advisory clause does not hold.
        ACCEPTED: Likewise, and the user gave the reason why that is so.
        NOT_CHECKED: It could not be told.
        BROKEN: The check itself failed.
    """

    PASSED = "passed"
    FAILED = "failed"
    ADVISED = "advised"
    ACCEPTED = "accepted"
    NOT_CHECKED = "not checked"
    BROKEN = "broken"


FAULTS = (Status.FAILED, Status.BROKEN, Status.ADVISED)  # the worst first


@dataclass(frozen=True)
class Finding:
    """What came of one check.

    Attributes:
        check: Which.
        clause: The catalogue's entry of its first clause.
        status: What came of it.
        seen: What was seen instead, or why it was not checked; empty where it passed.
        evidence: Requests with their answers, ends of logs.
        seconds: How long it took.
    """

    check: Check
    clause: Clause
    status: Status
    seen: str = ""
    evidence: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def is_fault(self) -> bool:
        """Whether somebody has to mend something."""
        return self.status in FAULTS


def counts(findings: Iterable[Finding]) -> dict[Status, int]:
    """How many there are of each kind."""
    found = Counter(each.status for each in findings)
    return {status: found[status] for status in Status}


def exit_code(findings: Sequence[Finding]) -> int:
    """0 where nothing hard fails, 1 where something does, 2 where the suite itself is broken."""
    found = counts(findings)
    if found[Status.BROKEN]:
        return 2
    return 1 if found[Status.FAILED] else 0


def verdict(findings: Iterable[Finding]) -> str:
    """All of it in one sentence, to be read after the subject's name."""
    found = counts(findings)
    if found[Status.BROKEN]:
        return "the suite itself is broken; see what is marked so."
    if found[Status.FAILED]:
        return "does not conform."
    rest = " of what could be checked" if found[Status.NOT_CHECKED] else ""
    return f"conforms to all{rest}." if found[Status.PASSED] else "nothing was proved."


def faults(findings: Iterable[Finding]) -> list[Finding]:
    """What does not hold, the worst first."""
    found = [each for each in findings if each.is_fault]
    return sorted(found, key=lambda each: FAULTS.index(each.status))


def quote(evidence: Sequence[object], used: Sequence[Container]) -> tuple[str, ...]:
    """Turn evidence into texts.

    Args:
        evidence: A reply, a container (its log is quoted), anything with a text.
        used: The check's containers; quoted where the evidence names none.
    """
    named = [each for each in evidence if isinstance(each, Container)]
    others = [str(each) for each in evidence if not isinstance(each, Container)]
    logs = [_end_of(each.log) for each in dict.fromkeys(named or used)]
    return tuple(filter(None, [*others, *logs]))


def _end_of(log: str) -> str:
    lines = log.rstrip().splitlines()
    if not lines:
        return ""
    return "\n".join([f"Its log{' ends' if len(lines) > LOG_LINES else ''}:", *lines[-LOG_LINES:]])
