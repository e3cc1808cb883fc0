from pathlib import Path

import pytest

from benchmarks import subjects
from benchmarks.subjects import AWS, SUBJECTS


@pytest.mark.parametrize(
    ("has_python", "has_java", "why"),
    [
        (False, True, "it has no environment; `make bench` makes .venv/bench-aws"),
        (True, False, "it runs on Java, which is not installed here"),
        (True, True, None),
    ],
)
def test_the_toolkit_is_left_out_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, has_python: bool, has_java: bool, why: str
) -> None:
    for name, there in (("python", has_python), ("java", has_java)):
        if there:
            (tmp_path / name).touch(mode=0o755)
    monkeypatch.setattr(subjects, "AWS_PYTHON", tmp_path / "python")
    monkeypatch.setenv("PATH", str(tmp_path))
    able, missing = subjects.available()
    assert missing == ({AWS: why} if why else {})
    assert {each.name for each in able} == SUBJECTS.keys() - missing.keys()


def test_servers_take_rows_as_they_read_them() -> None:
    written = {name: each.one_row().partition(b"\r\n\r\n")[2] for name, each in SUBJECTS.items()}
    assert written.pop(AWS).startswith(b"[[")
    assert all(body.startswith(b'{"instances": [[') for body in written.values())


def test_ours_is_compared_with_a_floor_that_is_run() -> None:
    assert not SUBJECTS[subjects.FLOOR_OF_OURS].predicts
