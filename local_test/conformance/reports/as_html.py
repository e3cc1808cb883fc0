"""A run as one HTML file that needs nothing else: no script, no font, no network.

What does not hold comes first, with what was seen and how to mend it; then every check by its
group, and the clauses that no check looked at.
"""

import html
import re
from collections.abc import Iterable, Sequence
from itertools import groupby
from pathlib import Path

from local_test.conformance import findings
from local_test.conformance.catalogue import GRADES
from local_test.conformance.findings import Finding, Status
from local_test.conformance.reports.report import Report, plain

_STYLE = Path(__file__).with_name("report.css")
_MARKS = {
    Status.PASSED: "\N{CHECK MARK}",
    Status.ACCEPTED: "\N{CHECK MARK}",
    Status.FAILED: "\N{MULTIPLICATION X}",
    Status.BROKEN: "\N{MULTIPLICATION X}",
    Status.ADVISED: "!",
    Status.NOT_CHECKED: "\N{EN DASH}",
}


def render(report: Report) -> str:
    """Give the page."""
    subject = _escape(report.subject)
    faults = findings.faults(report.findings)
    groups = groupby(report.findings, lambda each: each.check.group)
    return f"""<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{subject}: SageMaker contract</title>
<style>
{_STYLE.read_text(encoding="utf-8")}</style>
{_head(report)}
{_faults(faults)}
{"".join(_group(name, list(found)) for name, found in groups)}
{_rest(report)}
</html>
"""


def _head(report: Report) -> str:
    counted = [(s, n) for s, n in findings.counts(report.findings).items() if n]
    bar = "".join(f'<i class="{_class(status)}" style="flex:{n}"></i>' for status, n in counted)
    sums = "".join(f'<li class="{_class(status)}">{n} {status}</li>' for status, n in counted)
    return f"""<header>
<p class="label">SageMaker contract</p>
<h1>{_escape(findings.verdict(report.findings))}</h1>
<p><code>{_escape(report.subject)}</code></p>
<p>{_escape(report.started.replace("T", " ").replace("Z", " UTC"))}, {report.seconds:.0f} s</p>
<div class="bar" aria-hidden="true">{bar}</div>
<ul class="sums">{sums}</ul>
</header>"""


def _faults(faults: Sequence[Finding]) -> str:
    if not faults:
        return ""
    return f"<h2>To mend</h2>\n{''.join(map(_fault, faults))}"


def _fault(finding: Finding) -> str:
    """A card: what was seen, what to do, the evidence; the reasons behind it on demand."""
    check, clause = finding.check, finding.clause
    kind = "hard" if clause.is_hard else "advisory"
    return f"""<article class="{_class(finding.status)}" id="{_anchor(finding)}">
<p class="label">{finding.status}</p>
<h3>{_title(finding)} <small>{_escape(", ".join(check.clauses))}, {kind}</small></h3>
{_list([("seen", finding.seen), ("expected", check.expected), ("mend", clause.mend)])}
{_evidence(finding)}
<details><summary>Why it matters</summary>
{_list([("means", clause.means), ("breaks", clause.breaks), ("grade", _grade(finding))])}
</details>
</article>
"""


def _group(name: str, found: Sequence[Finding]) -> str:
    counted = findings.counts(found)
    good = counted[Status.PASSED] + counted[Status.ACCEPTED]
    looked_at = len(found) - counted[Status.NOT_CHECKED]
    sums = f"{good} of {looked_at} hold" if looked_at else "not checked"
    rows = "".join(map(_check, found))
    return f"<h2>{_escape(name)} <small>{sums}</small></h2>\n{rows}"


def _check(finding: Finding) -> str:
    """A row: what does not hold leads to its card, all others unfold."""
    check, clause = finding.check, finding.clause
    state = _class(finding.status)
    mark = f'<span class="mark" title="{finding.status}">{_MARKS[finding.status]}</span>'
    why = f'<span class="why">{_prose(finding.seen)}</span>' if finding.seen else ""
    title = _title(finding)
    if finding.is_fault:
        title = f'<a href="#{_anchor(finding)}">{title}</a>'
    cells = (
        f'{mark}<span class="clause">{check.clause}</span><span>{title}{why}</span>'
        f'<span class="time">{finding.seconds:.1f} s</span>'
    )
    if finding.is_fault:
        return f'<div class="check {state}"><div class="row">{cells}</div></div>\n'
    rows = [
        ("clauses", ", ".join(check.clauses)),
        ("expected", check.expected),
        ("means", clause.means),
        ("breaks", clause.breaks),
        ("mend", clause.mend),
        ("grade", _grade(finding)),
    ]
    return (
        f'<details class="check {state}"><summary class="row">{cells}</summary>\n'
        f"{_list(rows)}{_evidence(finding)}</details>\n"
    )


def _rest(report: Report) -> str:
    rest = report.rest()
    if not rest:
        return ""
    rows = "\n".join(
        f"<tr><td>{_escape(name)}</td><td>{_prose(report.catalogue[name].title)}</td>"
        f"<td>{_prose(reason)}</td></tr>"
        for name, reason in rest.items()
    )
    return f"""<h2>Clauses that were not looked at <small>{len(rest)}</small></h2>
<details><summary>Each with its reason</summary>
<table class="rest">
{rows}
</table>
</details>"""


def _list(rows: Iterable[tuple[str, str]]) -> str:
    listed = "\n".join(
        f'<dt>{name}</dt><dd class="{name}">{_prose(text)}</dd>' for name, text in rows if text
    )
    return f"<dl>\n{listed}\n</dl>"


def _evidence(finding: Finding) -> str:
    return "\n".join(f"<pre>{_escape(each)}</pre>" for each in finding.evidence)


def _grade(finding: Finding) -> str:
    clause = finding.clause
    return f"{clause.grade}, {GRADES[clause.grade]}: {clause.source}"


def _title(finding: Finding) -> str:
    return _prose(finding.check.title)


def _prose(text: str) -> str:
    """Escape a text and show what stands between backticks as code."""
    return re.sub(r"`([^`]+)`", r"<code>\1</code>", _escape(text))


def _escape(text: str) -> str:
    """Make text of any origin safe inside an element or a quoted attribute."""
    return html.escape(plain(text))


def _anchor(finding: Finding) -> str:
    return _escape(finding.check.name)


def _class(status: Status) -> str:
    return str(status).replace(" ", "-")
