import io
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from local_test.aws.sagemaker import transform_objects
from local_test.aws.sagemaker.records import MEGABYTE
from local_test.aws.sagemaker.transform_caller import Call, Caller, CallError
from local_test.aws.sagemaker.transform_objects import ObjectError, Plan
from local_test.client import Answer

CSV = "text/csv"


class Model(Caller):
    """A model that answers every line by its length; `refuse` in a line is refused."""

    def __init__(self, *, slow_first: bool = False) -> None:
        super().__init__("http://nowhere", Call(CSV, CSV, 1, 0, chunked=False), threading.Event())
        self.bodies: list[bytes] = []
        self.busy = self.busiest = 0
        self._slow_first = slow_first
        self._lock = threading.Lock()

    def _asked(self, body: bytes) -> Answer:
        with self._lock:
            self.bodies.append(body)
            self.busy += 1
            self.busiest = max(self.busiest, self.busy)
            first = len(self.bodies) == 1
        try:
            if b"refuse" in body:
                raise CallError(400, "no good")
            if first and self._slow_first:
                time.sleep(0.05)  # long enough for later ones to be faster
            lines = body.splitlines()
            return Answer(200, CSV, b"".join(b"%d\n" % len(each) for each in lines))
        finally:
            with self._lock:
                self.busy -= 1


def plan(said: Mapping[str, Any] | None = None, **given: Any) -> Plan:
    source = {"ContentType": CSV, "SplitType": "Line", **given.pop("source", {})}
    output = {"Accept": CSV, **given.pop("output", {})}
    return Plan.of({"TransformInput": source, "TransformOutput": output, **given}, said or {})


def transformed(
    made: Plan, content: bytes, model: Model, look: Callable[[], None] = lambda: None
) -> bytes:
    output = io.BytesIO()
    transform_objects.transform(made, model, [content], output, look)
    return output.getvalue()


@pytest.mark.parametrize(
    ("said", "given", "expected"),
    [
        ({}, {}, "MaxConcurrentTransforms=1, MaxPayloadInMB=6, BatchStrategy=MULTI_RECORD"),
        (
            {"MaxConcurrentTransforms": 4, "BatchStrategy": "SINGLE_RECORD"},
            {"MaxConcurrentTransforms": 0},
            "MaxConcurrentTransforms=4, MaxPayloadInMB=6, BatchStrategy=SINGLE_RECORD",
        ),
        (
            {"MaxConcurrentTransforms": 4, "MaxPayloadInMB": 9, "BatchStrategy": "SINGLE_RECORD"},
            {"MaxConcurrentTransforms": 2, "MaxPayloadInMB": 0, "BatchStrategy": "MultiRecord"},
            "MaxConcurrentTransforms=2, MaxPayloadInMB=0, BatchStrategy=MULTI_RECORD",
        ),
    ],
)
def test_the_job_goes_before_the_container_and_that_before_defaults(
    said: dict[str, Any], given: dict[str, Any], expected: str
) -> None:
    assert str(plan(said, **given)) == expected


def test_answers_keep_the_order_of_records_whoever_is_faster() -> None:
    lines = [b"x" * (1 + number % 7) + b"\n" for number in range(50)]
    model = Model(slow_first=True)
    made = plan(MaxConcurrentTransforms=8, BatchStrategy="SingleRecord")

    found = transformed(made, b"".join(lines), model)

    assert found.split() == [b"%d" % (len(line) - 1) for line in lines]
    assert len(model.bodies) == 50
    assert 1 < model.busiest <= 8


def test_several_records_are_sent_at_once() -> None:
    model = Model()

    assert transformed(plan(), b"a\nbb\nccc", model) == b"1\n2\n3\n"
    assert model.bodies == [b"a\nbb\nccc"]


def test_line_adds_an_end_to_every_answer() -> None:
    made = plan(output={"AssembleWith": "Line"}, BatchStrategy="SingleRecord")

    assert transformed(made, b"a\nbb\n", Model()) == b"1\n\n2\n\n"


