"""What becomes of whatever a user's code raises or gives."""

import threading
from collections.abc import Iterator

import pytest

from model.errors import EngineError, InputError
from serve import calling
from serve.calling import HandlerError, Pieces
from serve.errors import Kind, ServeError


def fail(error: BaseException) -> None:
    raise error


class StatusError(Exception):
    def __init__(self, status_code: object, **attributes: str) -> None:
        super().__init__("plain")
        self.status_code = status_code
        vars(self).update(attributes)


@pytest.mark.parametrize(
    ("error", "kind", "status", "message"),
    [
        (ValueError("x"), Kind.HANDLER_FAILURE, 500, "predict_fn failed with ValueError: x."),
        (ValueError(), Kind.HANDLER_FAILURE, 500, "predict_fn failed with ValueError."),
        (SystemExit(1), Kind.HANDLER_FAILURE, 500, "predict_fn failed with SystemExit: 1."),
        (InputError("Row 1."), Kind.INVALID_INPUT, 400, "Row 1."),
        (EngineError("MXNet."), Kind.MODEL_FAILURE, 500, "MXNet."),
        (ServeError(Kind.EMPTY_BODY, "Empty."), Kind.EMPTY_BODY, 400, "Empty."),
        (StatusError(422), Kind.HANDLER_REFUSAL, 422, "plain"),
        (StatusError(400, message="said"), Kind.HANDLER_REFUSAL, 400, "said"),
        (StatusError(599, detail="told"), Kind.HANDLER_REFUSAL, 599, "told"),
        (StatusError(200), Kind.HANDLER_FAILURE, 500, "predict_fn failed with StatusError: plain."),
        (StatusError("400"), Kind.HANDLER_FAILURE, 500, "predict_fn failed with StatusError: p"),
    ],
)
def test_a_failure_has_its_answer(
    error: BaseException, kind: Kind, status: int, message: str
) -> None:
    with pytest.raises(ServeError) as caught:
        calling.call("predict_fn", fail, error)
    assert (caught.value.kind, caught.value.status) == (kind, status)
    assert caught.value.message.startswith(message)


def test_memory_that_runs_out_is_507() -> None:
    with pytest.raises(ServeError) as caught:
        calling.call("predict_fn", fail, MemoryError())
    assert caught.value.status == 507


@pytest.mark.parametrize("error", [OSError("x"), SystemExit("x")])
def test_a_failure_to_prepare_fails_the_load(
    error: BaseException, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(HandlerError, match=r"model_fn failed with \w+: x\."):
        calling.prepare("model_fn", fail, error)
    assert caplog.records[0].exc_info


def test_a_fault_of_the_model_stays_what_it_is() -> None:
    with pytest.raises(EngineError, match="MXNet"):
        calling.prepare("model_fn", fail, EngineError("MXNet."))


@pytest.mark.parametrize("body", [1, [b"x"], {"a": 1}, object()])
def test_a_body_of_another_type_is_refused(body: object) -> None:
    with pytest.raises(ValueError, match=type(body).__name__):
        calling.as_bytes(body)


def pieces(made: Iterator[object]) -> Pieces:
    return Pieces("output_fn", made, threading.RLock())


@pytest.mark.parametrize(
    ("made", "sent"),
    [
        ([], []),
        (["", b"", None], []),
        (["a", "", bytearray(b"b"), "é"], [b"a", b"b", "é".encode()]),
    ],
)
def test_pieces_are_bytes_and_never_empty(made: list[object], sent: list[bytes]) -> None:
    found = pieces(iter(made))
    assert list(found) == sent
    found.close()


def test_a_piece_of_another_type_breaks_the_answer_off() -> None:
    found = pieces(iter(["a", 1]))
    assert next(found) == b"a"
    with pytest.raises(ServeError, match="type int"):
        next(found)


def test_a_generator_that_fails_while_it_is_closed_is_only_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def made() -> Iterator[str]:
        try:
            yield "a"
            yield "b"
        finally:
            raise OSError("in its finally")

    pieces(made()).close()
    assert "in its finally" in caplog.text
