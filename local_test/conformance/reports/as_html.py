"""A run as one HTML file that needs nothing else: no script, no font, no network."""

import html
from itertools import groupby

from local_test.conformance import findings
from local_test.conformance.catalogue import GRADES
from local_test.conformance.findings import Finding, Status
from local_test.conformance.reports.report import Report, plain

_STYLE = """
:root { color-scheme: light dark; --line: #8886; --good: #18794e; --bad: #c62a2f; --mild: #8a5a00 }
@media (prefers-color-scheme: dark) { :root { --good: #4cc38a; --bad: #ff6369; --mild: #f1a10d } }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem }
h2 { margin: 2rem 0 .5rem } p.sum b { margin-right: 1rem }
details { border-top: 1px solid var(--line) }
summary { display: flex; gap: 1rem; padding: .35rem .25rem; cursor: pointer }
summary .status { width: 6.5rem } summary .clause { width: 4rem } summary .title { flex: 1 }
.passed, .accepted { color: var(--good) } .failed, .broken { color: var(--bad); font-weight: 600 }
.advised { color: var(--mild) } .not-checked { opacity: .65 }
dl { display: grid; grid-template-columns: 7rem 1fr; gap: .25rem 1rem; margin: .25rem 0 1rem 1rem }
dt { opacity: .65 } dd { margin: 0 }
pre { margin: 0; padding: .5rem; overflow: auto; border: 1px solid var(--line); max-height: 24rem }
table { border-collapse: collapse } td { border-top: 1px solid var(--line); padding: .25rem .5rem }
"""


def render(report: Report) -> str:
    """Give the page: the verdict, every finding by group, the clauses that were not looked at."""
    verdict = "does not conform" if report.exit_code else "no hard clause is violated"
    groups = groupby(report.findings, lambda each: each.check.group)
    sections = [
        f"<h2>{_escape(group)}</h2>\n" + "\n".join(_finding(each) for each in found)
        for group, found in groups
    ]
    rest = "\n".join(
        f"<tr><td>{name}</td><td>{_escape(report.catalogue[name].title)}</td>"
        f"<td>{_escape(reason)}</td></tr>"
        for name, reason in report.rest().items()
    )
    subject = _escape(report.subject)
    return f"""<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>SageMaker contract: {subject}</title>
<style>{_STYLE}</style>
<h1>SageMaker contract: {subject}</h1>
<p class="sum">{_sums(report)}</p>
<p><strong>{verdict}</strong> &middot; {_escape(report.started)} &middot; {report.seconds:.0f} s</p>
{"".join(sections)}
<h2>Clauses that were not looked at</h2>
<table>
{rest}
</table>
</html>
"""


def _sums(report: Report) -> str:
    return " ".join(
        f'<b class="{_class(status)}">{count} {status}</b>'
        for status, count in findings.counts(report.findings).items()
        if count
    )


def _finding(finding: Finding) -> str:
    check, clause = finding.check, finding.clause
    opened = " open" if finding.status in {Status.FAILED, Status.BROKEN} else ""
    rows = [
        ("clauses", _escape(", ".join(check.clauses))),
        ("grade", _escape(f"{clause.grade}, {GRADES[clause.grade]}: {clause.source}")),
        ("expected", _escape(check.expected)),
        ("seen", _escape(finding.seen)),
        *(("evidence", f"<pre>{_escape(each)}</pre>") for each in finding.evidence),
        ("means", _escape(clause.means)),
        ("breaks", _escape(clause.breaks)),
        ("mend", _escape(clause.mend)),
    ]
    listed = "\n".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in rows if text)
    return (
        f'<details{opened}><summary><span class="status {_class(finding.status)}">'
        f'{finding.status}</span><span class="clause">{check.clause}</span>'
        f'<span class="title">{_escape(check.title)}</span>'
        f"<span>{finding.seconds:.1f} s</span></summary>\n<dl>\n{listed}\n</dl></details>"
    )


def _escape(text: str) -> str:
    """Make text of any origin safe inside an element or a quoted attribute."""
    return html.escape(plain(text))


def _class(status: Status) -> str:
    return str(status).replace(" ", "-")
