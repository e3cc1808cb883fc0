"""A web site of one file on this machine, for tests of what is fetched."""

import contextlib
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Site(ThreadingHTTPServer):
    """Serves its body as /data.zip, and counts its visitors.

    Attributes:
        body: What it serves.
        headers: What it says of that.
        visitors: Requests so far.
    """

    daemon_threads = True

    def __init__(self, body: bytes) -> None:
        super().__init__(("127.0.0.1", 0), _Page)
        self.visitors = 0
        self.offer(body)

    @property
    def url(self) -> str:
        """Where the file is."""
        return f"http://127.0.0.1:{self.server_address[1]}/data.zip"

    def offer(self, body: bytes) -> None:
        """Serve something else from now on."""
        self.body, self.headers = body, {"Content-Length": str(len(body))}


class _Page(BaseHTTPRequestHandler):
    server: Site

    def do_GET(self) -> None:
        self.server.visitors += 1
        if not self.path.endswith("data.zip"):
            self.send_error(404)
            return
        self.send_response(200)
        for name, value in self.server.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(self.server.body)

    def log_message(self, *arguments: object) -> None:
        """Keep quiet."""


@contextlib.contextmanager
def serving(body: bytes) -> Iterator[Site]:
    """A site that is up for as long as it is needed."""
    with Site(body) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()
