"""gunicorn's threaded worker, made fit for SageMaker's demands on sockets.

What it changes: a connection takes a thread only once it has sent something; what a client still
sends after its answer is read and dropped, so that no reset destroys the answer (C1.33); SIGTERM
accepts what is already waiting, then closes the port (C1.16); errors of HTTP itself have our error
body.
"""

import contextlib
import select
import socket
import struct
import time
import uuid
from functools import partial
from typing import Any

from gunicorn.http.errors import ParseException
from gunicorn.workers.gthread import TConn, ThreadWorker

from serve.errors import Kind, ServeError

STALL_SECONDS = 60  # after which a client that neither sends nor reads is given up
_LINGER_SECONDS = 20.0  # for what a client still sends after its answer, in all
_LINGER_IDLE_SECONDS = 2.0  # and without sending anything
_STOP_SECONDS = 1.0  # for connections that have sent nothing when we are told to stop


class Worker(ThreadWorker):  # type: ignore[misc]
    """One serving process.

    Attributes:
        slot: Its number among the living workers, given by the master.
    """

    slot: int = 0

    def accept(self, listener: Any) -> None:
        """Take a connection and wait for its first byte without a thread (C1.20)."""
        try:
            client, address = listener.accept()
        except (BlockingIOError, ConnectionAbortedError):
            return
        stall = struct.pack("ll", STALL_SECONDS, 0)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, stall)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, stall)
        self.nr_conns += 1
        connection = TConn(self.cfg, client, address, listener.getsockname())
        connection.set_timeout()
        self.pending_conns.append(connection)
        self.poller.register(
            client, select.EPOLLIN, partial(self.on_pending_socket_readable, connection)
        )

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

    def handle(self, conn: TConn) -> Any:
        """Serve a request; where the connection ends with it, let the client finish."""
        keep = super().handle(conn)
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
