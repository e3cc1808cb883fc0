"""Handlers as users write them, around a real model or one of their own."""

import json
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from container.contract import CUSTOM_ATTRIBUTES
from container.settings import Settings
from model.errors import ModelError
from serve import making
from serve.core import Answer, Answerer, Request
from serve.errors import Kind, ServeError
from tests.support.models import plain_export, signed_model

ROW = b"-70,-80,,,,,,,,,,,-90\n"
Make = Callable[..., Answerer]


@pytest.fixture
def make(tmp_path: Path) -> Iterator[Make]:
    """Loads a folder of files, with a signed model in it where that is asked for."""
    made: list[Answerer] = []

    def make(program: str, *, signed: bool = False, **others: str) -> Answerer:
        code = tmp_path / "code"
        code.mkdir(exist_ok=True)
        for name, text in {"inference": program, **others}.items():
            (code / f"{name}.py").write_text(text)
        if signed:
            signed_model(tmp_path)
        made.append(making.make(tmp_path, {}, Settings()))
        return made[-1]

    yield make
    for each in made:
        each.close()


def ask(
    answerer: Answerer, body: bytes = ROW, kind: str = "text/csv", accept: str | None = None
) -> Answer:
    return answerer.invoke(Request(body, kind, accept))


FOUR = """
import json

def model_fn(model_dir):
    return 3

def input_fn(request_body, content_type):
    return [content_type, request_body]

def predict_fn(data, model):
    return [type(data[1]).__name__, *data, model]

def output_fn(prediction, accept):
    return str(prediction), accept
"""


@pytest.mark.parametrize(
    ("content_type", "body", "seen"),
    [
        ("application/json", b"[1]", ["str", "application/json", "[1]", 3]),
        ("application/json; charset=utf-8", b"[1]", ["str", "application/json", "[1]", 3]),
        ("text/csv;charset=latin-1", b"\xe9", ["str", "text/csv", "é", 3]),
        ("application/x-npy", b"1", ["bytes", "application/x-npy", b"1", 3]),
        ("image/png", b"", ["bytes", "image/png", b"", 3]),
        (None, b"{}", ["str", "application/json", "{}", 3]),
    ],
)
def test_the_four_functions(make: Make, content_type: str, body: bytes, seen: list[object]) -> None:
    answer = make(FOUR).invoke(Request(body, content_type, "text/plain;q=0.5, image/png"))
    assert answer.body.decode() == str(seen)
    assert answer.media_type == "image/png"


@pytest.mark.parametrize("accept", [None, "*/*", "application/*", ""])
def test_a_range_of_types_means_the_default(make: Make, accept: str | None) -> None:
    assert make(FOUR).invoke(Request(b"1", None, accept)).media_type == "application/json"


@pytest.mark.parametrize(
    ("result", "body", "media_type"),
    [
        ("'text'", b"text", "application/json"),
        ("b'bytes'", b"bytes", "application/json"),
        ("bytearray(b'array')", b"array", "application/json"),
        ("memoryview(b'view')", b"view", "application/json"),
        ("None", b"", "application/json"),
        ("('a,b', 'text/csv')", b"a,b", "text/csv"),
    ],
)
def test_transform_fn_may_give(make: Make, result: str, body: bytes, media_type: str) -> None:
    program = (
        f"def model_fn(d): pass\ndef transform_fn(model, data, content_type, accept):"
        f" return {result}"
    )
    answer = ask(make(program))
    assert (answer.body, answer.media_type) == (body, media_type)


@pytest.mark.parametrize(
    ("function", "seen"),
    [
        (
            """def input_fn(body, content_type): return [[-70] * 13]
def output_fn(p, accept): return str(list(p.candidates.shape))""",
            [1, 3],
        ),
        ("def predict_fn(data, model): return model.probabilities(data).shape", [1, 4]),
        ("def output_fn(prediction, accept): return str(len(prediction.status))", 1),
        ("import json\ndef output_fn(p, accept, context): return json.dumps(p.status)", ["ok"]),
        ("def predict_fn(data, model): return {'rows': len(data)}", {"rows": 1}),
    ],
)
def test_what_is_missing_is_done_as_without_a_handler(
    make: Make, function: str, seen: object
) -> None:
    answerer = make(function, signed=True)
    assert json.loads(ask(answerer).body) == seen


def test_a_handler_without_a_function_changes_nothing(make: Make) -> None:
    answer = ask(make("", signed=True), accept="text/csv")
    assert answer.body.startswith((b"A0", b"B0"))
    assert answer.rows == 1


