"""The failure file: the cause first, and only what a person will see."""

from pathlib import Path

import pytest

from container.failure import clear_failure, write_failure


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "output" / "failure"


def test_the_cause_stands_first_and_parents_are_made(path: Path) -> None:
    write_failure(path, "The disk is full.", "Traceback …")
    assert path.read_text(encoding="utf-8") == "The disk is full.\n\nTraceback …\n"


def test_a_cause_alone_is_one_line(path: Path) -> None:
    write_failure(path, "epochs is 0;\n expected\t1 to 10.")
    assert path.read_text(encoding="utf-8") == "epochs is 0; expected 1 to 10.\n"


def test_a_long_cause_is_cut_to_what_the_platform_shows(path: Path) -> None:
    write_failure(path, "x" * 5000, "detail")
    cause, detail = path.read_text(encoding="utf-8").split("\n\n")
    assert len(cause) == 1024
    assert cause.endswith("x …")
    assert detail == "detail\n"


def test_a_cause_of_just_the_limit_is_whole(path: Path) -> None:
    write_failure(path, "y" * 1024)
    assert path.read_text(encoding="utf-8") == "y" * 1024 + "\n"


def test_whoever_failed_first_is_kept(path: Path) -> None:
    write_failure(path, "first")
    write_failure(path, "second")
    assert path.read_text(encoding="utf-8") == "first\n"


def test_an_empty_file_is_nobodys_cause(path: Path) -> None:
    path.parent.mkdir()
    path.touch()
    write_failure(path, "cause")
    assert path.read_text(encoding="utf-8") == "cause\n"


def test_a_file_name_that_is_no_unicode_can_be_written(path: Path) -> None:
    write_failure(path, "caf\udce9.csv is empty.")
    assert path.read_text(encoding="utf-8") == "caf\\udce9.csv is empty.\n"


def test_a_folder_that_cannot_be_made_is_an_os_error(path: Path) -> None:
    path.parent.touch()
    with pytest.raises(OSError, match=r"exists|directory"):
        write_failure(path, "cause")


def test_success_carries_no_failure(path: Path) -> None:
    write_failure(path, "cause")
    clear_failure(path)
    clear_failure(path)
    assert not path.exists()
