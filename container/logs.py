"""Logs for CloudWatch and for people: one record a line, flushed, never coloured (C1.62).

Both styles carry the request id of the request in whose context the record was written (C4.35).
Values of variables and payloads are never logged (C1.63): nothing here has access to them.
"""

import json
import logging
import time
from contextvars import ContextVar
from typing import Literal, TextIO

Style = Literal["plain", "json"]

# Control characters and the other line ends of Unicode, made visible.
_ESCAPES = {
    each: chr(each).encode("unicode_escape").decode()
    for each in (*range(0x20), *range(0x7F, 0xA0), 0x2028, 0x2029)
}

request_id: ContextVar[str | None] = ContextVar("request_id", default=None)


class PlainFormatter(logging.Formatter):
    """`2026-11-24T05:00:00Z INFO blerssi.serve message request_id=…`, a line a record."""

    converter = staticmethod(time.gmtime)

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s %(message)s", "%Y-%m-%dT%H:%M:%SZ")
        self._stamp = (-1, "")

    def format(self, record: logging.LogRecord) -> str:
        """Render a record; line ends and other controls, a traceback's included, are escaped."""
        if record.exc_info or record.exc_text or record.stack_info:
            line = super().format(record)
        else:  # the same, without looking at the pattern and the calendar for each record
            stamp = self._time_of(record)
            line = f"{stamp} {record.levelname} {record.name} {record.getMessage()}"
        if not line.isprintable():
            line = line.translate(_ESCAPES)
        current = request_id.get()
        return f"{line} request_id={current}" if current else line

    def _time_of(self, record: logging.LogRecord) -> str:
        """When a record was made, written down once a second."""
        second, text = self._stamp
        if second != int(record.created):
            text = self.formatTime(record, self.datefmt)
            self._stamp = (int(record.created), text)
        return text


class JsonFormatter(logging.Formatter):
    """One JSON object a record, with the exception's text as a field of its own."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        """Render a record as JSON."""
        fields: dict[str, object] = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S") + f".{int(record.msecs):03d}Z",
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if current := request_id.get():
            fields["request_id"] = current
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return json.dumps(fields)


def configure(level: int, style: Style, stream: TextIO) -> None:
    """Send every record of the process to one stream; earlier handlers are replaced.

    Args:
        level: A level of the logging module.
        style: `plain` or `json`.
        stream: Usually stderr.
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonFormatter() if style == "json" else PlainFormatter())
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level)