CONTEXT = """
seen = []

def pre_model_fn(model_dir): seen.append("pre")
def model_fn(model_dir, context=None):
    seen.append(context.system_properties["model_dir"] == model_dir)
    return 1
def model_warmup_fn(model_dir, model): seen.append(model)

def predict_fn(data, model, context):
    given = context.get_request_header(0, "x-amzn-sagemaker-custom-attributes")
    context.set_response_header(0, "X-Amzn-SageMaker-Custom-Attributes", f"{given}!")
    context.set_response_status(202, "", 0)
    return data

def output_fn(prediction, accept, *, context):
    context.set_response_content_type(0, "text/plain")
    return f"{seen} {context.request_processor[0].get_request_property('Accept')}"
"""


def test_the_context_reads_and_sets_headers_and_status(make: Make) -> None:
    headers = {CUSTOM_ATTRIBUTES: "trace=7", "Accept": "*/*"}
    answer = make(CONTEXT).invoke(Request(b"[[1]]", None, "*/*", "trace=7", headers))
    assert answer.headers == {CUSTOM_ATTRIBUTES: "trace=7!"}
    assert (answer.status, answer.media_type) == (202, "text/plain")
    assert answer.body == b"['pre', True, 1] */*"


def predict(body: str) -> str:
    return f"def predict_fn(data, model, context):\n    {body}\ndef model_fn(d): return 1\n"


HEADER = "context.set_response_header(0, {!r}, {!r})"


@pytest.mark.parametrize(
    ("body", "status", "told"),
    [
        ("raise ValueError('no such floor')", 500, "ValueError: no such floor"),
        ("import sys; sys.exit(0)", 500, "SystemExit: 0"),
        ("raise MemoryError", 507, "memory"),
        ("return object()", 500, "TypeError"),
        (HEADER.format("X", "a\r\nSet-Cookie: b"), 500, "visible ASCII"),
        (HEADER.format("X", "é"), 500, "visible ASCII"),
        (HEADER.format("X", "x" * 1025), 500, "1024"),
        (HEADER.format("Transfer-Encoding", "x"), 500, "cannot set the header"),
        (HEADER.format("a b", "x"), 500, "cannot set the header"),
        ("context.set_response_status(302)", 500, "cannot set the status"),
        ("e = KeyError('which'); e.status_code = 422; raise e", 422, "which"),
        ("e = OSError(); e.status_code = 400; e.message = 'floor 9'; raise e", 400, "floor 9"),
        ("e = OSError('x'); e.status_code = 302; raise e", 500, "OSError: x"),
    ],
)
def test_a_handler_that_fails_is_explained(make: Make, body: str, status: int, told: str) -> None:
    answerer = make(predict(body))
    for _ in range(2):  # and goes on
        with pytest.raises(ServeError) as caught:
            ask(answerer, b"[[1]]", "application/json")
        assert caught.value.status == status
        assert told in caught.value.message


def test_rows_that_an_input_fn_made_wrong_are_told(make: Make) -> None:
    with pytest.raises(ServeError, match=r"rows of 13 numbers, got shape \(2,\)"):
        ask(make("def input_fn(body, content_type): return [1, 2]", signed=True))


@pytest.mark.parametrize(
    ("program", "told"),
    [
        ("import nothing_of_that_name", "ModuleNotFoundError: No module named 'nothing_of"),
        ("def model_fn(d: int", "SyntaxError"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        (
            "def model_fn(d): raise OSError('no weights')",
            "model_fn failed with OSError: no weights",
        ),
        ("def model_fn(d): import sys; sys.exit(1)", "model_fn failed with SystemExit"),
        ("def model_fn(): pass", r"model_fn takes \(\)"),
        ("def predict_fn(data, model, a, b): pass", "predict_fn takes"),
        ("def transform_fn(m, b, c, a): pass\ndef input_fn(b, c): pass", "excludes the other"),
    ],
)
def test_a_program_that_cannot_be_used_fails_the_load(make: Make, program: str, told: str) -> None:
    modules, finders = set(sys.modules), list(sys.meta_path)
    with pytest.raises(ModelError, match=told):
        make(program)
    assert not {name for name in set(sys.modules) - modules if "_user_code_" in name}
    assert sys.meta_path == finders


def test_an_input_fn_may_ask_for_the_model_and_options_are_left_alone(make: Make) -> None:
    program = (
        "def model_fn(model_dir): return 'M'\n"
        "def input_fn(body, content_type, model): return model\n"
        "def predict_fn(data, model, factor=2): return [data * factor]\n"
    )
    assert ask(make(program)).body == b'["MM"]'


def test_one_request_at_a_time_runs_a_handler(make: Make) -> None:
    program = (
        "import threading, time\nbusy = threading.Lock()\n"
        "def model_fn(d): return 1\n"
        "def predict_fn(data, model):\n"
        "    assert busy.acquire(blocking=False)\n"
        "    time.sleep(0.001)\n"
        "    busy.release()\n"
        "    return data\n"
    )
    answerer = make(program)
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: ask(answerer, b"[[1]]", "application/json"), range(40)))
    assert {answer.body for answer in answers} == {b"[[1.0]]"}


