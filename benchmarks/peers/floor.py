"""The least that an answer costs under gunicorn: read the body, answer a constant.

Run as `gunicorn benchmarks.peers.floor:wsgi` or, with the `asgi` worker, `…:asgi`.
"""

from collections.abc import Awaitable, Callable, Iterable
from typing import Any, Final

ANSWER: Final = b'{"predictions": []}'
_HEADERS: Final = {"Content-Type": "application/json", "Content-Length": str(len(ANSWER))}

Receive = Callable[[], Awaitable[dict[str, Any]]]
Send = Callable[[dict[str, Any]], Awaitable[None]]


def wsgi(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Answer as WSGI (PEP 3333) has it."""
    environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    start_response("200 OK", list(_HEADERS.items()))
    return [ANSWER]


async def asgi(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Answer as ASGI 3 has it."""
    if scope["type"] == "lifespan":
        await _live(receive, send)
        return
    while (await receive()).get("more_body"):
        pass
    headers = [(name.encode(), value.encode()) for name, value in _HEADERS.items()]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": ANSWER})


async def _live(receive: Receive, send: Send) -> None:
    while True:
        event = await receive()
        await send({"type": f"{event['type']}.complete"})
        if event["type"] == "lifespan.shutdown":
            return
