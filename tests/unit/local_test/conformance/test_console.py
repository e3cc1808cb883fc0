import io
from dataclasses import replace

import pytest

from local_test.conformance.console import Console, for_stream
from local_test.conformance.findings import Finding, Status
from tests.support.conformance import declared, finding


def shown(*found: Finding, live: bool = False, width: int = 100) -> str:
    stream = io.StringIO()
    console = Console(stream, live=live, width=width)
    for number, each in enumerate(found, 1):
        console.begins(each.check, number, len(found))
        console.ended(each, number, len(found))
    console.verdict(found, 12.3, "image x")
    return stream.getvalue()


def test_a_line_a_check_and_a_heading_a_group() -> None:
    text = shown(finding(Status.PASSED), finding(Status.PASSED, name="C1.23"))

    assert text.splitlines()[0] == "serve"
    assert text.count("\nserve") == 0
    assert "  pass  C1.22   A thing holds" in text
    assert "  1.2 s\n" in text
    assert "2 passed in 12 s.\nimage x: conforms to all.\n" in text
    assert "\x1b" not in text


@pytest.mark.parametrize("status", [Status.FAILED, Status.ADVISED, Status.BROKEN])
def test_a_failure_is_explained(status: Status) -> None:
    text = shown(finding(status, "status 500", ["> GET /ping\n< 500"]))

    _, _, explained = text.partition("\n\n")
    for each in (
        "D, documented by AWS",
        "status 500",
        "> GET /ping",
        "< 500",
        "It means.",
        "It breaks.",
        "Mend it.",
    ):
        assert each in explained


@pytest.mark.parametrize("status", [Status.ACCEPTED, Status.NOT_CHECKED])
def test_what_is_no_failure_is_not_explained(status: Status) -> None:
    assert "Mend it." not in shown(finding(status, "for a reason"))


@pytest.mark.parametrize(
    ("statuses", "sentence"),
    [
        ([Status.PASSED], "image x: conforms to all."),
        ([Status.PASSED, Status.NOT_CHECKED], "conforms to all of what could be checked."),
        ([Status.PASSED, Status.ADVISED], "conforms to all."),
        ([Status.PASSED, Status.FAILED], "does not conform."),
        ([Status.FAILED, Status.BROKEN], "the suite itself is broken"),
        ([Status.NOT_CHECKED], "nothing was proved."),
    ],
)
def test_the_last_sentence_follows_from_the_findings(statuses: list[Status], sentence: str) -> None:
    found = [finding(each) for each in statuses]

    assert sentence in shown(*found).splitlines()[-1]


def test_what_was_not_checked_is_listed_by_its_reason() -> None:
    text = shown(
        finding(Status.NOT_CHECKED, "needs Docker", name="C1.13"),
        finding(Status.NOT_CHECKED, "needs data", name="C5.4"),
        finding(Status.NOT_CHECKED, "needs Docker", name="C1.2"),
    )

    assert "not checked, needs Docker: C1.2, C1.13" in text
    assert "not checked, needs data: C5.4" in text


def test_a_terminal_sees_a_bar_that_goes_away() -> None:
    text = shown(finding(Status.FAILED, "no"), finding(Status.PASSED), live=True)

    assert "\r\x1b[K[------------------------] 1/2  C1.22  A thing holds" in text
    assert "\r\x1b[K[############------------] 2/2" in text
    assert "\x1b[1;31mFAIL \x1b[0m" in text


@pytest.mark.parametrize("width", [60, 80, 100, 140])
def test_a_long_title_is_wrapped_and_times_stay_in_a_column(width: int) -> None:
    long = replace(declared(), title="word " * 30)
    text = shown(
        replace(finding(Status.FAILED, "see " * 40), check=long),
        finding(Status.PASSED),
        width=width,
    )

    table = text.partition("\n\n")[0].splitlines()
    timed = [line for line in table if line.endswith("1.2 s")]
    assert len(timed) == 2
    assert {len(line) for line in timed} == {min(width, 110)}
    assert max(map(len, table)) <= width
    assert " ".join(table).split().count("word") == 30


def test_what_to_do_comes_before_the_evidence() -> None:
    text = shown(finding(Status.FAILED, "no", ["an answer"]))

    assert text.index("Mend it.") < text.index("an answer") < text.index("It means.")


def test_no_line_of_a_narrow_terminal_is_broken_by_the_bar() -> None:
    text = shown(finding(Status.PASSED), live=True, width=40)

    bar = text.split("\r\x1b[K")[1]
    assert len(bar) == 39


def test_evidence_cannot_move_the_cursor() -> None:
    text = shown(finding(Status.FAILED, "no", ["\x1b[2J\r\x07 rest"]))

    assert "\x1b" not in text
    assert "?[2J" in text


def test_a_file_gets_plain_lines() -> None:
    stream = io.StringIO()

    for_stream(stream).begins(declared(), 1, 1)

    assert stream.getvalue() == "serve\n"
