import contextlib
import errno
from collections.abc import Iterator

import pytest

from serve.streaming import Stream


class Watched:
    """A stream over some pieces, and what became of it."""

    def __init__(self, *pieces: bytes | Exception) -> None:
        self.events: list[str] = []
        held = contextlib.ExitStack()
        held.callback(self.events.append, "released")
        self.stream = Stream(self._made(pieces), held, lambda: self.events.append("failed"))

    def _made(self, pieces: tuple[bytes | Exception, ...]) -> Iterator[bytes]:
        try:
            for piece in pieces:
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            self.events.append("ended")


def test_pieces_pass_and_what_is_held_is_released_at_the_close() -> None:
    watched = Watched(b"a", b"b")
    assert list(watched.stream) == [b"a", b"b"]
    assert watched.events == ["ended"]
    watched.stream.close()
    watched.stream.close()
    assert watched.events == ["ended", "released"]


def test_closing_early_ends_the_generator() -> None:
    watched = Watched(b"a", b"b")
    assert next(watched.stream) == b"a"
    watched.stream.close()
    assert watched.events == ["ended", "released"]


def test_a_failure_is_a_broken_pipe(caplog: pytest.LogCaptureFixture) -> None:
    watched = Watched(b"a", ValueError("the lights went out"))
    next(watched.stream)
    with pytest.raises(BrokenPipeError) as caught:
        next(watched.stream)
    assert caught.value.errno == errno.EPIPE
    assert watched.events == ["ended", "failed"]
    assert "the lights went out" in caplog.text


def test_an_iterator_that_cannot_be_closed_is_fine() -> None:
    Stream(iter([b"a"]), contextlib.ExitStack(), lambda: None).close()
