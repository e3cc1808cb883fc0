"""A correct server: one linear model, text/csv and JSON, everything that the platform asks for."""

import contextlib
import json
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

from tests.zoo.handlers import Program
from tests.zoo.http import Answer, Handler, Refused, Request, as_json
from tests.zoo.models import Models

Rows = list[list[float]]
CSV, JSON, LINES = "text/csv", "application/json", "application/jsonlines"
ATTRIBUTES = "X-Amzn-SageMaker-Custom-Attributes"


class Listener(ThreadingHTTPServer):
    """Takes every connection at once."""

    daemon_threads = True
    request_queue_size = 1024


class Server:
    """Serves /opt/ml/model, or many models below /opt/ml/models.

    Args:
        variables: The process's environment variables.
    """

    body_limit = 1 << 30
    address = "0.0.0.0"
    handler: type[Handler] = Handler
    listener: type[Listener] = Listener
    program: type[Program] = Program
    hub: type[Models] = Models

    def __init__(self, variables: Mapping[str, str]) -> None:
        self.variables = variables
        self.base = Path(variables.get("SAGEMAKER_BASE_DIR") or "/opt/ml")
        self.port = int(variables.get("SAGEMAKER_BIND_TO_PORT") or 8080)
        self.is_multi = variables.get("SAGEMAKER_MULTI_MODEL", "").lower() == "true"
        self.is_batch = variables.get("SAGEMAKER_BATCH", "").lower() == "true"
        self.models = self.hub(self)
        self.model: dict[str, Any] | None = None
        self.user: Program | None = None
        self.running = 0
        self.stopping = threading.Event()
        self._change = threading.Condition()

    def run(self) -> int:
        """Listen, load, serve until SIGTERM, finish what was begun (C1.15, C1.16)."""
        signal.signal(signal.SIGTERM, self.on_term)
        listener = self.listen()
        threading.Thread(target=listener.serve_forever, args=(0.05,), daemon=True).start()
        self.start_loading()
        while not self.stopping.is_set():
            self.reap()
            self.stopping.wait(0.1)
        listener.shutdown()
        listener.server_close()
        with self._change:
            self._change.wait_for(lambda: not self.running, timeout=25)
        return 0

    def listen(self) -> ThreadingHTTPServer:
        """Open the port (C1.17, C1.18)."""
        handler = type("Bound", (self.handler,), {"animal": self})
        return self.listener((self.address, self.port), handler)

    def on_term(self, *_: object) -> None:
        """Begin to stop."""
        self.stopping.set()

    def reap(self) -> None:
        """Bury the children of others, as process 1 has to (C1.3)."""
        with contextlib.suppress(ChildProcessError):
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass

    @contextlib.contextmanager
    def busy(self) -> Iterator[None]:
        """Count a request while it is answered."""
        with self._change:
            self.running += 1
        try:
            yield
        finally:
            with self._change:
                self.running -= 1
                self._change.notify_all()

    def execute(self, command: list[str]) -> int:
        """Become another command (C7.24)."""
        os.execvp(command[0], command)

    def start_loading(self) -> None:
        """Load before anything is served (C1.25)."""
        if self.is_multi:
            return
        try:
            model = self.load(self.base / "model")
            user = self.program(self.base, self.variables)
            self.user = user if user.load() else None
            self.model = model
        except (OSError, ValueError) as error:
            print(f"The model cannot be loaded: {error}", file=sys.stderr)

    def load(self, folder: Path) -> dict[str, Any]:
        """Read a model, one folder down too (C1.12)."""
        found = [folder / "weights.json", *sorted(folder.glob("[!.]*/weights.json"))]
        path = next((each for each in found if each.is_file()), found[0])
        model: dict[str, Any] = json.loads(path.read_bytes())
        return model

    def respond(self, request: Request) -> Answer:
        """Answer a request; whatever goes wrong is one line of JSON (C1.45, C1.49)."""
        try:
            return self.route(request)
        except Refused as refusal:
            return self.error(refusal.status, str(refusal))
        except Exception as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
            return self.error(500, "The container failed; its log says why.")

    def route(self, request: Request) -> Answer:
        """Find what answers."""
        routes = {
            "/ping": (self.ping, {"GET", "HEAD", "POST"}),
            "/invocations": (self.invocations, {"POST"}),
            "/execution-parameters": (self.execution_parameters, {"GET", "HEAD"}),
            "/metrics": (self.metrics, {"GET", "HEAD"}),
        }
        if self.is_multi and request.path.startswith("/models"):
            return self.models.answer(request)
        if request.path not in routes:
            raise Refused(404, f"There is nothing at {request.path}")
        function, methods = routes[request.path]
        if request.method not in methods:
            refused = self.error(405, f"{request.path} takes {', '.join(sorted(methods))}")
            refused.headers["Allow"] = ", ".join(sorted(methods))
            return refused
        return function(request)

    def ping(self, _request: Request) -> Answer:
        """Say 200 once a model can answer, or many could be loaded (C1.22, C3.2)."""
        return Answer(200 if self.is_multi or self.model is not None else 503)

    def metrics(self, _request: Request) -> Answer:
        """Prometheus text (C1.57)."""
        text = f"# TYPE zoo_running gauge\nzoo_running {self.running}\n"
        return Answer(200, text.encode(), "text/plain; version=0.0.4")

    def execution_parameters(self, _request: Request) -> Answer:
        """What a batch job should use (C2.3, C2.5)."""
        wanted = {"MaxConcurrentTransforms": 4, "BatchStrategy": "MULTI_RECORD"}
        return as_json({**wanted, "MaxPayloadInMB": 6})

    def invocations(self, request: Request) -> Answer:
        """Answer with the model."""
        if self.model is None:
            raise Refused(503, "No model is loaded")
        return self.invoke(self.model, request)

    def invoke(self, model: Mapping[str, Any], request: Request) -> Answer:
        """Decode, predict, encode."""
        self.note(request)
        if self.user is not None:
            return self.user.answer(request)
        accept = self.negotiate(request)
        rows = self.decode(request.body, request.media_type or JSON)
        if accept == "text/event-stream":
            return Answer(200, self.stream(), accept)
        answer = Answer(200, self.encode(self.predict(model, rows), accept), accept)
        return self.with_attributes(request, answer)

    def note(self, request: Request) -> None:
        """Log the caller's id of the request (C4.35), and nothing of its content (C1.63)."""
        if (
            name := request.headers.get("x-amzn-sagemaker-inference-id", "")
        ).isprintable() and name:
            print(f"invocation {name}", file=sys.stderr)

    def with_attributes(self, request: Request, answer: Answer) -> Answer:
        """Give custom attributes back where they are sound (C1.40)."""
        value = request.headers.get(ATTRIBUTES.lower())
        if value is not None:
            if len(value) > 1024 or not (value.isascii() and value.isprintable()):
                raise Refused(400, f"{ATTRIBUTES} is not up to 1024 visible ASCII characters")
            answer.headers[ATTRIBUTES] = value
        return answer

    def negotiate(self, request: Request) -> str:
        """Choose a media type for the answer (C1.41, C6.14)."""
        default = request.media_type if self.is_batch else JSON
        accept = request.headers.get("accept", "").strip() or "*/*"
        for each in accept.split(","):
            wanted = each.partition(";")[0].strip().lower()
            if wanted in {"*/*", "application/*"}:
                return default if default in {CSV, JSON, LINES} else JSON
            if wanted in {CSV, JSON, LINES, "text/event-stream"}:
                return wanted
        raise Refused(406, f"Accept {accept!r}: answers are {CSV}, {JSON} or {LINES}")

    def decode(self, body: bytes, media_type: str) -> Rows:
        """Read the rows of a body (C2.12, C6.30 - C6.32)."""
        try:
            text = body.decode("utf-8-sig")
            match media_type:
                case "text/csv":
                    return [list(map(float, row.split(","))) for row in text.splitlines() if row]
                case "application/jsonlines":
                    return [json.loads(row)["features"] for row in text.splitlines() if row]
                case "application/json":
                    return [[*map(float, row)] for row in json.loads(text)["instances"]]
        except (ValueError, KeyError, TypeError, RecursionError) as error:
            raise Refused(400, f"The body is not {media_type}: {str(error)[:200]}") from error
        raise Refused(415, f"Content-Type {media_type!r}: take {CSV}, {JSON} or {LINES}")

    def predict(self, model: Mapping[str, Any], rows: Rows) -> list[float]:
        """Compute."""
        return [model["weight"] * sum(row) for row in rows]

    def encode(self, predictions: list[float], media_type: str) -> bytes:
        """Write one record a line (C2.9), or JSON."""
        if media_type == JSON:
            return json.dumps({"predictions": predictions}).encode()
        return "".join(f"{each}\n" for each in predictions).encode()

    def stream(self) -> Iterator[bytes]:
        """Send an answer part by part, each when it is ready (C1.50)."""
        for number in range(5):
            yield f"data: {number}\n\n".encode()
            time.sleep(0.05)

    def error(self, status: int, message: str) -> Answer:
        """One short line of JSON, the cause first (C1.45)."""
        return as_json({"error": message[:500]}, status)
