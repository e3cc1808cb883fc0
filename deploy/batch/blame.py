"""Why a transform job failed, and which record is to blame.

AWS says little of it in FailureReason; the model's own error is in the job's log, but counts rows
within one request, and nobody says which lines that request held. So the value that the model
refused is looked for in the input: every line that has it there is a bad one.
"""

import csv
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from deploy.aws import Aws
from deploy.batch import records
from deploy.batch.records import CSV, FIELDS, Records
from deploy.errors import DeployError, RefusedError
from deploy.refusal import Refusal, of_body
from deploy.scans import reading
from model.errors import Problem

GROUP: Final = "/aws/sagemaker/TransformJobs"
_ERROR: Final = re.compile(r'\{"error": ?\{.*\}\}')
_STATUS: Final = 400
_MOST_EVENTS: Final = 2000
_LINES: Final = 12  # of the log, where nothing better is known
_NAMED: Final = 5  # lines of one fault
_COUNT: Final = re.compile(r"(\d+) (?:columns|values)")


class BatchError(DeployError):
    """A transform job failed.

    Attributes:
        lines: Numbers of the lines of the input that are to blame; empty where nobody knows.
        problems: What the model said of them.
    """

    code = "batch_failed"

    def __init__(
        self, message: str, *, hint: str = "", lines: Sequence[int] = (),
        problems: Sequence[Problem] = (),
    ) -> None:  # fmt: skip
        super().__init__(message, hint=hint)
        self.lines = tuple(lines)
        self.problems = tuple(problems)


def explained(aws: Aws, described: Mapping[str, Any], sent: Records | None) -> BatchError:
    """Say why a job failed, as precisely as can be known.

    Args:
        aws: Where it ran.
        described: What DescribeTransformJob says.
        sent: What was sent; None where that is not at hand.
    """
    name = described["TransformJobName"]
    reason = " ".join(str(described.get("FailureReason") or "AWS gives no reason").split())
    what = f"Transform job {name} {described['TransformJobStatus'].lower()}"
    log = _log(aws, name)
    refusal = next(filter(None, map(_refusal, (*log, reason))), None)
    if refusal is None:
        where = f"Its log ({GROUP}, {name}/…)"
        tail = "\n".join((f"{where} ends:", *log[-_LINES:])) if log else f"{where} has no lines."
        return BatchError(f"{what}: {reason.rstrip('.')}.", hint=tail)
    found = list(_culprits(refusal, sent)) if sent is not None else []
    if sent is None or not found:
        told = f"the model says {refusal.kind}: {refusal.message}"
    else:
        told = f"{sent.name} {'; '.join(text for text, _ in found)}"
    said = _ERROR.sub("…", reason).rstrip(" .…:")
    return BatchError(
        f"{what}: {told.rstrip('.')}. (AWS says: {said}.)",
        hint=refusal.hint or "Mend the records or take them out, and run the command again.",
        lines=sorted({line for _, several in found for line in several}),
        problems=refusal.problems,
    )


def _log(aws: Aws, name: str) -> list[str]:
    """The last lines of a job's streams: the containers' and the platform's own (data-log)."""
    events: list[tuple[int, str]] = []
    try:
        streams = aws.read(
            "logs", "DescribeLogStreams", logGroupName=GROUP, logStreamNamePrefix=f"{name}/"
        )["logStreams"]
        for stream in streams:
            found = aws.read(
                "logs",
                "GetLogEvents",
                logGroupName=GROUP,
                logStreamName=stream["logStreamName"],
                limit=_MOST_EVENTS,
                startFromHead=False,
            )
            events += [(each["timestamp"], each["message"].rstrip()) for each in found["events"]]
    except RefusedError:  # nothing was written, or it may not be read
        pass
    return [message for _, message in sorted(events, key=lambda each: each[0])]


def _refusal(line: str) -> Refusal | None:
    found = _ERROR.search(line)
    return of_body(_STATUS, found[0]) if found else None


def _culprits(refusal: Refusal, sent: Records) -> Iterator[tuple[str, list[int]]]:
    """For each fault a sentence, and the lines that have it."""
    for problem in refusal.problems:
        lines = [
            number for number, text in sent.lines() if _has(problem, text, sent)
        ]  # one pass a fault: there are few, and files are small beside a failed job
        if not lines:
            continue
        named = ", ".join(map(str, lines[:_NAMED])) + (
            f" and {len(lines) - _NAMED:,} more" if len(lines) > _NAMED else ""
        )
        many = "lines" if len(lines) > 1 else "line"
        field = f" {problem.field} is" if problem.field else " has"
        yield (
            f"{many} {named}:{field} {json.dumps(problem.got)}, expected {problem.expected}",
            lines,
        )


def _has(problem: Problem, text: str, sent: Records) -> bool:
    """Whether a line has the fault."""
    if sent.layout.media_type == CSV:
        try:
            fields = records.columns(text)
        except csv.Error:
            return problem.field is None
        return _csv_has(problem, fields, sent)
    try:
        return _json_has(problem, json.loads(text))
    except ValueError:
        return problem.field is None


def _csv_has(problem: Problem, fields: Sequence[str], sent: Records) -> bool:
    if problem.field is None:
        said = _COUNT.fullmatch(str(problem.got))
        expected = len(sent.layout.header or FIELDS)
        return bool(said) and len(fields) != expected
    place = sent.layout.fields.get(problem.field)
    return place is not None and place < len(fields) and _same(reading(fields[place]), problem.got)


def _json_has(problem: Problem, found: Any) -> bool:
    match found:
        case {"features": list() as values}:
            pass
        case list() as values:
            pass
        case dict():
            return problem.field in found and _same(found[problem.field], problem.got)
        case _:
            return problem.field is None
    if problem.field is None:
        return len(values) != len(FIELDS)
    place = FIELDS.index(problem.field) if problem.field in FIELDS else len(values)
    return place < len(values) and _same(values[place], problem.got)


def _same(found: object, got: object) -> bool:
    """Whether a value is the one of an error body, where it may be cut short (`serve.errors`)."""
    if isinstance(found, str) and isinstance(got, str):
        return found == got or (got.endswith("...") and found.startswith(got[:-3]))
    return found == got
