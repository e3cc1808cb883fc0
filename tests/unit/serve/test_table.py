from pathlib import Path

import pytest

from serve.table import Table


@pytest.mark.parametrize("name", ["m", "ä b%2F?&#", "x" * 1024, "model.json"])
def test_names_come_back_as_they_were(tmp_path: Path, name: str) -> None:
    table = Table(tmp_path / "table")
    table.add(name, "/opt/ml/models/x/model")
    table.add("other", "/other")
    assert Table(tmp_path / "table").read() == {name: "/opt/ml/models/x/model", "other": "/other"}
    table.remove(name)
    assert table.read() == {"other": "/other"}


def test_a_name_that_is_not_there_can_be_removed(tmp_path: Path) -> None:
    Table(tmp_path).remove("m")


def test_half_a_file_is_no_entry(tmp_path: Path) -> None:
    (tmp_path / "x.partial").write_text('["m')
    assert Table(tmp_path).read() == {}


def test_a_disk_without_room_is_only_logged(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    table = Table(tmp_path / "table")
    (tmp_path / "table").rmdir()
    table.add("m", "/url")
    assert "cannot be noted on disk" in caplog.text
