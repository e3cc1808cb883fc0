import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support import crews
from tests.support.jobs import Job
from tests.support.scans import surveyed
from train import distributed, peers

LIMIT = 30.0  # seconds, met by broken code only


class Parts:
    """Children that are nobody: through with their work when the test says so.

    Attributes:
        first_is_through: Whether those of the first host are; asked again and again.
        other_is_through: Whether those of the other host are.
    """

    first_is_through: Callable[[], bool]
    other_is_through: Callable[[], bool]

    def __enter__(self) -> "Parts":
        return self

    def __exit__(self, *_: object) -> None:
        pass

    def start(self, _role: str, _arguments: Sequence[str], variables: Mapping[str, str]) -> None:
        self._is_first = variables["DMLC_NODE_HOST"] == variables["DMLC_PS_ROOT_URI"]

    def stop(self) -> None:
        pytest.fail(f"not done within {LIMIT:g} s")

    def code(self) -> int | None:
        kind = type(self)
        is_through = kind.first_is_through if self._is_first else kind.other_is_through
        return 0 if is_through() else None


def _late() -> Callable[[], bool]:
    """A stop that ends what would else last forever."""
    started = time.monotonic()
    return lambda: time.monotonic() - started > LIMIT


@pytest.fixture
def pair(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[Job]:
    monkeypatch.setattr(distributed, "Children", Parts)
    monkeypatch.setattr(distributed, "_LOOK", 0.01)
    monkeypatch.setattr(peers, "_PARTING", 0.02)
    return crews.prepared(tmp_path, 2, surveyed(cells=2))


def test_others_stay_until_the_first_is_done(
    pair: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    order: list[str] = []
    looks = iter(range(100))

    def saved() -> bool:
        """Saving takes some looks, and begins when the other host has learnt its part."""
        if "learnt" in order and next(looks) == 50:
            order.append("saved")
        return "saved" in order

    def learnt() -> bool:
        order.append("learnt")
        return True

    monkeypatch.setattr(Parts, "first_is_through", saved, raising=False)
    monkeypatch.setattr(Parts, "other_is_through", learnt, raising=False)
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(distributed.run, job.environment, [], _late()) for job in pair]
        runs[1].add_done_callback(lambda _: order.append("left"))
        assert [each.result() for each in runs] == [0, 0]
    assert order == ["learnt", "saved", "left"]


def test_a_stop_ends_the_stay(pair: list[Job], monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []

    def learnt() -> bool:
        done.append("learnt")
        return True

    monkeypatch.setattr(Parts, "first_is_through", lambda: "left" in done, raising=False)
    monkeypatch.setattr(Parts, "other_is_through", learnt, raising=False)
    stops = (_late(), lambda: "learnt" in done)
    with ThreadPoolExecutor(2) as pool:
        runs = [
            pool.submit(distributed.run, job.environment, [], stop)
            for job, stop in zip(pair, stops, strict=True)
        ]
        runs[1].add_done_callback(lambda _: done.append("left"))
        assert [each.result() for each in runs] == [0, 0]