GLUON = """
import mxnet as mx

def model_fn(model_dir):
    return mx.gluon.SymbolBlock.imports(
        f"{model_dir}/net-symbol.json", ["data"], f"{model_dir}/net-0000.params")
"""


@pytest.mark.filterwarnings("ignore:Cannot decide type:UserWarning")  # of MXNet, on its own export
def test_a_gluon_block_predicts_in_every_thread(make: Make, tmp_path: Path) -> None:
    without = making.make(plain_export(tmp_path), {}, Settings())
    expected = json.loads(without.invoke(Request(b"[[1, 2]]")).body)
    block = make(GLUON)
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: block.invoke(Request(b"[[1, 2]]")), range(20)))
    for answer in answers:
        np.testing.assert_allclose(json.loads(answer.body), expected, rtol=1e-5)


def test_a_model_that_only_its_handler_knows_needs_a_predict_fn(make: Make) -> None:
    with pytest.raises(ServeError, match="needs a predict_fn"):
        ask(make("def model_fn(d): return 1"), b"[[1]]", "application/json")


def test_batch_answers_in_kind_and_nothing_for_nothing(tmp_path: Path) -> None:
    signed_model(tmp_path)
    (tmp_path / "inference.py").write_text("")
    answerer = making.make(tmp_path, {}, Settings(batch=True))
    answer = answerer.invoke(Request(ROW, "text/csv; charset=utf-8"))
    assert answer.media_type == "text/csv"
    empty = answerer.invoke(Request(b"", "text/csv"))
    assert (empty.body, empty.media_type, empty.rows) == (b"", "text/csv", 0)
    answerer.close()


STREAM = """
events = []
def model_fn(d): return 1
def transform_fn(model, data, content_type, accept):
    try:
        for number in range(3):
            events.append(number)
            yield ["a", b"", b"b"][number]
        raise OSError("the lights went out")
    finally:
        events.append("closed")
"""


def pieces(answer: Answer) -> Iterator[bytes]:
    assert answer.pieces is not None
    return answer.pieces


def test_pieces_are_made_one_by_one_and_a_failure_breaks_the_answer_off(make: Make) -> None:
    answer = ask(make(STREAM))
    made = pieces(answer)
    assert answer.body == b""
    assert next(made) == b"a"
    assert next(made) == b"b"
    with pytest.raises(ServeError, match="the lights went out"):
        next(made)


@pytest.mark.parametrize("asked", [0, 1])
def test_closing_an_answer_ends_the_generator(make: Make, asked: int) -> None:
    program = f"{STREAM}\ndef events_fn(): return events\n"
    answerer = make(program)
    made = pieces(ask(answerer))
    for _ in range(asked):
        next(made)
    (events,) = [
        module.events for name, module in sys.modules.items() if name.endswith(".inference")
    ]
    made.close()  # type: ignore[attr-defined]
    assert events == [0, "closed"]


def test_a_failure_before_the_first_piece_has_a_status(make: Make) -> None:
    program = (
        "def model_fn(d): pass\ndef transform_fn(m, b, c, a):\n    raise OSError('x')\n    yield"
    )
    with pytest.raises(ServeError) as caught:
        ask(make(program))
    assert caught.value.kind is Kind.HANDLER_FAILURE


def test_a_streamed_prediction_does_not_keep_others_from_the_model(make: Make) -> None:
    answerer = make("def model_fn(d): pass\ndef predict_fn(data, model): yield from 'abc'")
    first = pieces(ask(answerer, b"[[1]]", "application/json"))
    second: list[bytes] = []
    other = threading.Thread(
        target=lambda: second.extend(pieces(ask(answerer, b"[[1]]", "application/json")))
    )
    other.start()
    other.join(60)
    assert second == list(first) == [b"a", b"b", b"c"]
