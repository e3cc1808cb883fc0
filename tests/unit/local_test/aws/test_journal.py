from pathlib import Path

import pytest

from local_test.aws import journal
from local_test.aws.journal import Journal


def test_entries_come_back_in_order(tmp_path: Path) -> None:
    entries = [{"action": "CreateRole", "number": number} for number in range(3)]
    assert Journal(tmp_path / "journal").read() == []
    for entry in entries:
        Journal(tmp_path / "journal").add(entry)
    assert Journal(tmp_path / "journal").read() == entries
    assert Journal(tmp_path / "journal").read() == entries
    assert (tmp_path / "journal").stat().st_mode & 0o077 == 0


def test_old_bulk_is_dropped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(journal, "_BULK_KEPT", 2)
    book = Journal(tmp_path / "journal")
    actions = ["CreateRole", "PutLogEvents", "PutMetricData", "CreateUser", "PutLogEvents"]
    for number, action in enumerate(actions):
        book.add({"action": action, "number": number})
    assert [each["number"] for each in book.read()] == [0, 2, 3, 4]
    assert len((tmp_path / "journal").read_text().splitlines()) == 4


def test_line_that_was_cut(tmp_path: Path) -> None:
    book = Journal(tmp_path / "journal")
    book.add({"action": "CreateRole"})
    with (tmp_path / "journal").open("a", encoding="utf-8") as file:
        file.write('{"action": "Cre')
    assert book.read() == [{"action": "CreateRole"}]
    book.add({"action": "CreateUser"})
    assert [each["action"] for each in book.read()] == ["CreateRole", "CreateUser"]
