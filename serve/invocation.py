"""One invocation from its head to its answer: admission, the body, the model, counting.

`/invocations` and `/models/{name}/invoke` differ in nothing but where the model comes from, and
Flask's requests and the worker's own in nothing but who waits for them. Knows no HTTP library.
"""

import contextlib
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from container import contract
from container.settings import Settings
from serve import replies
from serve.admission import Admission
from serve.bodies import Body, Readable
from serve.core import Answer, Answerer, Headers, Request
from serve.errors import Kind, ServeError
from serve.metrics import Metrics
from serve.observed import Observed
from serve.replies import Reply
from serve.streaming import Stream

BROKEN_STREAM = "broken_stream"  # the code of an answer that could not be completed

_log = logging.getLogger("blerssi.serve")

Hold = Callable[[], contextlib.AbstractContextManager[Answerer]]


class Named(Headers, Protocol):
    """Headers that are found by name, whatever its case."""

    def get(self, key: str, /) -> str | None:
        """The value of one; None where it was not sent."""
        ...


class Incoming(NamedTuple):
    """A request whose body may still be on its way.

    Attributes:
        headers: All of them.
        stream: Gives the body.
        length: Of the body, as the head says; None where it does not.
    """

    headers: Named
    stream: Readable
    length: int | None


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

    def respond(self, incoming: Incoming, hold: Hold) -> Reply:
        """Answer a request, waiting as long as it takes; a streamed answer keeps its slot.

        Args:
            incoming: What a client sends.
            hold: Gives the model, and lets go of it when the request is answered.

        Raises:
            ServeError: The request cannot be answered.
        """
        outcome = _Outcome()
        with contextlib.ExitStack() as held:
            held.callback(self._count, outcome, time.perf_counter())
            try:
                answer = self._answer(incoming, hold, held)
            except ServeError as error:
                outcome.refused(error)
                raise
            outcome.answered(answer)
            if answer.pieces is None:
                return replies.of_answer(answer, answer.body)
            stream = Stream(answer.pieces, held.pop_all(), outcome.broke)
        return replies.of_answer(answer, stream)

    def at_once(self, asked: Request, answerer: Answerer) -> Reply | None:
        """Answer a request that has come whole, without waiting for anybody.

        Args:
            asked: The request.
            answerer: The model; not one that streams.

        Returns:
            None where others compute, or no place is left: nothing was done or counted.

        Raises:
            ServeError: The request cannot be answered.
        """
        if not self._admission.enter():
            return None
        outcome, started = _Outcome(), time.perf_counter()
        try:
            with self._metrics.in_flight():
                self._metrics.waited(0.0)
                answer = answerer.invoke(asked)
            outcome.answered(answer)
            return replies.of_answer(answer, answer.body)
        except ServeError as error:
            outcome.refused(error)
            raise
        finally:
            self._admission.leave()
            self._count(outcome, started)

    def _answer(self, incoming: Incoming, hold: Hold, held: contextlib.ExitStack) -> Answer:
        headers = incoming.headers
        body = Body(incoming.stream, incoming.length, self._largest)
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
