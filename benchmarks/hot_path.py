"""One request in this process: the only place of benchmarks that knows how serving is built.

    python -m benchmarks.hot_path FOLDER layers CALLS   microseconds of CPU of each layer, as JSON
    python -m benchmarks.hot_path FOLDER mix TIMES      answers the fixed mix so often

For the mix it is told on standard input when to begin and when to end: it says "ready" once it is
warm, waits for a line, answers, says "done" and waits again. `benchmarks.guard` counts in between.

A layer's time holds that of the layers inside it, except where `LAYERS` says otherwise.
"""

import contextlib
import io
import json
import logging
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from benchmarks import materials, samples

_ROUNDS: Final = 5
_WARM: Final = 2  # times that the mix is answered before anything is counted


class Sample(NamedTuple):
    """A request of the mix.

    Attributes:
        times: How often it stands in the mix.
        method: HTTP's.
        path: The route.
        content_type: Of the body.
        body: As it is sent.
    """

    times: int
    method: str
    path: str
    content_type: str
    body: bytes


def mix() -> list[Sample]:
    """The fixed mix of requests: mostly one row of JSON, as an endpoint gets them."""
    one, many = materials.scans(1), materials.scans(32, seed=1)
    return [
        Sample(12, "POST", "/invocations", "application/json", materials.as_json(one)),
        Sample(2, "POST", "/invocations", "text/csv", materials.as_csv(one)),
        Sample(1, "POST", "/invocations", "application/json", materials.as_json(many)),
        Sample(1, "POST", "/invocations", "application/x-npy", materials.as_npy(many)),
        Sample(2, "GET", "/ping", "", b""),
    ]


class _Loaded:
    """A model that is there already, as the application asks for one."""

    def __init__(self, core: Any) -> None:
        self._core = core

    def healthy(self) -> bool:
        return True

    def refusal(self) -> Any:
        raise AssertionError("never refused")

    def ready(self) -> Any:
        return self._core

    def core(self) -> Any:
        return self._core


class HotPath:
    """A worker's application around a loaded model, without sockets.

    Args:
        folder: The model's.
        scratch: For the files of the metrics.
    """

    def __init__(self, folder: Path, scratch: Path) -> None:
        from container.settings import Settings
        from serve import making, metrics
        from serve.app import Parts, create_app, quick

        settings = Settings()
        self.core: Any = making.make(folder, {}, settings)
        parts = Parts(_Loaded(self.core), settings, 2, metrics.shared(scratch, 0))
        self._application: Any = create_app(parts)
        self._quick: Any = quick(self._application, parts)
        self._folder = folder
        self._largest = settings.max_payload

    def answer(self, sample: Sample) -> bytes:
        """Answer one request as a worker does: in its loop where that is allowed, else by Flask.

        Raises:
            AssertionError: The answer is not a 200.
        """
        from serve import plain

        found = plain.look(_request(sample))
        answer = None if isinstance(found, plain.Otherwise) else self._quick.answer(found)
        if answer is None:
            return self._by_flask(sample)
        if not answer.startswith(b"HTTP/1.1 200 "):
            raise AssertionError(f"{sample.path} answered {answer!r:.300}")
        return bytes(answer)

    def _by_flask(self, sample: Sample) -> bytes:
        status: list[str] = []
        environ = _environ(sample)
        answer = self._application(environ, lambda line, *_: status.append(line))
        body = b"".join(answer)
        if not status[0].startswith("200"):
            raise AssertionError(f"{sample.path} answered {status[0]}: {body!r:.300}")
        return body

    def layers(self) -> dict[str, Callable[[], object]]:
        """What is timed, by its name in `LAYERS`; one row of JSON everywhere."""
        from model.predictor import Predictor
        from serve import media
        from serve.core import Request
        from serve.stages import stages
        from serve.wishes import Wishes

        sample = mix()[0]
        predictor = Predictor.load(self._folder)
        steps = stages(predictor, self._largest)
        content = media.parse_content_type(sample.content_type)
        rows = steps.read(sample.body, content)[0]
        answers = steps.predict(rows, Wishes())
        request = Request(sample.body, sample.content_type)
        return {
            "application": lambda: self.answer(sample),
            "core": lambda: self.core.invoke(request),
            "read": lambda: steps.read(sample.body, content),
            "predict": lambda: steps.predict(rows, Wishes()),
            "probabilities": lambda: predictor.probabilities(rows),
            "write": lambda: steps.write(answers, media.JSON),
            "observe": lambda: steps.observe(rows, answers),
        }


