"""gunicorn's threaded worker, made fit for SageMaker's demands on sockets, and for small requests.

What it changes: a connection takes a thread only once it has sent something; a small plain request
is answered in the loop itself, without one; what a client still sends after its answer is read and
dropped, so that no reset destroys the answer (C1.33); SIGTERM accepts what is already waiting, then
closes the port (C1.16); errors of HTTP itself have our error body.
"""

import contextlib
import select
import socket
import struct
import time
import uuid
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Any

from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import TConn, ThreadWorker

from serve.errors import Kind, ServeError
from serve.plain import LARGEST_BODY, LARGEST_HEAD, Otherwise, look

if TYPE_CHECKING:
    from serve.quick import Quick

STALL_SECONDS = 60  # after which a client that neither sends nor reads is given up
_BEGUN_SECONDS = 1.0  # for the rest of a small request, before a thread waits for it
_LINGER_SECONDS = 20.0  # for what a client still sends after its answer, in all
_LINGER_IDLE_SECONDS = 2.0  # and without sending anything
_STOP_SECONDS = 1.0  # for connections that have sent nothing when we are told to stop
_ACCEPTED = 4  # connections in one round of the loop
_READ = LARGEST_HEAD + LARGEST_BODY + 1  # bytes


class _Connection(TConn):  # type: ignore[misc]
    """One client.

    Attributes:
        queue: Where it waits in the loop.
        early: What the loop has read and nobody has answered.
        unsent: What is left of an answer that the client was too slow for.
    """

    queue: deque["_Connection"]
    early = b""
    unsent = b""

    def wait_in(self, queue: deque["_Connection"], seconds: float) -> None:
        """Go to the end of a queue."""
        self.queue = queue
        self.timeout = time.monotonic() + seconds
        queue.append(self)


