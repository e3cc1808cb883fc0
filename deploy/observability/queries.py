"""Queries of Logs Insights over the log of an endpoint.

Its container writes a line a request:

    2026-11-24T05:00:00Z INFO blerssi.serve status=400 code=invalid_input rows=0 ms=1.2 request_id=…

They read both forms of the log, plain and JSON. What clients send is never logged (C1.63), so bad
rows are found by request: the answer that the client got names them.
"""

from dataclasses import dataclass
from typing import Final

from deploy.endpoint.failure import LOG_GROUP

# Names that no field of the JSON log has: Logs Insights finds those by itself.
_READ: Final = (
    r"parse @message /status=(?<answer_status>\d+) code=(?<answer_code>\S+) "
    r"rows=(?<answer_rows>\d+) ms=(?<answer_ms>[\d.]+)/"
)
_READ_ID: Final = r"parse @message /request_id[=\": ]+(?<answer_to>[^\s\"]+)/"


@dataclass(frozen=True)
class Query:
    """One query.

    Attributes:
        name: What it is called below the endpoint's name.
        title: What it shows, in a few words.
        text: In the language of Logs Insights.
    """

    name: str
    title: str
    text: str

    def widget(self, endpoint: str) -> str:
        """The query as a dashboard takes it, with the log that it reads."""
        return f"SOURCE '{log_group(endpoint)}' | {self.text}"


def log_group(endpoint: str) -> str:
    """Where the containers of an endpoint log."""
    return LOG_GROUP.format(endpoint)


def _piped(*commands: str) -> str:
    return "\n| ".join(commands)


ERRORS: Final = Query(
    "errors-by-code",
    "Errors by code",
    _piped(
        _READ,
        'filter ispresent(answer_code) and answer_code != "ok"',
        "stats count(*) as answers, max(@timestamp) as last by answer_status, answer_code",
        "sort answers desc",
    ),
)
SLOWEST: Final = Query(
    "slowest-requests",
    "Slowest requests",
    _piped(
        _READ,
        _READ_ID,
        "filter ispresent(answer_ms)",
        "fields @timestamp, answer_ms * 1 as milliseconds, answer_rows, answer_code, answer_to, "
        "@logStream",
        "sort milliseconds desc",
        "limit 25",
    ),
)
BAD_ROWS: Final = Query(
    "bad-rows",
    "Requests with bad rows",
    _piped(
        _READ,
        _READ_ID,
        'filter answer_code = "invalid_input"',
        "fields @timestamp, answer_to, answer_ms, @logStream",
        "sort @timestamp desc",
        "limit 100",
    ),
)
QUERIES: Final = (ERRORS, SLOWEST, BAD_ROWS)
