from collections.abc import Iterator

import pytest

from local_test.runner import TAIL_LINES, Running, lines


@pytest.mark.parametrize(
    ("chunks", "expected"),
    [
        ([], []),
        ([b"a\nb\n"], ["a", "b"]),
        ([b"a", b"b\nc"], ["ab", "c"]),
        ([b"a\r", b"\n\n", b"b"], ["a", "", "b"]),
        ([b"gr\xc3", b"\xbc\xc3\x9fe\n"], ["grüße"]),  # a letter in two chunks
        ([b"\xff\n"], ["\ufffd"]),
    ],
)
def test_chunks_become_lines(chunks: list[bytes], expected: list[str]) -> None:
    assert list(lines(chunks)) == expected


class _Finished(Running):
    """A program that has written all it had to say."""

    stopped = False
    cleared = False
    patient = True

    def poll(self) -> int | None:
        return 3 if self.stopped else None

    def stop(self, seconds: float = 10) -> int:
        if not self.patient:
            raise KeyboardInterrupt
        self.stopped = seconds > 0
        return 3

    def _wait(self) -> int:
        return 3

    def _kill(self) -> None:
        self.stopped = True

    def _clear(self) -> None:
        self.cleared = True


def test_the_log_is_shown_and_its_end_kept() -> None:
    shown: list[str] = []
    running = _Finished([b"%d\n" % i for i in range(TAIL_LINES + 5)], shown.append, None)

    assert running.wait() == 3
    assert shown == [str(i) for i in range(TAIL_LINES + 5)]
    assert running.tail.splitlines() == shown[5:]


def test_the_log_is_read_to_its_end_when_nobody_listens_any_more() -> None:
    read: list[int] = []

    def output() -> Iterator[bytes]:
        for i in range(10):
            read.append(i)
            yield b"line\n"

    def show(line: str) -> None:
        raise BrokenPipeError

    _Finished(output(), show, None).wait()

    assert read == list(range(10))


def test_a_program_does_not_outlive_its_block() -> None:
    with pytest.raises(KeyboardInterrupt), _Finished([], None, None) as running:
        raise KeyboardInterrupt

    assert running.stopped
    assert running.cleared


def test_whoever_does_not_wait_for_the_end_leaves_nothing_either() -> None:
    running = _Finished([], None, None)
    running.patient = False

    with pytest.raises(KeyboardInterrupt), running:
        pass

    assert running.stopped
    assert running.cleared
