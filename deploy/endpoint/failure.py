"""Why an endpoint is not what was asked for: AWS's reason, the alarms, the log's last lines."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, Final

from deploy.aws import Aws
from deploy.errors import DeployError, RefusedError

LOG_GROUP: Final = "/aws/sagemaker/Endpoints/{}"  # C1.62
_STREAMS = 50
_SHOWN_STREAMS = 4
_LINES = 20
_LONGEST_LINE = 400


class EndpointFailedError(DeployError):
    """An endpoint was not made, or not moved to a new version."""

    code = "endpoint_failed"


class RolledBackError(EndpointFailedError):
    """An update was taken back; the endpoint serves as before."""

    code = "rolled_back"


def not_made(
    aws: Aws, described: Mapping[str, Any], since: datetime.datetime
) -> EndpointFailedError:
    """Say why an endpoint is not in service.

    Args:
        aws: Where it is.
        described: What DescribeEndpoint says.
        since: Older log lines are another version's.
    """
    name, status = described["EndpointName"], described["EndpointStatus"]
    return EndpointFailedError(
        f"The endpoint {name} is {status}: {_reason(described)}",
        hint=_log(aws, name, since),
    )


def rolled_back(
    aws: Aws, described: Mapping[str, Any], wanted: str, alarms: Sequence[str], since: Any
) -> RolledBackError:
    """Say why an update was taken back.

    Args:
        aws: Where it is.
        described: What DescribeEndpoint says.
        wanted: The configuration that it should have.
        alarms: Names of those that are on.
        since: Older log lines are another version's.
    """
    name, serving = described["EndpointName"], described["EndpointConfigName"]
    on = f" On: {', '.join(alarms)}." if alarms else ""
    return RolledBackError(
        f"The update of {name} to {wanted} was rolled back: {_reason(described)}{on} "
        f"It serves {serving}, as before.",
        hint=_log(aws, name, since),
    )


def gone(name: str, doing: str) -> EndpointFailedError:
    """Say that an endpoint vanished while something was done to it."""
    return EndpointFailedError(
        f"The endpoint {name} was deleted while it was being {doing}.",
        hint="Somebody else did that; run the command again to make it anew.",
    )


def last_lines(aws: Aws, name: str, since: datetime.datetime, limit: int = _LINES) -> list[str]:
    """Give the last lines that an endpoint's new containers wrote; none where there is no log.

    Every container has a stream of its own, so that what an older version writes all the while is
    left out.

    Args:
        aws: Where it is.
        name: The endpoint's.
        since: Containers that were there before are not new.
        limit: How many lines at most.
    """
    group = LOG_GROUP.format(name)
    start = int(since.timestamp() * 1000)
    latest = {"orderBy": "LastEventTime", "descending": True, "limit": _STREAMS}
    newest = {"startTime": start, "startFromHead": False, "limit": limit}
    try:
        streams = aws.read("logs", "DescribeLogStreams", logGroupName=group, **latest)
        names = [
            each["logStreamName"]
            for each in streams["logStreams"]
            if each.get("creationTime", start) >= start
        ]
        events = [
            event
            for each in names[:_SHOWN_STREAMS]
            for event in aws.read(
                "logs", "GetLogEvents", logGroupName=group, logStreamName=each, **newest
            )["events"]
        ]
    except RefusedError:  # nothing was written yet, or the log may not be read
        return []
    events.sort(key=lambda event: event["timestamp"])
    return [_short(event["message"].rstrip()) for event in events[-limit:]]


def _short(line: str) -> str:
    """Leave out the middle: what went wrong stands at the end of a traceback."""
    half = _LONGEST_LINE // 2
    return line if len(line) <= _LONGEST_LINE else f"{line[:half]} … {line[-half:]}"


def _reason(described: Mapping[str, Any]) -> str:
    reason = " ".join(str(described.get("FailureReason") or "AWS gives no reason").split())
    return reason if reason.endswith((".", "!", "?")) else f"{reason}."


def _log(aws: Aws, name: str, since: datetime.datetime) -> str:
    lines = last_lines(aws, name, since)
    if not lines:
        return f"Its log ({LOG_GROUP.format(name)}) has no lines of that time."
    return "\n".join((f"Its log ({LOG_GROUP.format(name)}) ends:", *lines))
