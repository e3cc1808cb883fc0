"""A model with a user's handler around it; what the handler leaves out is done as without one.

AWS's toolkit runs one request at a time in a process, and handlers rely on it: a lock keeps that
promise here, while /ping and other models go on. Whatever a handler raises becomes an answer.
"""

import gc
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

from werkzeug.http import parse_options_header

from container.settings import Settings
from model.answers import Answers
from model.predictor import Predictor
from serve import media, parse
from serve.attributes import Attributes
from serve.calling import Pieces, as_bytes, call, prepare
from serve.context import Context, checked
from serve.core import Answer, Request
from serve.errors import Kind, ServeError
from serve.handlers import Function, Handlers
from serve.stages import ArrayStages, stages
from serve.wishes import Read


class _Asked(NamedTuple):
    """One request on its way through the handler."""

    request: Request
    context: Context
    accept: str


class _Result(NamedTuple):
    """What the last function gave, which one that was, and how many records were read if known."""

    value: Any
    name: str
    rows: int = 0


class Handled:
    """Answers requests through a user's functions; safe to call from several threads.

    Args:
        model_dir: What `model_fn` is given.
        handlers: The user's functions.
        load: Loads the model where there is no `model_fn`.
        settings: How the server runs.

    Raises:
        ModelError: The handler or the model cannot be loaded; nothing half-made remains (C3.16).
    """

    def __init__(
        self,
        model_dir: Path,
        handlers: Handlers,
        load: Callable[[], Predictor],
        settings: Settings,
    ) -> None:
        self._dir = model_dir
        self._handlers = handlers
        self._settings = settings
        self._lock = threading.RLock()
        self._predictor: Predictor | None = None
        try:
            self._model = self._loaded(load)
        except BaseException:
            self.close()
            raise
        self._stages = stages(self._predictor, settings.max_payload)
        self._arrays = ArrayStages(None, settings.max_payload)

    def invoke(self, request: Request) -> Answer:
        """Answer one request.

        Raises:
            ServeError: The handler refuses it, fails, or gives what cannot be sent.
        """
        asked = _Asked(
            request, Context(self._dir, dict(request.headers.items())), self._accept(request)
        )
        try:
            with self._lock:
                result = self._result(asked)
                return call(result.name, self._answer, result, asked)
        except ServeError as error:
            if error.kind is Kind.EMPTY_BODY and self._settings.batch:
                return Answer(b"", asked.accept, None, 0)  # no record, no answer (C2.12)
            raise

    def close(self) -> None:
        """Let go of the model and of the user's modules."""
        self._model = None
        if self._predictor is not None:
            self._predictor.close()
            self._predictor = None
        self._handlers.modules.close()
        gc.collect()  # modules and their functions refer to each other

    def _loaded(self, load: Callable[[], Predictor]) -> Any:
        """Run the functions that prepare the model, in AWS's order (C6.10)."""
        context = Context(self._dir)
        folder = str(self._dir)
        if before := self._handlers.get("pre_model_fn"):
            prepare(before.name, before, folder, context=context)
        if own := self._handlers.get("model_fn"):
            model = prepare(own.name, own, folder, context=context)
        else:
            model = self._predictor = load()
        if warm_up := self._handlers.get("model_warmup_fn"):
            prepare(warm_up.name, warm_up, folder, model, context=context)
        return model

    def _accept(self, request: Request) -> str:
        """The answer's type: for our own writer one that it has, for the user's any (C6.14)."""
        default = self._settings.default_accept
        content = parse_options_header(request.content_type or "")[0].strip().lower()
        if self._settings.batch and media.ALIASES.get(content, content) in media.WRITTEN:
            default = media.ALIASES.get(content, content)  # as without a handler (C2.2)
        if self._handlers.get("output_fn") or self._handlers.get("transform_fn"):
            return media.preferred(request.accept, default)
        return media.choose(request.accept, default)

    def _result(self, asked: _Asked) -> _Result:
        """Run the functions that a request passes through."""
        if transform := self._handlers.get("transform_fn"):
            arguments = (self._model, *_for_user(asked.request), asked.accept)
            return _Result(_run(transform, arguments, asked), transform.name)
        read, rows = self._read(asked)
        prediction = self._predicted(read, asked)
        if output := self._handlers.get("output_fn"):
            value = _run(output, (prediction, asked.accept), asked)
            return _Result(value, output.name, rows)
        if not isinstance(prediction, Iterator):
            writer = self._stages if isinstance(prediction, Answers) else self._arrays
            prediction = call("predict_fn", writer.write, prediction, asked.accept)
        return _Result(prediction, "predict_fn", rows)

    def _read(self, asked: _Asked) -> tuple[Read, int]:
        request = asked.request
        if function := self._handlers.get("input_fn"):
            return Read(_run(function, _for_user(request), asked, self._model)), 0
        content = media.parse_content_type(request.content_type)
        read = call("input_fn", self._stages.read, request.body, content)
        return read, self._stages.count(read.data)

    def _predicted(self, read: Read, asked: _Asked) -> Any:
        if function := self._handlers.get("predict_fn"):
            _refuse_wishes(read)
            return _run(function, (read.data, self._model), asked)
        if self._predictor is None and (block := _as_block(self._model)):
            return call("predict_fn", block, read.data)
        return call("predict_fn", self._default, read, asked)

    def _default(self, read: Read, asked: _Asked) -> Any:
        """Predict as without a handler."""
        wishes = Attributes.parse(asked.request.attributes).wishes.joined(read.asked)
        if not self._handlers.get("output_fn"):
            wishes.check(asked.accept)
        return self._stages.predict(read.data, wishes)

    def _answer(self, result: _Result, asked: _Asked) -> Answer:
        """Make an answer of what a handler gave: a body, pieces of one, or either with its type.

        Raises:
            ValueError: It is something else (C6.11).
        """
        processor = asked.context.request_processor[0]
        value, media_type = result.value, processor.content_type or asked.accept
        match value:
            case (body, str(given)):
                value, media_type = body, checked(given, "the content type")
        pieces = Pieces(result.name, value, self._lock) if isinstance(value, Iterator) else None
        body = b"" if pieces else as_bytes(value)
        headers = asked.context.get_response_headers()
        return Answer(body, media_type, None, result.rows, processor.status, headers, pieces)


