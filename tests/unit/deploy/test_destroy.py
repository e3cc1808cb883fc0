import io

import pytest

from deploy import destroy
from deploy.errors import DeniedError, DeployError
from deploy.inventory import Inventory
from tests.support.fake_aws import FakeAws, common


class Stdin(io.StringIO):
    """Somebody who sits at a terminal, or nobody."""

    def __init__(self, text: str, *, terminal: bool) -> None:
        super().__init__(text)
        self._terminal = terminal

    def isatty(self) -> bool:
        return self._terminal


def inventory(gone: list[str], *names: str) -> Inventory:
    found = Inventory()
    for name in names:
        found.add("model", name, lambda name=name: gone.append(name))  # type: ignore[misc]
    return found


def test_all_of_it_goes_in_order() -> None:
    gone: list[str] = []
    removed = destroy.remove(common(FakeAws()), inventory(gone, "a", "b"))
    assert gone == ["a", "b"]
    assert removed == [{"kind": "model", "name": "a"}, {"kind": "model", "name": "b"}]


def test_what_is_refused_ends_it_and_the_rest_is_counted() -> None:
    def denied() -> None:
        raise DeniedError("IAM does not allow it.")

    gone: list[str] = []
    found = inventory(gone, "a")
    found.add("model", "b", denied)
    found.add("model", "c", lambda: gone.append("c"))
    with pytest.raises(DeniedError) as caught:
        destroy.remove(common(FakeAws()), found)
    assert gone == ["a"]
    assert "Removed: 1; still there: 2. Run it again." in caught.value.hint


@pytest.mark.parametrize("answer", ["y\n", "YES\n"])
def test_somebody_agrees(monkeypatch: pytest.MonkeyPatch, answer: str) -> None:
    monkeypatch.setattr("sys.stdin", Stdin(answer, terminal=True))
    screen = io.StringIO()
    destroy.agree(common(FakeAws(), screen).screen)
    assert "[y/N]" in screen.getvalue()


@pytest.mark.parametrize(("answer", "terminal"), [("\n", True), ("no\n", True), ("y\n", False)])
def test_nobody_agrees(monkeypatch: pytest.MonkeyPatch, answer: str, *, terminal: bool) -> None:
    monkeypatch.setattr("sys.stdin", Stdin(answer, terminal=terminal))
    with pytest.raises(DeployError, match="Nothing was removed"):
        destroy.agree(common(FakeAws()).screen)
