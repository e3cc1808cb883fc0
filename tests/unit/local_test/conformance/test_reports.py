import json
from collections.abc import Callable
from html.parser import HTMLParser
from xml.etree import ElementTree

import pytest

from local_test.conformance.findings import Status
from local_test.conformance.reports import as_html, as_json, as_junit
from local_test.conformance.reports.report import NO_CHECK, Report
from tests.support.conformance import clause, finding

ODD = "<script>alert(1)</script> & \x00\x1b\ud800 \u00e9"
ALL = [
    finding(Status.PASSED),
    *(finding(each, f"{each}: {ODD}", [ODD]) for each in Status if each is not Status.PASSED),
]
CATALOGUE = {
    "C1.22": clause("C1.22"),
    "C8.1": clause("C8.1", "I", unchecked="A design note."),
    "C9.1": clause("C9.1", "O"),
}


@pytest.fixture
def report() -> Report:
    return Report("image <x>", "2026-11-24T12:00:00Z", 12.3456, ALL, CATALOGUE)


def test_json_holds_all(report: Report) -> None:
    data = json.loads(as_json.render(report))

    assert (data["subject"], data["seconds"], data["exit_code"]) == ("image <x>", 12.346, 2)
    assert data["counts"] == {str(status): 1 for status in Status}
    assert [each["status"] for each in data["findings"]] == [str(each) for each in Status]
    assert data["findings"][1]["evidence"] == [ODD]
    assert (data["findings"][1]["mend"], data["findings"][1]["hard"]) == ("Mend it.", True)
    assert data["unchecked_clauses"] == {"C8.1": "A design note.", "C9.1": NO_CHECK}


def test_junit_counts_hard_failures_alone(report: Report) -> None:
    root = ElementTree.fromstring(as_junit.render(report))  # noqa: S314 - our own

    assert {name: root.get(name) for name in ("tests", "failures", "errors", "skipped")} == {
        "tests": "6",
        "failures": "1",
        "errors": "1",
        "skipped": "3",
    }
    (suite,) = root
    assert (suite.get("name"), suite.get("timestamp")) == ("serve", "2026-11-24T12:00:00Z")
    passed, failed, *_ = suite
    assert (passed.get("name"), len(passed)) == ("C1.22 A thing holds", 0)
    (outcome,) = failed
    assert str(outcome.get("message")).startswith("failed: failed: <script>")
    assert "Mend it." in str(outcome.text)


class Page(HTMLParser):
    """What a page is made of."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.links: list[str | None] = []
        self.ids: list[str | None] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name in {"src", "href"}]
        self.ids += [value for name, value in attrs if name == "id"]


def test_html_needs_nothing_else_and_runs_nothing(report: Report) -> None:
    text = as_html.render(report)
    page = Page(text)

    assert page.links == [f"#{each}" for each in page.ids]
    assert not {"script", "link", "img"} & set(page.tags)
    assert "url(" not in text
    assert "@import" not in text
    assert "&lt;script&gt;" in text
    assert "A design note." in text


def test_html_begins_with_what_is_to_mend_the_worst_first(report: Report) -> None:
    text = as_html.render(report)
    cards, _, rest = text.partition("<h2>serve")

    order = [cards.index(f'<article class="{each}"') for each in ("failed", "broken", "advised")]
    assert order == sorted(order)
    assert cards.count("<dt>mend</dt>") == cards.count("<pre>") == 3
    assert rest.count('<details class="check ') == 3  # passed, accepted, not checked


def test_html_that_has_nothing_to_mend_says_so_at_once() -> None:
    report = Report("x", "2026-11-24T12:00:00Z", 1.0, [finding(Status.PASSED)], {})

    text = as_html.render(report)

    assert "<h1>conforms to all.</h1>" in text
    assert "To mend" not in text
    assert "<small>1 of 1 hold</small>" in text


def test_html_shows_code_spans() -> None:
    odd = finding(Status.FAILED, "`<b>` and `")

    text = as_html.render(Report("x", "2026-11-24T12:00:00Z", 1.0, [odd], {}))

    assert '<dd class="seen"><code>&lt;b&gt;</code> and `</dd>' in text


@pytest.mark.parametrize("render", [as_html.render, as_junit.render, as_json.render])
def test_every_report_can_be_written_as_utf_8(
    report: Report, render: Callable[[Report], str]
) -> None:
    assert render(report).encode()


@pytest.mark.parametrize("render", [as_html.render, as_junit.render, as_json.render])
def test_a_run_without_checks_is_a_report_too(render: Callable[[Report], str]) -> None:
    assert render(Report("x", "2026-11-24T12:00:00Z", 0, [], {}))
