"""One record a line, whatever is in it."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from container import logs

NASTY = 'a "quote"\nnext line\r\tand \x1b[31mred\x07 é \u2028 \x85 \udce9'


@pytest.fixture(autouse=True)
def clean() -> Iterator[None]:
    """No handler and no request of any other test."""
    root = logging.getLogger()
    before = root.handlers[:], root.level
    token = logs.request_id.set(None)
    yield
    logs.request_id.reset(token)
    root.handlers[:], root.level = before


def logged(style: logs.Style, level: int = logging.DEBUG) -> tuple[logging.Logger, io.StringIO]:
    stream = io.StringIO()
    logs.configure(level, style, stream)
    return logging.getLogger("blerssi.test"), stream


def raise_and_log(logger: logging.Logger) -> None:
    try:
        dict[str, int]()[NASTY]
    except KeyError:
        logger.exception("It failed.")


def test_plain_records_have_time_level_logger_and_message() -> None:
    logger, stream = logged("plain")
    logger.warning("%s is %d", "x", 3)
    stamp, _, rest = stream.getvalue().partition(" ")
    assert rest == "WARNING blerssi.test x is 3\n"
    assert len(stamp) == len("2026-11-24T05:00:00Z")
    assert stamp.endswith("Z")


def test_plain_records_have_the_second_that_they_were_made_in() -> None:
    formatter = logs.PlainFormatter()
    record = logging.LogRecord("a", logging.INFO, "", 0, "x", None, None)
    stamps = []
    for created in (0.0, 0.999, 1.0, 1764460800.5, 1.0):
        record.created = created
        stamps.append(formatter.format(record))
    assert stamps == [
        "1970-01-01T00:00:00Z INFO a x",
        "1970-01-01T00:00:00Z INFO a x",
        "1970-01-01T00:00:01Z INFO a x",
        "2025-11-30T00:00:00Z INFO a x",
        "1970-01-01T00:00:01Z INFO a x",
    ]


def test_plain_records_are_one_line_without_controls() -> None:
    logger, stream = logged("plain")
    logger.info(NASTY)
    raise_and_log(logger)
    lines = stream.getvalue().splitlines()
    assert len(lines) == 2
    assert r'a "quote"\nnext line\r\tand \x1b[31mred\x07 é \u2028 \x85' in lines[0]
    assert "It failed." in lines[1]
    assert r"\nKeyError: 'a" in lines[1]


def test_json_records_are_valid_and_whole() -> None:
    logger, stream = logged("json")
    logger.info(NASTY)
    raise_and_log(logger)
    first, second = (json.loads(line) for line in stream.getvalue().splitlines())
    assert first.keys() == {"time", "level", "logger", "message"}
    assert (first["level"], first["logger"], first["message"]) == ("INFO", "blerssi.test", NASTY)
    assert second["message"] == "It failed."
    assert second["exception"].endswith(f"KeyError: {NASTY!r}")
    stream.getvalue().encode("ascii")


@pytest.mark.parametrize("style", ["plain", "json"])
def test_the_request_id_of_the_context_is_carried(style: logs.Style) -> None:
    logger, stream = logged(style)
    token = logs.request_id.set("id-7")
    logger.info("inside")
    logs.request_id.reset(token)
    logger.info("outside")
    inside, outside = stream.getvalue().splitlines()
    if style == "plain":
        assert inside.endswith("inside request_id=id-7")
        assert outside.endswith("outside")
    else:
        assert json.loads(inside)["request_id"] == "id-7"
        assert "request_id" not in json.loads(outside)


def test_records_below_the_level_are_dropped_and_old_handlers_replaced() -> None:
    _, old = logged("plain")
    logger, stream = logged("plain", logging.WARNING)
    logger.info("no")
    logger.error("yes")
    assert old.getvalue() == ""
    assert stream.getvalue().count("\n") == 1
