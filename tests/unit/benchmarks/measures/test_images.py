from pathlib import Path

import pytest

from benchmarks import plan
from benchmarks.bench import Bench
from benchmarks.measures import images


def test_every_byte_is_in_one_line() -> None:
    own = {"/": 1e6, "/opt": 2e6, "/opt/a": 8e6, "/opt/a/b": 4e6, "/usr": 1e6, "/usr/c/d": 7e6}
    found = images.parts({path: int(size) for path, size in own.items()})
    assert found == {"/opt/a": 12, "/usr/c/d": 7, "everything else": 4}
    assert list(found) == ["/opt/a", "/usr/c/d", "everything else"]
    assert sum(found.values()) == sum(own.values()) / 1e6


def test_without_an_engine_there_is_nothing_to_measure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "")
    bench = Bench(plan.QUICK, tmp_path, "none", None, lambda _text: None)
    assert images.measure(bench) is None
