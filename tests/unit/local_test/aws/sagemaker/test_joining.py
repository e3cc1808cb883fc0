import json
from typing import Any

import pytest

from container.errors import UserError
from local_test.aws.sagemaker import joining
from local_test.aws.sagemaker.joining import CSV, JSON, LINES, Processing


def processing(**given: str) -> Processing:
    return Processing.of(given)


def test_without_filters_and_join_nothing_changes() -> None:
    made = processing()

    assert not made.changes_input
    assert not made.changes_output
    assert made.before(b'odd, "bytes\r\n', CSV) == b'odd, "bytes\r\n'


@pytest.mark.parametrize(
    ("path", "content_type", "record", "expected"),
    [
        ("$[1:]", "text/csv", b"id,1,2\r\n", b"1,2\n"),
        ("$[1:]", "text/csv; charset=utf-8", b'"i,d","a ""b""",2\n', b'"a ""b""",2\n'),
        ("$[2]", CSV, b"id,1,2", b"2\n"),
        ("$.features", LINES, b'{"id":1,"features":[1, 2.5]}\n', b"[1,2.5]\n"),
        ("$['features']", JSON, '{"features":{"a":"é"}}'.encode(), '{"a":"é"}\n'.encode()),
    ],
)
def test_the_model_gets_what_the_input_filter_leaves(
    path: str, content_type: str, record: bytes, expected: bytes
) -> None:
    assert processing(InputFilter=path).before(record, content_type) == expected


@pytest.mark.parametrize(
    ("given", "record", "answer", "expected"),
    [
        ({"JoinSource": "Input"}, b"id,1\n", b"A,0.5", b"id,1,A,0.5"),
        ({"JoinSource": "Input", "OutputFilter": "$[0,-1]"}, b"id,1\n", b"A,0.5", b"id,0.5"),
        ({"JoinSource": "None", "OutputFilter": "$[1]"}, b"id,1\n", b"A,0.5\n", b"0.5"),
        ({"JoinSource": "Input"}, b'"i,d"\n', b'"say ""A"""', b'"i,d","say ""A"""'),
    ],
)
def test_answers_become_columns(
    given: dict[str, str], record: bytes, answer: bytes, expected: bytes
) -> None:
    assert processing(**given).after(record, answer, CSV, "text/csv; charset=utf-8") == expected


@pytest.mark.parametrize(
    ("path", "record", "expected"),
    [
        ("$", {"id": 1}, {"id": 1, "SageMakerOutput": {"p": 0.5}}),
        ("$", [1, 2], {"SageMakerInput": [1, 2], "SageMakerOutput": {"p": 0.5}}),
        ("$['id','SageMakerOutput']", {"id": 1, "x": 2}, {"id": 1, "SageMakerOutput": {"p": 0.5}}),
        ("$.SageMakerOutput.p", {"id": 1}, 0.5),
    ],
)
def test_answers_become_a_member(path: str, record: Any, expected: Any) -> None:
    made = processing(JoinSource="Input", OutputFilter=path)

    found = made.after(json.dumps(record).encode(), b'{"p": 0.5}', JSON, LINES)

    assert json.loads(found) == expected


@pytest.mark.parametrize(
    ("given", "record", "content_type", "answered", "said"),
    [
        ({"JoinSource": "Input"}, b"1\n", CSV, JSON, "text/csv cannot be joined with"),
        ({"JoinSource": "Input"}, b"1", "image/png", JSON, "image/png cannot be filtered"),
        ({"JoinSource": "Input"}, b"{", JSON, JSON, "'{' is not application/json"),
        ({"JoinSource": "Input"}, b'"a\n', CSV, CSV, "is not text/csv"),
        ({"JoinSource": "Input"}, b"\xff\n", CSV, CSV, "is not text/csv"),
        ({"OutputFilter": "$[3]"}, b"1\n", CSV, CSV, "there is no item 3 among 1"),
    ],
)
def test_what_cannot_be_joined_is_told(
    given: dict[str, str], record: bytes, content_type: str, answered: str, said: str
) -> None:
    with pytest.raises(UserError, match=said):
        processing(**given).after(record, b"1", content_type, answered)


def test_a_text_is_cut_into_an_answer_a_record() -> None:
    assert joining.answers(b"a\nb\n", CSV, 2) == [b"a", b"b"]
    assert joining.answers(b'{\n"a": 1}', JSON, 1) == [b'{\n"a": 1}']


@pytest.mark.parametrize("body", [b"a\n", b"a\nb\nc\n", b""])
def test_another_number_of_answers_than_records_is_told(body: bytes) -> None:
    with pytest.raises(UserError, match=r"gave \d answers in text/csv for 2 records"):
        joining.answers(body, CSV, 2)
