"""Why an endpoint is not what was asked for: AWS's reason, the alarms, the log's last lines."""

import datetime
from collections.abc import Mapping, Sequence
from typing import Any, Final

from deploy.aws import Aws
from deploy.errors import DeployError, RefusedError

LOG_GROUP: Final = "/aws/sagemaker/Endpoints/{}"  # C1.62
_STREAMS = 3
_LINES = 20


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
    """Give the last lines that an endpoint's containers wrote; none where there is no log.

    Args:
        aws: Where it is.
        name: The endpoint's.
        since: Older ones are left out.
        limit: How many at most.
    """
    group = LOG_GROUP.format(name)
    start = int(since.timestamp() * 1000)
    latest = {"orderBy": "LastEventTime", "descending": True, "limit": _STREAMS}
    newest = {"startTime": start, "startFromHead": False, "limit": limit}
    try:
        found = aws.read("logs", "DescribeLogStreams", logGroupName=group, **latest)
        names = [stream["logStreamName"] for stream in found["logStreams"]]
        events = [
            event
            for each in names
            for event in aws.read(
                "logs", "GetLogEvents", logGroupName=group, logStreamName=each, **newest
            )["events"]
        ]
    except RefusedError:  # nothing was written yet, or the log may not be read
        return []
    events.sort(key=lambda event: event["timestamp"])
    return [event["message"].rstrip() for event in events[-limit:]]


def _reason(described: Mapping[str, Any]) -> str:
    reason = " ".join(str(described.get("FailureReason") or "AWS gives no reason").split())
    return reason if reason.endswith((".", "!", "?")) else f"{reason}."


def _log(aws: Aws, name: str, since: datetime.datetime) -> str:
    lines = last_lines(aws, name, since)
    if not lines:
        return f"Its log ({LOG_GROUP.format(name)}) has no lines of that time."
    return "\n".join((f"Its log ({LOG_GROUP.format(name)}) ends:", *lines))
