"""What every List operation of SageMaker has in common: filters, order and pages."""

import base64
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from local_test.aws.errors import validation

_SIZE = 100  # a page's most entries, where the caller does not ask for fewer
_TIMES = {"CreationTime": "CreationTime", "LastModifiedTime": "LastModifiedTime"}


def page(
    rows: Sequence[Mapping[str, Any]],
    given: Mapping[str, Any],
    *,
    name: str,
    status: str = "",
    more: Mapping[str, str] | None = None,
) -> tuple[list[Mapping[str, Any]], str | None]:
    """Give one page of summaries and the token of the next; None on the last page.

    Args:
        rows: All of them, with `CreationTime` and, where the API has it, `LastModifiedTime`.
        given: The operation's input: NameContains, StatusEquals, CreationTimeAfter …, SortBy,
            SortOrder, MaxResults, NextToken.
        name: The member that holds a summary's name, such as `EndpointName`.
        status: The member that holds its status, where there is one.
        more: Members by what else SortBy may name.

    Raises:
        AwsError: The token is none of ours.
    """
    members = {"Name": name, "Status": status, **_TIMES, **(more or {})}
    member = members[given.get("SortBy", "CreationTime")]
    found = sorted(
        (row for row in rows if _wanted(row, given, name, status)),
        key=lambda row: (row[member], row[name]),
        reverse=given.get("SortOrder", "Descending") == "Descending",
    )
    start = _start(given.get("NextToken"))
    end = start + given.get("MaxResults", _SIZE)
    return found[start:end], _token(end) if end < len(found) else None


def _wanted(row: Mapping[str, Any], given: Mapping[str, Any], name: str, status: str) -> bool:
    if given.get("NameContains", "") not in row[name]:
        return False
    if status and given.get("StatusEquals", row[status]) != row[status]:
        return False
    for member in _TIMES:
        after, before = given.get(f"{member}After"), given.get(f"{member}Before")
        if after is not None and row[member] <= _time(after):
            return False
        if before is not None and row[member] >= _time(before):
            return False
    return True


def _time(value: float | str) -> datetime:
    if isinstance(value, str):
        return datetime.fromisoformat(value)
    return datetime.fromtimestamp(value, UTC)


def _token(start: int) -> str:
    return base64.urlsafe_b64encode(str(start).encode()).decode("ascii")


def _start(token: str | None) -> int:
    if token is None:
        return 0
    try:
        return int(base64.urlsafe_b64decode(token))
    except ValueError as error:
        raise validation(f"Invalid NextToken: {token}") from error
