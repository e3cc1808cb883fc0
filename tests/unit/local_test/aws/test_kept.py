from pathlib import Path

import pytest

from container.errors import UserError
from local_test.aws.kept import Kept, load, locked, save

WANTED = Kept("us-east-1", "123456789012", 0)


def test_what_is_saved_comes_back(tmp_path: Path) -> None:
    first = load(tmp_path, WANTED)
    assert first.port > 0
    whole = Kept("us-east-1", "123456789012", first.port, "AKID", "the secret")
    save(tmp_path, whole)
    assert load(tmp_path, WANTED) == whole
    assert load(tmp_path, Kept("us-east-1", "123456789012", 4566)).port == 4566
    assert (tmp_path / "laptop.json").stat().st_mode & 0o077 == 0
    assert "the secret" not in repr(whole)


@pytest.mark.parametrize(
    "other", [Kept("eu-west-1", "123456789012", 0), Kept("us-east-1", "210987654321", 0)]
)
def test_another_place(tmp_path: Path, other: Kept) -> None:
    save(tmp_path, load(tmp_path, WANTED))
    with pytest.raises(UserError, match=r"has the (region us-east-1|account 123456789012), not"):
        load(tmp_path, other)


def test_one_at_a_time(tmp_path: Path) -> None:
    with locked(tmp_path / "a"), pytest.raises(UserError, match="already runs"):
        locked(tmp_path / "a").__enter__()
    with locked(tmp_path / "a"):
        assert (tmp_path / "a").stat().st_mode & 0o077 == 0
