import gzip
import os
import threading
from pathlib import Path

import numpy as np
import pytest

from container import contract
from container.environment import Channel
from container.errors import PlatformError, UserError
from model.blerssi.data import COLUMNS, Scans
from model.blerssi.table import DataError
from tests.support.pipes import framed, streaming, written
from tests.support.scans import surveyed
from train import pipe

SCANS = surveyed(cells=2, visits=1, scans=3)
HEADER = ",".join(COLUMNS).encode() + b"\n"


@pytest.fixture
def text(tmp_path: Path) -> bytes:
    return written(tmp_path / "scans.csv", SCANS)


def channel(folder: Path, wrapper: str = "None") -> Channel:
    return Channel("training", folder / "training", contract.PIPE_MODE, record_wrapper=wrapper)


def read(folder: Path, content: bytes, wrapper: str = "None") -> Scans:
    with streaming({folder / "training_0": content}):
        return pipe.read(channel(folder, wrapper))


def assert_same(found: Scans, wanted: Scans = SCANS) -> None:
    assert found.readings.tobytes() == wanted.readings.tobytes()
    assert found.cells.tolist() == wanted.cells.tolist()


def test_text_is_read_as_the_file_would_be(tmp_path: Path, text: bytes) -> None:
    assert_same(read(tmp_path, text))


@pytest.mark.parametrize("wrapper", ["RecordIO", "None"])
def test_records_may_be_lines_or_whole_files(tmp_path: Path, text: bytes, wrapper: str) -> None:
    lines = text.splitlines()
    files = [text, HEADER + lines[1]]
    assert_same(read(tmp_path, framed(lines), wrapper))
    again = tmp_path / "again"
    both = Scans.concatenate([SCANS, SCANS.take(np.arange(1))])
    assert_same(read(again, framed(files), wrapper), both)


@pytest.mark.parametrize("wrapper", ["RecordIO", "None"])
def test_gzip_is_undone_whoever_did_it(tmp_path: Path, text: bytes, wrapper: str) -> None:
    content = framed([text]) if wrapper == "RecordIO" else text
    assert_same(read(tmp_path, gzip.compress(content), wrapper))


def test_several_gzipped_files_follow_each_other(tmp_path: Path, text: bytes) -> None:
    found = read(tmp_path, gzip.compress(text) * 2)
    assert_same(found, Scans.concatenate([SCANS, SCANS]))


@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"], ids=["plain", "byte order mark"])
@pytest.mark.parametrize("end", [b"", b"\n", b"\r\n"], ids=["no newline", "newline", "CRLF"])
def test_files_one_behind_the_other_have_a_header_each(
    tmp_path: Path, text: bytes, mark: bytes, end: bytes
) -> None:
    one = mark + text.rstrip() + end
    assert_same(read(tmp_path, one + one), Scans.concatenate([SCANS, SCANS]))


def test_late_and_slow_writers_are_waited_for(tmp_path: Path, text: bytes) -> None:
    fifo = tmp_path / "training_0"
    os.mkfifo(fifo)

    def write() -> None:
        with fifo.open("wb") as stream:
            for line in text.splitlines(keepends=True):
                stream.write(line)
                stream.flush()

    late = threading.Timer(0.2, write)
    late.start()
    found = pipe.read(channel(tmp_path))
    late.join()
    assert_same(found)


def test_only_the_first_epoch_is_opened(tmp_path: Path, text: bytes) -> None:
    os.mkfifo(tmp_path / "training_1")  # to open it would wait for a writer that never comes
    assert_same(read(tmp_path, text))


@pytest.mark.parametrize("made", [False, True], ids=["no FIFO", "no writer"])
def test_patience_ends(tmp_path: Path, made: bool) -> None:
    if made:
        os.mkfifo(tmp_path / "training_0")
    what = "to be written to" if made else "to appear"
    with pytest.raises(PlatformError, match=rf"'training'.*training_0.*{what} for 0.1 s"):
        pipe.read(channel(tmp_path), patience=0.1)


def test_a_wait_is_told_of(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pipe, "REMINDER", 0.1)
    caplog.set_level("INFO", "blerssi.train")
    with pytest.raises(PlatformError):
        pipe.read(channel(tmp_path), patience=0.3)
    assert "training_0 to appear since" in caplog.text


def test_an_empty_stream_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"'training' is empty: .*training_0 ended without a byte"):
        read(tmp_path, b"")


def test_problems_are_told_by_line_of_the_stream(tmp_path: Path, text: bytes) -> None:
    content = text + text.replace(b",-200", b",quiet", 1)
    with pytest.raises(
        DataError, match=rf"training_0 has 1 problem: line {len(SCANS) + 3}, .*quiet"
    ):
        read(tmp_path, content)


def test_a_stream_without_header_or_scans_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no header"):
        read(tmp_path, b"1,2,3\n")
    with pytest.raises(DataError, match="but no scan"):
        read(tmp_path / "again", HEADER)


@pytest.mark.parametrize(
    ("content", "wrapper", "message"),
    [
        (HEADER, "RecordIO", "record 1 begins with bytes 6c 6f 63 61"),
        (framed([HEADER])[:-1], "RecordIO", "record 1 is cut off"),
        (gzip.compress(HEADER)[:-9], "None", "end-of-stream"),
        (gzip.compress(HEADER) + b"more", "None", "gzip"),
    ],
)
def test_damaged_wrappings_are_named(
    tmp_path: Path, content: bytes, wrapper: str, message: str
) -> None:
    with pytest.raises(
        UserError, match=rf"'training' cannot be read.*{message}.*RecordWrapperType"
    ):
        read(tmp_path, content, wrapper)


def test_what_is_no_text_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"cannot be read.*byte 0xff in position"):
        read(tmp_path, HEADER + b"\xff\n")
