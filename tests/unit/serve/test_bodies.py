import io

import pytest

from serve import bodies
from serve.bodies import Body
from serve.errors import Kind, ServeError

LIMIT = 3 << 20


class Counted(io.BytesIO):
    """Counts what was read."""

    taken = 0

    def read(self, size: int | None = -1, /) -> bytes:
        part = super().read(size)
        self.taken += len(part)
        return part


class Failing:
    def __init__(self, error: Exception) -> None:
        self.error = error

    def read(self, _size: int, /) -> bytes:
        raise self.error


@pytest.mark.parametrize("size", [0, 1, bodies.FIRST_PART, bodies.FIRST_PART + 1, LIMIT])
@pytest.mark.parametrize("announced", [True, False])
def test_bodies_are_read_whole(size: int, announced: bool) -> None:
    content = bytes(range(256)) * (size // 256) + b"x" * (size % 256)
    body = Body(io.BytesIO(content), size if announced else None, LIMIT)
    body.read_first()
    assert body.read_all() == content


def test_little_is_held_before_the_turn_comes() -> None:
    stream = Counted(b"x" * LIMIT)
    Body(stream, None, LIMIT).read_first()
    assert stream.taken == bodies.FIRST_PART


def test_an_announced_size_is_refused_before_anything_is_read() -> None:
    with pytest.raises(ServeError) as caught:
        Body(Failing(AssertionError()), LIMIT + 1, LIMIT)
    assert caught.value.kind is Kind.TOO_LARGE


def test_an_endless_body_is_refused_at_the_limit() -> None:
    stream = Counted(b"x" * (2 * LIMIT))
    body = Body(stream, None, LIMIT)
    with pytest.raises(ServeError) as caught:
        body.read_all()
    assert caught.value.kind is Kind.TOO_LARGE
    assert stream.taken == LIMIT + 1


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (BlockingIOError(), Kind.TIMEOUT),
        (ConnectionResetError(), Kind.BAD_REQUEST),
        (ValueError("a bad chunk"), Kind.BAD_REQUEST),
    ],
)
def test_failures_of_the_stream_are_the_clients(error: Exception, kind: Kind) -> None:
    with pytest.raises(ServeError) as caught:
        Body(Failing(error), None, LIMIT).read_first()
    assert caught.value.kind is kind


def test_a_body_that_ends_early_is_no_body() -> None:
    with pytest.raises(ServeError, match="ends after 3 of 5 bytes"):
        Body(io.BytesIO(b"abc"), 5, LIMIT).read_all()
