import sys
from pathlib import Path
from types import ModuleType

import pytest

from local_test.conformance import checks, registry
from local_test.conformance.registry import GROUPS, check, discover
from tests.support.conformance import declared

FILE = '''
from local_test.conformance.registry import check
{imported}

@check("C1.1", group={group!r}, title="t", expected="e")
def {name}(lab):
    """Text."""
'''


@pytest.mark.parametrize(
    ("clauses", "group", "needs"),
    [((), "serve", ()), (("C1.1",), "nonsense", ()), (("C1.1",), "serve", ("gpu",))],
)
def test_a_wrong_declaration_is_refused(
    clauses: tuple[str, ...], group: str, needs: tuple[str, ...]
) -> None:
    with pytest.raises(ValueError, match="A title"):
        check(*clauses, group=group, title="A title", expected="this", needs=needs)


def test_a_check_can_be_called_and_has_a_name() -> None:
    def seen(lab: object) -> None:
        called.append(lab)

    called: list[object] = []
    made = declared("C1.1", "C1.2", does=seen)

    made("the lab")  # type: ignore[arg-type]

    assert (called, made.name, made.clause) == (["the lab"], "seen", "C1.1")


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty package in the place of the checks."""
    package = ModuleType("empty_checks")
    package.__path__ = [str(tmp_path)]
    monkeypatch.setitem(sys.modules, "empty_checks", package)
    monkeypatch.setattr(registry, "checks", package)
    return tmp_path


def write(folder: Path, module: str, name: str, group: str, imported: str = "") -> None:
    text = FILE.format(name=name, group=group, imported=imported)
    (folder / f"{module}.py").write_text(text)
    sys.modules.pop(f"empty_checks.{module}", None)


def test_checks_are_found_by_group_and_those_imported_only_once(folder: Path) -> None:
    write(folder, "a", "of_train", "train")
    write(folder, "b", "of_image", "image", "from empty_checks.a import of_train")

    assert [each.name for each in discover()] == ["of_image", "of_train"]


def test_two_checks_of_one_name_are_refused(folder: Path) -> None:
    write(folder, "a", "same", "train")
    write(folder, "b", "same", "image")

    with pytest.raises(ValueError, match="two checks named same"):
        discover()


def test_every_check_says_why() -> None:
    assert [each.name for each in discover() if not each.function.__doc__] == []


def test_every_file_of_checks_is_found() -> None:
    files = {each.stem for each in Path(checks.__path__[0]).glob("*.py")} - {"__init__"}

    found = {each.function.__module__.rpartition(".")[2] for each in discover()}

    assert found == files
    assert {each.group for each in discover()} <= set(GROUPS)
