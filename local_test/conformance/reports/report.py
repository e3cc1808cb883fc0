"""A run as data; the file formats are made of this."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from local_test.conformance import findings
from local_test.conformance.catalogue import Catalogue, Clause
from local_test.conformance.findings import Finding
from local_test.conformance.registry import Check

_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
NO_CHECK = "no check for it was part of this run"


@dataclass(frozen=True)
class Report:
    """A run.

    Attributes:
        subject: What was under test.
        started: When, ISO 8601 in UTC.
        seconds: How long it took.
        findings: In the order of the run.
        catalogue: Every clause of the contract.
    """

    subject: str
    started: str
    seconds: float
    findings: Sequence[Finding]
    catalogue: Catalogue

    @property
    def exit_code(self) -> int:
        """That of the suite."""
        return findings.exit_code(self.findings)

    def rest(self) -> dict[str, str]:
        """Why each of the other clauses was not looked at, by its name."""
        return without(self.catalogue, [each.check for each in self.findings])

    def to_dict(self) -> dict[str, Any]:
        """Give the run as JSON data."""
        return {
            "subject": self.subject,
            "started": self.started,
            "seconds": round(self.seconds, 3),
            "exit_code": self.exit_code,
            "counts": {str(status): n for status, n in findings.counts(self.findings).items()},
            "findings": [_finding(each) for each in self.findings],
            "unchecked_clauses": self.rest(),
        }


def without(catalogue: Catalogue, checks: Sequence[Check]) -> dict[str, str]:
    """Why none of these checks proves a clause, by the names of all such clauses."""
    proved = {name for each in checks for name in each.clauses}
    return {
        name: clause.unchecked or NO_CHECK
        for name, clause in catalogue.items()
        if name not in proved
    }


def plain(text: str) -> str:
    """Replace what neither XML nor HTML can hold, which evidence may."""
    return _UNFIT.sub("\N{REPLACEMENT CHARACTER}", text)


def _finding(finding: Finding) -> Mapping[str, Any]:
    check = finding.check
    return {
        "check": check.name,
        "clauses": list(check.clauses),
        "group": check.group,
        "title": check.title,
        "expected": check.expected,
        "status": str(finding.status),
        "seen": finding.seen,
        "evidence": list(finding.evidence),
        "seconds": round(finding.seconds, 3),
        **_clause(finding.clause),
    }


def _clause(clause: Clause) -> Mapping[str, Any]:
    return {
        "grade": clause.grade,
        "hard": clause.is_hard,
        "means": clause.means,
        "breaks": clause.breaks,
        "mend": clause.mend,
        "source": clause.source,
    }
