"""What training prints: metrics that regular expressions find (C5.50, C5.51, C5.57)."""

import re

from local_test.conformance.lab import Lab
from local_test.conformance.registry import NotChecked, Violation, check
from local_test.conformance.training import first_metric_line, plain, stopped

_EXPONENT = re.compile(r"[eE][-+]?[0-9]")


@check(
    "C5.57",
    group="train",
    title="Training says on standard output what it does",
    expected="a line at least",
)
def training_is_not_silent(lab: Lab) -> None:
    """Nobody can look inside."""
    if not plain(lab).log.strip():
        raise Violation("not a line")


@check(
    "C5.51",
    group="train",
    title="Every metric is printed at least once, in a short training too",
    expected="each regular expression finds something in the log",
)
def metrics_are_printed(lab: Lab) -> None:
    """A tuning job without its objective fails."""
    trained = plain(lab)
    missing = [each for each in _metrics(lab) if not re.search(each, trained.log)]
    if missing:
        raise Violation(f"nothing matches {', '.join(missing)}", trained.container)


@check(
    "C5.50",
    group="train",
    title="Metric lines are whole, plain and not rewritten",
    expected="no carriage return within a line, and numbers without an exponent",
)
def metric_lines_are_plain(lab: Lab) -> None:
    """Expressions are matched line by line, and `[0-9.]+` reads 1.5e-05 as 1.5."""
    trained = plain(lab)
    if not first_metric_line(lab, trained.log):
        raise NotChecked("no metric is printed; see C5.51")
    for line in (each.rstrip("\r") for each in trained.log.split("\n")):
        for found in (each for regex in _metrics(lab) for each in re.finditer(regex, line)):
            if "\r" in line:
                raise Violation("a line with a metric is rewritten by carriage returns", line)
            if _EXPONENT.match(line, found.end(1)):
                raise Violation("a number has an exponent, which the expression cuts off", line)


@check(
    "C5.50",
    group="train",
    title="Metric lines are flushed while training goes on",
    expected="a metric in the log before the end",
)
def metric_lines_are_flushed(lab: Lab) -> None:
    """A buffer that nobody empties shows them after hours, or never."""
    if not first_metric_line(lab, plain(lab).log):
        raise NotChecked("no metric is printed; see C5.51")
    if not stopped(lab).line:
        raise Violation("no metric was in the log while training ran, though it prints some")


def _metrics(lab: Lab) -> tuple[str, ...]:
    if not lab.materials.metrics:
        raise NotChecked("needs regular expressions (`metrics` in the configuration)")
    return lab.materials.metrics