# What is shown, outside in, each layer less what is inside it.
LAYERS: Final = (
    ("application", ("core",), "both heads of HTTP, admission, metrics, the line of the log"),
    ("core", ("read", "predict", "write", "observe"), "headers, and one step after the other"),
    ("read", (), "JSON to rows, every field checked"),
    ("predict", ("probabilities",), "probabilities to cell, position, radius, candidates, status"),
    ("probabilities", (), "the engine: MXNet's C predict API"),
    ("write", (), "answers to JSON"),
    ("observe", (), "counting missing readings and statuses"),
)


def own_share(timed: dict[str, float]) -> dict[str, float]:
    """What each layer takes without the layers inside it, never below 0."""
    return {
        name: max(0.0, timed[name] - sum(timed[each] for each in inside))
        for name, inside, _ in LAYERS
    }


def time_layers(path: HotPath, calls: int) -> dict[str, float]:
    """Microseconds of CPU of each layer: the median over rounds in which they take turns."""
    layers, rounds = path.layers(), []
    for number in range(_ROUNDS + 1):
        taken = {}
        for name, call in layers.items():
            begun = time.process_time_ns()
            for _ in range(calls):
                call()
            taken[name] = (time.process_time_ns() - begun) / calls / 1e3
        if number:  # the first round warms up
            rounds.append(taken)
    return samples.medians(rounds)


def _request(sample: Sample) -> bytes:
    """What a client sends."""
    kind = f"Content-Type: {sample.content_type}\r\n" if sample.body else ""
    length = f"Content-Length: {len(sample.body)}\r\n" if sample.body else ""
    head = f"{sample.method} {sample.path} HTTP/1.1\r\nHost: 127.0.0.1:8080\r\n{kind}{length}\r\n"
    return head.encode() + sample.body


def _environ(sample: Sample) -> dict[str, Any]:
    """What gunicorn's threaded worker hands over (PEP 3333)."""
    return {
        "REQUEST_METHOD": sample.method,
        "SCRIPT_NAME": "",
        "PATH_INFO": sample.path,
        "QUERY_STRING": "",
        "CONTENT_TYPE": sample.content_type,
        "CONTENT_LENGTH": str(len(sample.body)),
        "HTTP_HOST": "127.0.0.1",
        "SERVER_NAME": "127.0.0.1",
        "SERVER_PORT": "8080",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.input": io.BytesIO(sample.body),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
    }


@contextlib.contextmanager
def opened(folder: Path) -> Iterator[HotPath]:
    """Prepare a worker's application in this process; the log is written, to nowhere."""
    from container import logs
    from container.settings import Settings
    from serve import metrics

    settings = Settings()
    with (
        tempfile.TemporaryDirectory() as scratch,
        Path(os.devnull).open("w", encoding="utf-8") as sink,
    ):
        os.environ[metrics.FOLDER_VARIABLE] = scratch
        logs.configure(settings.log_level, settings.log_style, sink)
        path = HotPath(folder, Path(scratch))
        try:
            yield path
        finally:
            path.core.close()
            logging.shutdown()


def main(folder: Path, what: str, number: int) -> None:
    """Do what the command line says."""
    with opened(folder) as path:
        if what == "layers":
            print(json.dumps(time_layers(path, number)))
            return
        _answer_mix(path, _WARM)
        _meet("ready")
        _answer_mix(path, number)
        _meet("done")


def _answer_mix(path: HotPath, times: int) -> None:
    for _ in range(times):
        for sample in mix():
            for _ in range(sample.times):
                path.answer(sample)


def _meet(word: str) -> None:
    print(word, flush=True)
    sys.stdin.readline()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
