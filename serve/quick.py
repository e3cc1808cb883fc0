"""Small plain requests, answered at once in the worker's own loop: no thread, no framework.

They are most of what an endpoint is sent, and for them threads and a framework cost more than the
prediction does. What a request means is decided where it is for all others: in `serve.invocation`
and `serve.core`.
"""

import time
from typing import Protocol

from gunicorn import SERVER
from gunicorn.util import http_date
from werkzeug.http import HTTP_STATUS_CODES

from container import contract, logs
from serve import replies
from serve.core import Answerer, Core, Request
from serve.errors import ServeError
from serve.invocation import Invocations
from serve.outlet import Outlet
from serve.plain import Plain
from serve.replies import Reply


class Source(Protocol):
    """Where the model comes from: `serve.loading.Loading`, usually."""

    def healthy(self) -> bool:
        """What /ping says."""
        ...

    def refusal(self) -> ServeError:
        """Why /ping does not say 200."""
        ...

    def ready(self) -> Answerer | None:
        """The model where it is loaded; never waits."""
        ...


class Quick:
    """Answers plain requests that take less time than it takes to hand them to a thread.

    Args:
        source: Gives the model.
        invocations: Answers and counts, for Flask as well.
        log: Where each prediction writes a line.
    """

    def __init__(self, source: Source, invocations: Invocations, log: Outlet) -> None:
        self._source = source
        self._invocations = invocations
        self._log = log
        self._second, self._head = 0, ""

    def answer(self, request: Plain) -> bytes | None:
        """Give the bytes of the whole answer.

        Returns:
            None where a thread has to answer, as the model is not loaded, has a handler, is of
            unknown size, or computes for others, or as the log would have to be waited for.
        """
        answerer = None if request.ping else self._prompt()
        if not request.ping and answerer is None:
            return None
        request_id = replies.identify(request.headers.get(contract.INFERENCE_ID))
        token = logs.request_id.set(request_id)
        try:
            reply = self._ping() if answerer is None else self._invoke(request, answerer)
        except Exception as error:
            reply = replies.of_error(error, request_id)
        finally:
            logs.request_id.reset(token)
        return None if reply is None else self._written(reply)

    def _ping(self) -> Reply:
        if not self._source.healthy():
            raise self._source.refusal()
        return replies.healthy()

    def _prompt(self) -> Core | None:
        """The model where a small request takes milliseconds, whatever it asks for, and no more."""
        answerer = self._source.ready()
        if isinstance(answerer, Core) and answerer.signed and self._log.flows():
            return answerer
        return None

    def _invoke(self, request: Plain, answerer: Core) -> Reply | None:
        headers = request.headers
        asked = Request(
            request.body,
            headers.get("content-type"),
            headers.get("accept"),
            headers.get(contract.CUSTOM_ATTRIBUTES),
            headers,
        )
        return self._invocations.at_once(asked, answerer)

    def _written(self, reply: Reply) -> bytes:
        """The reply as gunicorn and Flask send it."""
        body = reply.body if isinstance(reply.body, bytes) else b"".join(reply.body)
        more = "".join(f"{name}: {value}\r\n" for name, value in reply.headers.items())
        head = (
            f"HTTP/1.1 {reply.status} {HTTP_STATUS_CODES[reply.status].upper()}\r\n"
            f"{self._constant()}"
            f"Content-Type: {reply.media_type}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
        )
        return head.encode("latin-1") + body

    def _constant(self) -> str:
        """The headers that change once a second at most."""
        now = int(time.time())
        if now != self._second:
            self._second = now
            self._head = f"Server: {SERVER}\r\nDate: {http_date(now)}\r\nConnection: keep-alive\r\n"
        return self._head
