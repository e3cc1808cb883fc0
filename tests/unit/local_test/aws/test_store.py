from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from local_test.aws.store import Store

NOW = datetime(2026, 11, 24, 13, 45, 1, 5, UTC)


def test_documents_survive(tmp_path: Path) -> None:
    document = {"CreationTime": NOW, "Tags": [{"Key": "a", "When": NOW}], "Nothing": None}
    Store(tmp_path).table("models").put("arn:aws:sagemaker:us-east-1:1:model/a b", document)
    again = Store(tmp_path).table("models")
    assert again.get("arn:aws:sagemaker:us-east-1:1:model/a b") == document
    assert len(again) == 1


@given(name=st.text(min_size=1, max_size=20))
def test_any_name(tmp_path_factory: pytest.TempPathFactory, name: str) -> None:
    folder = tmp_path_factory.mktemp("store")
    if any("\ud800" <= character <= "\udfff" for character in name):
        return  # no file can have it, and no service allows it
    Store(folder).table("t").put(name, {"name": name})
    assert Store(folder).table("t").items() == [(name, {"name": name})]


def test_what_is_read_is_a_copy(tmp_path: Path) -> None:
    table = Store(tmp_path).table("t")
    table.put("a", {"list": [1]})
    found = table.get("a")
    assert found is not None
    found["list"].append(2)
    assert table.get("a") == {"list": [1]}


def test_create_leaves_what_is_there(tmp_path: Path) -> None:
    table = Store(tmp_path).table("t")
    assert table.create("a", {"n": 1})
    assert not table.create("a", {"n": 2})
    assert table.get("a") == {"n": 1}


def test_change(tmp_path: Path) -> None:
    table = Store(tmp_path).table("t")
    table.put("a", {"n": 1})
    assert table.change("a", lambda document: document.update(n=2)) == {"n": 2}
    assert Store(tmp_path).table("t").get("a") == {"n": 2}
    assert table.change("none", lambda document: document.update(n=2)) is None
    assert "none" not in table


def test_change_that_fails_changes_nothing(tmp_path: Path) -> None:
    table = Store(tmp_path).table("t")
    table.put("a", {"n": 1})

    def fail(document: dict[str, object]) -> None:
        document["n"] = 2
        raise RuntimeError

    with pytest.raises(RuntimeError):
        table.change("a", fail)
    assert table.get("a") == {"n": 1}


def test_delete(tmp_path: Path) -> None:
    table = Store(tmp_path).table("t")
    table.put("a", {})
    assert table.delete("a")
    assert not table.delete("a")
    assert not list((tmp_path / "t").iterdir())


def test_order_is_that_of_names(tmp_path: Path) -> None:
    table = Store(tmp_path).table("t")
    for name in ("b", "a", "c"):
        table.put(name, {"name": name})
    assert [each["name"] for each in table.list()] == ["a", "b", "c"]


def test_what_json_cannot_hold(tmp_path: Path) -> None:
    table = Store(tmp_path).table("t")
    with pytest.raises(TypeError, match="cannot hold a bytes"):
        table.put("a", {"n": b""})
    assert "a" not in table
