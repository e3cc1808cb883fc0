import contextlib
import threading
from pathlib import Path

import pytest

from container.resources import MIB
from serve import memory
from serve.errors import Kind, ServeError
from serve.memory import Budget


def test_what_is_claimed_but_not_yet_taken_is_not_given_twice() -> None:
    budget = Budget(lambda: 164 * MIB, 640 * MIB)  # of which 64 are kept
    with budget.claim(60 * MIB), budget.claim(40 * MIB):
        with pytest.raises(ServeError, match=r"needs about 1\.0 MiB, but 0\.0 MiB") as caught:
            budget.claim(MIB).__enter__()
        assert caught.value.kind is Kind.OUT_OF_MEMORY
    with budget.claim(100 * MIB):
        pass


def test_a_failed_load_gives_its_claim_back() -> None:
    budget = Budget(lambda: 100 * MIB, 100 * MIB)
    for _ in range(2):
        with pytest.raises(KeyError), budget.claim(30 * MIB):
            raise KeyError


def test_claims_of_several_threads_never_exceed_what_there_is() -> None:
    budget = Budget(lambda: 164 * MIB, 100 * MIB)
    inside = threading.Semaphore(0)
    refused: list[int] = []

    def claim() -> None:
        try:
            with budget.claim(30 * MIB):
                done.wait(60)
        except ServeError:
            refused.append(1)
        inside.release()

    done = threading.Event()
    threads = [threading.Thread(target=claim) for _ in range(8)]
    for thread in threads:
        thread.start()
    for _ in range(5):
        assert inside.acquire(timeout=60)
    assert len(refused) == 5
    done.set()
    for thread in threads:
        thread.join(60)


@pytest.mark.parametrize(("free", "enough"), [(50, True), (49, False), (0, False)])
def test_requests_need_half_of_what_is_kept_for_them(free: int, enough: bool) -> None:
    budget = Budget(lambda: free * MIB, 1000 * MIB)
    refusal = pytest.raises(ServeError, match="too little for a request")
    with contextlib.nullcontext() if enough else refusal:
        budget.require()


def test_requests_share_a_measurement_for_a_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("serve.memory.time.monotonic", lambda: now)
    left = [100 * MIB, 0]
    budget = Budget(lambda: left.pop(0), 1000 * MIB)
    budget.require()
    now = 0.05
    budget.require()
    now = 0.15
    with pytest.raises(ServeError):
        budget.require()


def test_a_footprint_follows_the_files(tmp_path: Path) -> None:
    empty = memory.footprint(tmp_path)
    (tmp_path / "code").mkdir()
    (tmp_path / "a.params").write_bytes(bytes(1000))
    (tmp_path / "code" / "b").write_bytes(bytes(500))
    assert memory.footprint(tmp_path) == empty + memory.COPIES * 1500
    assert memory.footprint(tmp_path / "absent") == empty


def test_giving_back_works_here() -> None:
    memory.give_back()
