"""One invocation from its head to its answer: admission, the body, the model, counting.

`/invocations` and `/models/{name}/invoke` differ in nothing but where the model comes from.
"""

import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass

from flask import Response, request

from container import contract
from container.settings import Settings
from serve.admission import Admission
from serve.bodies import Body
from serve.core import Answer, Answerer, Request
from serve.errors import Kind, ServeError
from serve.metrics import Metrics
from serve.observed import Observed
from serve.streaming import Stream

BROKEN_STREAM = "broken_stream"  # the code of an answer that could not be completed

_log = logging.getLogger("blerssi.serve")

Hold = Callable[[], contextlib.AbstractContextManager[Answerer]]


@dataclass
class _Outcome:
    """What becomes of a request, until it is counted."""

    status: int = 500
    code: str = Kind.INTERNAL_ERROR.code
    rows: int = 0
    seen: Observed | None = None

    def refused(self, error: ServeError) -> None:
        self.status, self.code = error.status, error.kind.code

    def answered(self, answer: Answer) -> None:
        self.status, self.code, self.rows = answer.status, "ok", answer.rows
        self.seen = answer.seen

    def broke(self) -> None:
        self.code = BROKEN_STREAM


class Invocations:
    """Answers invocations within the bounds of one worker.

    Args:
        settings: How the server runs.
        admission: Who may compute.
        metrics: Where requests are counted.
    """

    def __init__(self, settings: Settings, admission: Admission, metrics: Metrics) -> None:
        self._largest = settings.max_payload
        self._admission = admission
        self._metrics = metrics

    def respond(self, hold: Hold) -> Response:
        """Answer the current request; a streamed answer keeps its slot to its end.

        Args:
            hold: Gives the model, and lets go of it when the request is answered.

        Raises:
            ServeError: The request cannot be answered.
        """
        outcome = _Outcome()
        with contextlib.ExitStack() as held:
            held.callback(self._count, outcome, time.perf_counter())
            try:
                answer = self._answer(hold, held)
            except ServeError as error:
                outcome.refused(error)
                raise
            outcome.answered(answer)
            if answer.pieces is None:
                response = Response(answer.body, answer.status, content_type=answer.media_type)
            else:
                stream = Stream(answer.pieces, held.pop_all(), outcome.broke)
                response = Response(stream, answer.status, content_type=answer.media_type)
        response.headers.update(answer.headers)
        if answer.echo is not None:
            response.headers[contract.CUSTOM_ATTRIBUTES] = answer.echo
        return response

    def _answer(self, hold: Hold, held: contextlib.ExitStack) -> Answer:
        headers = request.headers
        body = Body(request.environ["wsgi.input"], request.content_length, self._largest)
        held.enter_context(self._admission.admit())
        held.enter_context(self._metrics.in_flight())
        body.read_first()
        answerer = held.enter_context(hold())
        self._metrics.waited(held.enter_context(self._admission.slot()))
        return answerer.invoke(
            Request(
                body.read_all(),
                headers.get("Content-Type"),
                headers.get("Accept"),
                headers.get(contract.CUSTOM_ATTRIBUTES),
                headers,
            )
        )

    def _count(self, outcome: _Outcome, started: float) -> None:
        seconds = time.perf_counter() - started
        self._metrics.finished(outcome.status, outcome.code, seconds, outcome.rows, outcome.seen)
        _log.info(
            "status=%d code=%s rows=%d ms=%.1f",
            outcome.status,
            outcome.code,
            outcome.rows,
            1000 * seconds,
        )