class Worker(ThreadWorker):  # type: ignore[misc]
    """One serving process.

    Attributes:
        slot: Its number among the living workers, given by the master.
    """

    slot: int = 0

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._begun: deque[_Connection] = deque()
        self._quick: Quick | None = None

    def load_wsgi(self) -> None:
        """Make the application, and what answers past it."""
        super().load_wsgi()
        self._quick = self.app.quick

    def accept(self, listener: Any) -> None:
        """Take some connections; each waits for its first byte without a thread (C1.20).

        More than one, or the last of many that come at once would wait for as many rounds of the
        loop; not all, for the other workers want some.
        """
        for _ in range(_ACCEPTED):
            try:
                client, address = listener.accept()
            except (BlockingIOError, ConnectionAbortedError):
                return
            self._welcome(client, address, listener)

    def on_client_socket_readable(self, conn: _Connection, client: socket.socket) -> None:
        """Answer a small plain request that has come whole; leave every other one to a thread."""
        try:
            data = client.recv(_READ)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data and not conn.early:
            self._drop(conn)
            return
        conn.early += data
        found = look(conn.early) if data and self.alive and self._may_stay(conn) else None
        if found is Otherwise.BEGUN:
            self._wait_for_more(conn)
            return
        answer = None
        if self._quick is not None and found is not None and not isinstance(found, Otherwise):
            answer = self._quick.answer(found)
        if answer is None:
            self._hand_over(conn)
        else:
            conn.early = b""
            self._send(conn, answer)

    def finish_request(self, conn: _Connection, fs: Any) -> None:
        """Take a connection back from a thread."""
        conn.queue = self.keepalived_conns
        super().finish_request(conn, fs)

    def murder_pending(self) -> None:
        """Close connections that send nothing; let threads wait for those that send slowly."""
        super().murder_pending()
        now = time.monotonic()
        while self._begun and (self._begun[0].timeout <= now or not self.alive):
            self._hand_over(self._begun[0])

    def set_accept_enabled(self, enabled: bool) -> None:
        """Stop or go on accepting; told to exit, take what already waits and close the port."""
        super().set_accept_enabled(enabled)
        if self.alive:
            return
        for listener in self.sockets:
            while select.select([listener], [], [], 0)[0]:
                self.accept(listener)
            listener.close()
        for connection in self.pending_conns:
            connection.timeout = min(connection.timeout, time.monotonic() + _STOP_SECONDS)

    def handle(self, conn: _Connection) -> Any:
        """Serve a request; where the connection ends with it, let the client finish."""
        early, conn.early = conn.early, b""
        conn.init()
        if early:
            conn.parser.unreader.unread(early)
        keep = _finish_sending(conn) if conn.unsent else super().handle(conn)
        if keep is False:
            _linger(conn.sock)
        return keep

    def handle_error(
        self, _request: object, client: socket.socket, _address: object, exc: Exception
    ) -> None:
        """Answer a request that is not sound HTTP, or that gunicorn itself failed on."""
        if isinstance(exc, ParseException):
            error = ServeError(Kind.BAD_REQUEST, f"The request is not sound HTTP: {exc}.")
            self.log.warning("A request is not sound HTTP: %s", type(exc).__name__)
        else:
            error = ServeError.of(exc)
            self.log.error("The server failed on a request.", exc_info=exc)
        body = error.body(uuid.uuid4().hex)
        reason = "Bad Request" if error.kind is Kind.BAD_REQUEST else "Internal Server Error"
        head = (
            f"HTTP/1.1 {error.kind.status} {reason}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        )
        with contextlib.suppress(OSError):
            client.sendall(head.encode() + body)

    def _welcome(self, client: socket.socket, address: Any, listener: Any) -> None:
        stall = struct.pack("ll", STALL_SECONDS, 0)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, stall)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, stall)
        self.nr_conns += 1
        connection = _Connection(self.cfg, client, address, listener.getsockname())
        connection.wait_in(self.pending_conns, self.cfg.keepalive)
        self.poller.register(
            client, select.EPOLLIN, partial(self.on_client_socket_readable, connection)
        )

    def _may_stay(self, conn: _Connection) -> bool:
        """Whether a connection can be kept open; gunicorn closes those that are too many."""
        known = conn.queue is self.keepalived_conns
        return known or len(self.keepalived_conns) < self.max_keepalived

    def _wait_for_more(self, conn: _Connection) -> None:
        """Leave a request that has begun in the loop for a moment."""
        if conn.queue is not self._begun:
            conn.queue.remove(conn)
            conn.wait_in(self._begun, _BEGUN_SECONDS)

    def _send(self, conn: _Connection, answer: bytes) -> None:
        """Send an answer as far as the client takes it now; a thread waits for a slow one."""
        try:
            sent = conn.sock.send(answer)
        except BlockingIOError:
            sent = 0
        except OSError:
            self._drop(conn)
            return
        if sent < len(answer):
            conn.unsent = answer[sent:]
            self._hand_over(conn)
            return
        seconds = self.cfg.keepalive
        if conn.queue is not self.keepalived_conns or conn.timeout < time.monotonic() + seconds - 1:
            conn.queue.remove(conn)
            conn.wait_in(self.keepalived_conns, seconds)

    def _hand_over(self, conn: _Connection) -> None:
        """Let a thread go on with a connection."""
        self._leave_loop(conn)
        conn.data_ready = True
        self.enqueue_req(conn)

    def _drop(self, conn: _Connection) -> None:
        """Close a connection that its client has ended."""
        self._leave_loop(conn)
        self.nr_conns -= 1
        conn.close()

    def _leave_loop(self, conn: _Connection) -> None:
        self.poller.unregister(conn.sock)
        conn.queue.remove(conn)


def _finish_sending(conn: _Connection) -> bool:
    """Send the rest of an answer; whether the connection can be used further."""
    unsent, conn.unsent = conn.unsent, b""
    conn.sock.setblocking(True)
    try:
        conn.sock.sendall(unsent)
    except OSError:
        return False
    return True


def _linger(client: socket.socket) -> None:
    """Read and drop what still comes until the client is done; closing earlier would reset it.

    Afterwards the connection is shut both ways, so that gunicorn closes it without waiting.
    """
    deadline = time.monotonic() + _LINGER_SECONDS
    with contextlib.suppress(OSError):
        client.shutdown(socket.SHUT_WR)
        client.settimeout(_LINGER_IDLE_SECONDS)
        while time.monotonic() < deadline and client.recv(1 << 16):
            pass
    with contextlib.suppress(OSError):
        client.shutdown(socket.SHUT_RDWR)