@pytest.mark.parametrize("split", ["Line", "None"])
def test_filters_and_join_go_by_lines(split: str) -> None:
    made = plan(
        source={"SplitType": split},
        output={"AssembleWith": "Line"},
        DataProcessing={"InputFilter": "$[1:]", "JoinSource": "Input", "OutputFilter": "$[0,-1]"},
    )
    model = Model()

    assert transformed(made, b"id1,12\nid2,3456\n", model) == b"id1,2\nid2,4\n"
    assert model.bodies == [b"12\n3456\n"]


@pytest.mark.parametrize("bad", [1, 2, 500, 1000])
def test_a_record_that_the_model_refuses_is_named(bad: int) -> None:
    lines = [b"fine\n"] * 1000
    lines[bad - 1] = b"refuse\n"
    model = Model()

    with pytest.raises(ObjectError) as caught:
        transformed(plan(), b"".join(lines), model)

    assert str(caught.value) == f"ClientError: record {bad}: the model answered 400: no good"
    assert len(model.bodies) <= 13  # halves, not one after another


def test_records_that_only_together_are_refused_are_all_named() -> None:
    class Full(Model):
        def _asked(self, body: bytes) -> Answer:
            if body.count(b"\n") > 1:
                raise CallError(413, "too much")
            return super()._asked(body)

    with pytest.raises(ObjectError, match="records 1 to 4: the model answered 413: too much"):
        transformed(plan(), b"a\nb\nc\nd\n", Full())


def test_a_fault_of_the_model_is_nobodys_record() -> None:
    class Broken(Model):
        def _asked(self, _body: bytes) -> Answer:
            raise CallError(500, "oh dear")

    with pytest.raises(ObjectError) as caught:
        transformed(plan(), b"a\nb\n", Broken())

    assert str(caught.value) == "AlgorithmError: records 1 to 2: the model answered 500: oh dear"


@pytest.mark.parametrize(
    ("given", "content", "said"),
    [
        ({"DataProcessing": {"InputFilter": "$[1:]"}}, b"1,2\n3\n", "record 2: .*no items 1:"),
        ({"MaxPayloadInMB": 1}, b"1\n" + b"x" * (MEGABYTE + 1), "Record 2 has 1,048,577 bytes"),
        (
            {"MaxPayloadInMB": 1, "source": {"SplitType": "None"}},
            b"1\n" * MEGABYTE,
            "Record 1 has 2,097,152 bytes",
        ),
        (
            {
                "MaxPayloadInMB": 1,
                "source": {"SplitType": "None"},
                "DataProcessing": {"JoinSource": "Input"},
            },
            b"1\n" * MEGABYTE,
            "The object has 2,097,152 bytes",
        ),
        ({"source": {"CompressionType": "Gzip"}}, b"1\n", "The object is no sound Gzip"),
        (
            {"DataProcessing": {"JoinSource": "Input"}, "source": {"SplitType": "RecordIO"}},
            b"12345678",
            "The object is no RecordIO",
        ),
    ],
)
def test_what_cannot_be_sent_is_told(given: dict[str, Any], content: bytes, said: str) -> None:
    with pytest.raises(ObjectError, match=rf"^ClientError: {said}"):
        transformed(plan(**given), content, Model())


def test_a_job_that_ends_does_not_wait_for_what_is_on_its_way() -> None:
    class StoppedError(Exception):
        pass

    class Hanging(Model):
        def __init__(self) -> None:
            super().__init__()
            self.released = threading.Event()

        def _asked(self, _body: bytes) -> Answer:
            self.released.wait()
            raise CallError(0, "closed")

        def close(self) -> None:
            self.released.set()

    def look() -> None:
        raise StoppedError

    with pytest.raises(StoppedError):
        transformed(plan(), b"a\n", Hanging(), look)
