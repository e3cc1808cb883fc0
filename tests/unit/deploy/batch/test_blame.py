from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import pytest

from deploy.batch import blame
from deploy.batch.blame import BatchError
from deploy.batch.records import FIELDS, Records, prepare
from deploy.errors import MissingError
from tests.support.runtime import problem, refusal

if TYPE_CHECKING:
    from deploy.aws import Aws

ROW = ",".join(["-200"] * 13)
REASON = "ClientError: See job logs for more information."


class Log:
    """The log of a job: lines by stream."""

    def __init__(self, **streams: list[str]) -> None:
        self._streams = streams

    def read(self, _: str, operation: str, /, **parameters: Any) -> Mapping[str, Any]:
        if operation == "DescribeLogStreams":
            if not self._streams:
                raise MissingError("There is no such group.")
            assert parameters["logStreamNamePrefix"] == "job/"
            return {"logStreams": [{"logStreamName": name} for name in self._streams]}
        lines = self._streams[parameters["logStreamName"]]
        return {"events": [{"timestamp": n, "message": line} for n, line in enumerate(lines)]}


def explained(sent: Records | None, *, reason: str = REASON, **log: list[str]) -> BatchError:
    described = {
        "TransformJobName": "job",
        "TransformJobStatus": "Failed",
        "FailureReason": reason,
    }
    return blame.explained(cast("Aws", Log(**log)), described, sent)


def sent(folder: Path, text: str, name: str = "a.csv") -> Records:
    (folder / name).write_text(text)
    return prepare(folder / name, folder / "body", check=False)


def test_the_line_with_the_refused_value_is_named(tmp_path: Path) -> None:
    names = ",".join(reversed(FIELDS))
    records = sent(tmp_path, f"{names}\n{ROW}\n{ROW[:-4]}7\n{ROW}\n7{ROW[4:]}\n")
    body = refusal(problem(1, "b3001", 7.0))
    found = explained(records, data=["[sagemaker logs]: b/k: ClientError: 400", f"b/k: {body}"])
    assert found.lines == (3,)
    assert "a.csv line 3: b3001 is 7.0, expected dBm" in found.message
    assert f"(AWS says: {REASON})" in found.message
    assert [each.field for each in found.problems] == ["b3001"]


def test_every_line_that_has_it_is_counted(tmp_path: Path) -> None:
    records = sent(tmp_path, f"abc{ROW[4:]}\n" * 8)
    found = explained(records, data=[refusal(problem(0, "b3001", "abc"))])
    assert found.lines == tuple(range(1, 9))
    assert "lines 1, 2, 3, 4, 5 and 3 more: b3001" in found.message


def test_several_faults_are_all_told(tmp_path: Path) -> None:
    records = sent(tmp_path, f"{ROW}\n7{ROW[4:]}\n{ROW},1\n")
    body = refusal(problem(1, "b3001", 7), problem(2, None, "14 columns"))
    found = explained(records, data=[body])
    assert found.lines == (2, 3)
    assert 'line 3: has "14 columns"' in found.message


@pytest.mark.parametrize(
    ("line", "fault"),
    [
        ('{"b3001": 7}', problem(1, "b3001", 7)),
        ('{"features": [7]}', problem(1, "b3001", 7)),
        ("[7]", problem(1, "b3001", 7)),
        ("[7, 8]", problem(1, None, "2 values")),
        ("nonsense", problem(1, None, "nonsense")),
        ("3", problem(1, None, 3)),
        ('{"b3001": "' + "x" * 90 + '"}', problem(1, "b3001", "x" * 57 + "...")),
    ],
)
def test_json_lines_are_searched_too(tmp_path: Path, line: str, fault: dict[str, Any]) -> None:
    good = str([-200] * 13)
    records = sent(tmp_path, f'{good}\n{{"b3001": -70}}\n{line}\n', "a.jsonl")
    assert explained(records, data=[refusal(fault)]).lines == (3,)


def test_the_reason_may_hold_the_models_words(tmp_path: Path) -> None:
    records = sent(tmp_path, f"7{ROW[4:]}\n")
    body = refusal(problem(0, "b3001", 7))
    found = explained(records, reason=f"ClientError: record 1: {body}")
    assert found.lines == (1,)
    assert "(AWS says: ClientError: record 1.)" in found.message


@pytest.mark.parametrize("with_input", [True, False])
def test_the_models_words_are_told_where_no_line_is_found(tmp_path: Path, with_input: bool) -> None:
    records = sent(tmp_path, f"{ROW}\n") if with_input else None
    found = explained(records, data=[refusal(problem(0, "b3001", 7))])
    assert found.lines == ()
    assert "the model says invalid_input: The request does not fit" in found.message


def test_other_failures_come_with_the_end_of_the_log(tmp_path: Path) -> None:
    records = sent(tmp_path, f"{ROW}\n")
    found = explained(records, reason="AlgorithmError: it died", algo=["begin", "Killed"])
    assert found.message == "Transform job job failed: AlgorithmError: it died."
    assert found.hint.endswith("ends:\nbegin\nKilled")


def test_a_log_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "has no lines" in explained(sent(tmp_path, f"{ROW}\n")).hint
