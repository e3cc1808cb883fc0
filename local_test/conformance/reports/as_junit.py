"""A run as JUnit XML, for whatever shows test results.

Only hard clauses count as failures; advisory ones are skipped tests whose message says what was
seen.
"""

import re
from collections.abc import Sequence
from itertools import groupby
from xml.etree import ElementTree

from local_test.conformance.findings import Finding, Status
from local_test.conformance.reports.report import Report

_KINDS = {
    Status.FAILED: "failure",
    Status.BROKEN: "error",
    Status.ADVISED: "skipped",
    Status.ACCEPTED: "skipped",
    Status.NOT_CHECKED: "skipped",
}
_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report) -> str:
    """Give the report with a suite a group and a case a check."""
    root = ElementTree.Element(
        "testsuites", {"name": _text(report.subject), **_sums(report.findings)}
    )
    for group, found in groupby(report.findings, lambda each: each.check.group):
        cases = list(found)
        attributes = {"name": group, "timestamp": report.started, **_sums(cases)}
        suite = ElementTree.SubElement(root, "testsuite", attributes)
        for each in cases:
            _case(suite, each)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _case(suite: ElementTree.Element, finding: Finding) -> None:
    check = finding.check
    case = ElementTree.SubElement(
        suite,
        "testcase",
        classname=f"{check.group}.{check.name}",
        name=f"{check.clause} {check.title}",
        time=f"{finding.seconds:.3f}",
    )
    if finding.status is Status.PASSED:
        return
    message = f"{finding.status}: {finding.seen}"
    outcome = ElementTree.SubElement(case, _KINDS[finding.status], message=_text(message))
    lines = [f"expected: {check.expected}", f"mend: {finding.clause.mend}", *finding.evidence]
    outcome.text = _text("\n".join(lines))


def _sums(found: Sequence[Finding]) -> dict[str, str]:
    kinds = [_KINDS.get(each.status, "") for each in found]
    return {
        "tests": str(len(kinds)),
        "failures": str(kinds.count("failure")),
        "errors": str(kinds.count("error")),
        "skipped": str(kinds.count("skipped")),
        "time": f"{sum(each.seconds for each in found):.3f}",
    }


def _text(text: str) -> str:
    """Replace what XML cannot hold, which evidence may."""
    return _NO_XML.sub("\N{REPLACEMENT CHARACTER}", text)
