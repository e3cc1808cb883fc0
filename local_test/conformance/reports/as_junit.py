"""A run as JUnit XML, for whatever shows test results.

Only hard clauses count as failures; advisory ones are skipped tests whose message says what was
seen.
"""

from collections.abc import Sequence
from itertools import groupby
from xml.etree import ElementTree

from local_test.conformance.findings import Finding, Status
from local_test.conformance.reports.report import Report, plain

_KINDS = {
    Status.FAILED: "failure",
    Status.BROKEN: "error",
    Status.ADVISED: "skipped",
    Status.ACCEPTED: "skipped",
    Status.NOT_CHECKED: "skipped",
}


def render(report: Report) -> str:
    """Give the report with a suite a group and a case a check."""
    root = ElementTree.Element(
        "testsuites", {"name": plain(report.subject), **_sums(report.findings)}
    )
    for group, found in groupby(report.findings, lambda each: each.check.group):
        cases = list(found)
        attributes = {"name": group, "timestamp": report.started, **_sums(cases)}
        suite = ElementTree.SubElement(root, "testsuite", attributes)
        for each in cases:
            _case(suite, each)
    ElementTree.indent(root)
    text: bytes = ElementTree.tostring(root, "utf-8", xml_declaration=True)
    return text.decode() + "\n"


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
    outcome = ElementTree.SubElement(case, _KINDS[finding.status], message=plain(message))
    lines = [f"expected: {check.expected}", f"mend: {finding.clause.mend}", *finding.evidence]
    outcome.text = plain("\n".join(lines))


def _sums(found: Sequence[Finding]) -> dict[str, str]:
    kinds = [_KINDS.get(each.status, "") for each in found]
    return {
        "tests": str(len(kinds)),
        "failures": str(kinds.count("failure")),
        "errors": str(kinds.count("error")),
        "skipped": str(kinds.count("skipped")),
        "time": f"{sum(each.seconds for each in found):.3f}",
    }
