"""Serves a WSGI application on one port of several addresses."""

import contextlib
import socket
import threading
from collections.abc import Iterator, Sequence
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server

from container.errors import PlatformError

_POLL = 0.05  # seconds until a server notices that it has to stop


@contextlib.contextmanager
def serving(application: Any, addresses: Sequence[str], port: int) -> Iterator[None]:
    """Serve inside the block; a thread a request.

    Args:
        application: WSGI.
        addresses: Of this machine.
        port: The same on all of them.

    Raises:
        PlatformError: The port is taken.
    """
    with contextlib.ExitStack() as undo:
        for address in addresses:
            server = _bound(address, port, application)
            undo.callback(server.server_close)
            thread = threading.Thread(target=server.serve_forever, args=(_POLL,), daemon=True)
            thread.start()
            undo.callback(thread.join)
            undo.callback(server.shutdown)
        yield


def check(addresses: Sequence[str], port: int) -> None:
    """Find a port that is taken before anything else is started.

    Raises:
        PlatformError: It is.
    """
    for address in addresses:
        try:
            socket.create_server((address, port)).close()
        except OSError as error:
            raise _taken(address, port) from error


def _bound(address: str, port: int, application: Any) -> BaseWSGIServer:
    # werkzeug prints and exits where a port is taken; what it prints, the error says better.
    try:
        with contextlib.redirect_stderr(None):
            server = make_server(
                address, port, application, threaded=True, request_handler=_QuietHandler
            )
    except (OSError, SystemExit) as error:
        raise _taken(address, port) from error
    server.daemon_threads = True  # type: ignore[attr-defined] # a hanging client must not hold us
    return server


def _taken(address: str, port: int) -> PlatformError:
    return PlatformError(
        f"The port {port} of {address} is taken, or there is no such address.",
        hint="Stop what listens there, or give another port.",
    )


class _QuietHandler(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: Any) -> None:  # noqa: A002 - werkzeug's name
        """Write no line a request; docker's probes for TLS are not worth one either."""