def _refuse_wishes(read: Read) -> None:
    """A user's predict_fn is given the records alone; what else a body says would be lost."""
    if read.asked is not None:
        raise ServeError(
            Kind.INVALID_INPUT,
            "The predict_fn of the model takes records alone; this body has a device, or a switch "
            "beside its instances.",
            hint="Ask by custom attributes, which the predict_fn can read, or use an input_fn.",
        )


def _run(function: Function, arguments: tuple[Any, ...], asked: _Asked, model: Any = None) -> Any:
    return call(function.name, function, *arguments, context=asked.context, model=model)


def _for_user(request: Request) -> tuple[str | bytes, str]:
    """Body and bare media type as AWS hands them over: JSON and CSV as text (C6.12).

    Raises:
        ServeError: The text is not in the charset that it claims.
    """
    header = (request.content_type or "").strip() or media.JSON
    name = parse_options_header(header)[0].strip().lower()
    if name in {media.JSON, media.CSV}:
        return parse.text(request.body, media.parse_content_type(header).charset), name
    return request.body, name


def _as_block(model: Any) -> Callable[[Any], Any] | None:
    """How a Gluon block that `model_fn` loaded predicts; None for other models (C6.13).

    MXNet's Python front end is not imported here: where it was not imported, there is no block.
    """
    mx = sys.modules.get("mxnet")
    if mx is None or not isinstance(model, mx.gluon.Block):
        return None
    return lambda data: model(mx.nd.array(data)).asnumpy()
