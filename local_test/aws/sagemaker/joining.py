"""Data processing of a transform job: filter, join, filter (C2.11).

    record ──InputFilter──▶ the model ──▶ answer ──JoinSource: Input──▶ both ──OutputFilter──▶ out

A row of CSV counts as a list of its columns; answers become further ones. JSON gets a member
`SageMakerOutput`, and what is no object stands beside it as `SageMakerInput`.
"""

import csv
import io
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from container.errors import UserError
from local_test.aws.sagemaker.filters import Filter

CSV: Final = "text/csv"
JSON: Final = "application/json"
LINES: Final = "application/jsonlines"
TYPES: Final = (CSV, JSON, LINES)


@dataclass(frozen=True)
class Processing:
    """What happens to records before and after the model.

    Attributes:
        incoming: What of a record the model gets.
        join: Whether the answer is put beside the record.
        outgoing: What of the result is kept.
    """

    incoming: Filter
    join: bool
    outgoing: Filter

    @classmethod
    def of(cls, given: Mapping[str, str]) -> "Processing":
        """Read a job's DataProcessing.

        Raises:
            UserError: A filter is no path.
        """
        return cls(
            Filter.parse(given.get("InputFilter", "$")),
            given.get("JoinSource") == "Input",
            Filter.parse(given.get("OutputFilter", "$")),
        )

    @property
    def changes_input(self) -> bool:
        """Whether the model gets something else than what stands in the file."""
        return not self.incoming.is_everything

    @property
    def changes_output(self) -> bool:
        """Whether the result is something else than the model's answer."""
        return self.join or not self.outgoing.is_everything

    def before(self, record: bytes, content_type: str) -> bytes:
        """Give what the model gets of a record.

        Raises:
            UserError: The record is not of its type, or lacks what the filter wants.
        """
        if not self.changes_input:
            return record
        return _encode(self.incoming(_decode(record, content_type)), content_type) + b"\n"

    def after(self, record: bytes, answer: bytes, content_type: str, answered: str) -> bytes:
        """Give what is kept of a record and its answer, without a line end.

        Args:
            record: As it stands in the file.
            answer: The model's.
            content_type: Of the record.
            answered: The answer's media type.

        Raises:
            UserError: One of them is not of its type, they cannot be joined, or the result lacks
                what the filter wants.
        """
        result = _decode(answer, answered)
        if self.join:
            if _is_csv(content_type) != _is_csv(answered):
                raise UserError(
                    f"{content_type} cannot be joined with answers in {answered}.",
                    hint="Ask for the input's own format with Accept.",
                )
            beside = _columns if _is_csv(answered) else _members
            result = beside(_decode(record, content_type), result)
        return _encode(self.outgoing(result), answered)


def answers(body: bytes, content_type: str, number: int) -> Sequence[bytes]:
    """Cut a model's answer into as many records as were sent.

    Raises:
        UserError: There are more or fewer, so that nobody can tell which belong together (C2.10).
    """
    if number == 1 and media_type(content_type) == JSON:
        return [body]
    found = [each for each in body.split(b"\n") if each.strip()]
    if len(found) != number:
        raise UserError(
            f"The model gave {len(found)} answers in {content_type or 'no type'} for {number} "
            "records, so they cannot be joined to their input.",
            hint="Ask for one line a record (text/csv or application/jsonlines) with Accept, or "
            "send single records (BatchStrategy).",
        )
    return found


def media_type(content_type: str) -> str:
    """The media type without parameters, in small letters."""
    return content_type.partition(";")[0].strip().lower()


def _is_csv(content_type: str) -> bool:
    return media_type(content_type) == CSV


def _decode(text: bytes, content_type: str) -> Any:
    if media_type(content_type) not in TYPES:
        raise UserError(
            f"Data in {content_type or 'no type'} cannot be filtered or joined.",
            hint=f"DataProcessing knows {', '.join(TYPES)}.",
        )
    try:
        if not _is_csv(content_type):
            return json.loads(text)
        rows = list(csv.reader([text.decode("utf-8").rstrip("\r\n")], strict=True))
    except (ValueError, csv.Error) as error:
        shown = text[:60].decode("utf-8", "replace").rstrip()
        raise UserError(f"{shown!r} is not {content_type}: {error}.") from error
    return rows[0] if rows else []


def _encode(value: Any, content_type: str) -> bytes:
    if not _is_csv(content_type):
        return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()
    text = io.StringIO()
    columns = value if isinstance(value, list) else [value]
    csv.writer(text, lineterminator="").writerow(columns)
    return text.getvalue().encode()


def _columns(record: list[str], result: list[str]) -> list[str]:
    return [*record, *result]


def _members(record: Any, result: Any) -> dict[str, Any]:
    members = record if isinstance(record, dict) else {"SageMakerInput": record}
    return {**members, "SageMakerOutput": result}
