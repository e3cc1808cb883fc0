import threading
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from local_test.aws.sagemaker import training_hosts
from local_test.aws.sagemaker.training_hosts import Host
from local_test.layout import Job
from local_test.runner import Program, Running, Show


class Fake(Running):
    """A program that ends by itself with a code, or by being stopped."""

    def __init__(self, code: int | None, stopped: dict[str, float], name: str) -> None:
        self._code = code
        self._ended = threading.Event()
        self._stopped = stopped
        self._name = name
        if code is not None:
            self._ended.set()
        super().__init__([], None, None)

    def poll(self) -> int | None:
        return self._code if self._ended.is_set() else None

    def stop(self, seconds: float = 10) -> int:
        self._stopped[self._name] = seconds
        self._code = 143
        self._ended.set()
        return 143

    def _wait(self) -> int:
        self._ended.wait()
        return self._code or 0

    def _kill(self) -> None:
        self.stop(0)

    def _clear(self) -> None:
        pass


class Runner:
    """Gives the program of each host the end that it is to have; None for one that lasts."""

    place = "nowhere"
    has_networks = True

    def __init__(self, **codes: int | None) -> None:
        self._codes = iter(codes.items())
        self.stopped: dict[str, float] = {}

    def start(self, _program: Program, _show: Show | None = None) -> Running:
        name, code = next(self._codes)
        return Fake(code, self.stopped, name)


def run(
    runner: Runner, count: int, watch: Callable[[], tuple[str, float] | None] = lambda: None
) -> training_hosts.Ending:
    hosts = [Host(name, Job(Path(name)), print) for name in training_hosts.names(count)]
    return training_hosts.run(runner, {each: Program((), Path()) for each in hosts}, watch)


def watching(answers: Iterable[tuple[str, float] | None]) -> Callable[[], tuple[str, float] | None]:
    left = iter(answers)
    return lambda: next(left)


def test_all_hosts_end_well() -> None:
    ending = run(Runner(one=0, two=0), 2)

    assert ending.codes == {"algo-1": 0, "algo-2": 0}
    assert (ending.cause, ending.failed) == ("", None)


def test_a_host_that_fails_stops_the_others() -> None:
    runner = Runner(one=None, two=3)

    ending = run(runner, 2)

    assert ending.failed == "algo-2"
    assert ending.codes == {"algo-1": 143, "algo-2": 3}
    assert list(runner.stopped) == ["one"]


def test_hosts_are_stopped_for_the_cause_that_the_watch_gives() -> None:
    runner = Runner(one=None, two=None)

    ending = run(runner, 2, watching([None, ("Stopped", 120.0)]))

    assert ending.cause == "Stopped"
    assert runner.stopped == {"one": 120.0, "two": 120.0}


def test_every_host_is_told_who_it_is(tmp_path: Path) -> None:
    given = {"ResourceConfig": {"InstanceCount": 2, "InstanceType": "ml.m5.large"}}
    for name in training_hosts.names(2):
        training_hosts.lay_out(Host(name, Job(tmp_path / name), print), given, [])

    texts = [
        (tmp_path / name / "ml/input/config/resourceconfig.json").read_text()
        for name in ("algo-1", "algo-2")
    ]
    assert '"current_host": "algo-1"' in texts[0]
    assert texts[0].replace('"current_host": "algo-1"', '"current_host": "algo-2"') == texts[1]
    assert not (tmp_path / "algo-1/ml/checkpoints").exists()


@pytest.mark.parametrize(
    ("path", "expected"),
    [(None, "checkpoints"), ("/opt/ml/checkpoints", "checkpoints"), ("/opt/ml/a/b/", "a/b")],
)
def test_checkpoints_lie_where_the_job_says(
    tmp_path: Path, path: str | None, expected: str
) -> None:
    host = Host("algo-1", Job(tmp_path), print)
    config = {"S3Uri": "s3://b/k", **({"LocalPath": path} if path else {})}

    found = training_hosts.checkpoint_folder(host, {"CheckpointConfig": config})

    assert found == tmp_path / "ml" / expected
