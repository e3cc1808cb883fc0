"""Queries read both forms of the log; Logs Insights itself runs only at AWS."""

import logging
import re
from typing import Final

import pytest

from container import logs
from deploy.observability import queries
from deploy.observability.queries import QUERIES, Query

MESSAGE: Final = "status=400 code=invalid_input rows=0 ms=1.2"
FORMATTERS: Final = (logs.PlainFormatter(), logs.JsonFormatter())


def read(query: Query, line: str) -> dict[str, str]:
    """What the query's `parse` commands find in a line."""
    found: dict[str, str] = {}
    for pattern in re.findall(r"parse @message /(.+)/$", query.text, re.MULTILINE):
        if match := re.search(pattern.replace("(?<", "(?P<"), line):
            found |= match.groupdict()
    return found


def line(formatter: logging.Formatter, message: str) -> str:
    token = logs.request_id.set("abc-1")
    try:
        record = logging.LogRecord("blerssi.serve", logging.INFO, "", 0, message, None, None)
        return formatter.format(record)
    finally:
        logs.request_id.reset(token)


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
@pytest.mark.parametrize("formatter", FORMATTERS, ids=["plain", "json"])
def test_a_request_is_read(query: Query, formatter: logging.Formatter) -> None:
    found = read(query, line(formatter, MESSAGE))
    identity = found.pop("answer_to", "abc-1")
    assert identity == "abc-1"
    assert found == {
        "answer_status": "400",
        "answer_code": "invalid_input",
        "answer_rows": "0",
        "answer_ms": "1.2",
    }


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
@pytest.mark.parametrize("formatter", FORMATTERS, ids=["plain", "json"])
def test_other_lines_are_no_requests(query: Query, formatter: logging.Formatter) -> None:
    assert "answer_code" not in read(query, line(formatter, "The model is loaded."))


@pytest.mark.parametrize("query", QUERIES, ids=lambda query: query.name)
def test_commands_are_those_of_logs_insights_and_use_what_was_read(query: Query) -> None:
    commands = [each.split()[0] for each in query.text.split("\n| ")]
    assert set(commands) <= {"parse", "filter", "fields", "stats", "sort", "limit"}
    read_names = set(re.findall(r"\(\?<(\w+)>", query.text))
    assert set(re.findall(r"\banswer_\w+", query.text)) <= read_names
    assert len({each.name for each in QUERIES}) == len(QUERIES)


def test_the_log_is_the_endpoints() -> None:
    assert queries.log_group("mine") == "/aws/sagemaker/Endpoints/mine"
