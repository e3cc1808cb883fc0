"""A run as JSON."""

import json

from local_test.conformance.reports.report import Report


def render(report: Report) -> str:
    """Give the whole report, indented."""
    return json.dumps(report.to_dict(), indent=1) + "\n"
