"""What several checks of training share: sweeps, the first metric, what must not be needed."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from local_test.conformance import changes, training
from local_test.conformance.changes import SWEEPS
from local_test.conformance.checks.train_stop import _counters
from local_test.conformance.draft import Change
from local_test.conformance.lab import Lab
from local_test.conformance.materials import Materials
from local_test.conformance.registry import NotChecked, Violation
from tests.support.conformance import StubContainer, StubSubject

Fails = Callable[[Path, tuple[str, ...], dict[str, str]], bool]


class Trains(StubSubject):
    """Ends at once: with a model, or with exit code 1 where it is told to fail."""

    def __init__(self, fails: Fails) -> None:
        super().__init__()
        self.fails = fails

    def start(self, *arguments: Any, base: Path, **options: Any) -> StubContainer:
        made = super().start(*arguments, base=base, **options)
        words, variables, _ = self.started[-1]
        made.code = int(self.fails(base, words, variables))
        if not made.code:
            (base / "model").mkdir(exist_ok=True)
            (base / "model" / "weights").touch()
        return made


def lab(tmp_path: Path, fails: Fails = lambda *_: False, **materials: Any) -> Lab:
    data = tmp_path / "rows.csv"
    data.write_text("1,2\n")
    brought = Materials(channels={"training": data}, hyperparameters={"epochs": "3"}, **materials)
    return Lab(Trains(fails), brought, tmp_path / "bases", 0.05)


def starts(made: Lab) -> int:
    assert isinstance(made.subject, StubSubject)
    return len(made.subject.started)


def config(base: Path, name: str) -> str:
    path = base / "input" / "config" / name
    return path.read_text() if path.exists() else ""


@pytest.mark.parametrize("sweep", SWEEPS)
def test_a_sweep_that_trains_is_made_once_for_all_its_changes(
    sweep: tuple[Change, ...], tmp_path: Path
) -> None:
    made = lab(tmp_path)

    for change in sweep:
        training.harmless(made, change)

    assert starts(made) == 2  # and the plain one


def test_the_culprit_of_a_sweep_is_found_and_no_other(tmp_path: Path) -> None:
    made = lab(tmp_path, lambda base, *_: "topology" in config(base, "resourceconfig.json"))

    for change in SWEEPS[0]:
        if change is changes.many_host_keys:
            with pytest.raises(Violation, match="exit code 1, 0 model files"):
                training.harmless(made, change)
        else:
            training.harmless(made, change)


def test_nothing_is_harmful_where_nothing_trains(tmp_path: Path) -> None:
    with pytest.raises(NotChecked, match=r"see C5\.1"):
        training.harmless(lab(tmp_path, lambda *_: True), changes.no_argument)


@pytest.mark.parametrize(
    ("needed", "error"), [("SM_MODEL_DIR", Violation), ("SOMETHING_ELSE", NotChecked)]
)
def test_what_is_needed_is_named(needed: str, error: type[Exception], tmp_path: Path) -> None:
    made = lab(tmp_path, lambda _base, _words, variables: needed not in variables)

    with pytest.raises(error):
        training.needless(made, changes.toolkit_variables, "SM_ variables")


def test_a_change_is_what_it_says(tmp_path: Path) -> None:
    seen: dict[str, Any] = {}

    def keep(base: Path, words: tuple[str, ...], variables: dict[str, str]) -> bool:
        seen["epochs"] = config(base, "hyperparameters.json")
        seen["words"], seen["variables"] = words, variables
        seen["files"] = [str(each.relative_to(base)) for each in base.rglob("*.csv")]
        return False

    made = lab(tmp_path, keep)
    made.train(
        changes=[
            *(changes.json_hyperparameters, changes.deep_folders, changes.no_argument),
            changes.toolkit_variables,
        ]
    )

    assert seen["epochs"] == '{"epochs": "\\"3\\""}'
    assert seen["words"] == ()
    assert seen["files"] == ["input/data/training/year=2026/part/rows.csv"]
    assert seen["variables"]["SM_CHANNEL_TRAINING"] == "/opt/ml/input/data/training"


def test_folders_of_a_channel_keep_their_meaning(tmp_path: Path) -> None:
    (tmp_path / "images" / "cat").mkdir(parents=True)
    (tmp_path / "images" / "cat" / "1.csv").write_text("1\n")
    made = lab(tmp_path)
    channels = {"training": tmp_path / "images"}

    with made.job(channels=channels, changes=[changes.deep_folders]) as running:
        assert (running.base / "input/data/training/cat/1.csv").is_file()


@pytest.mark.parametrize(
    ("log", "line"),
    [
        ("", ""),
        ("start\nepoch=1 loss=0.5\nepoch=2 loss=0.4\n", "epoch=1 loss=0.5"),
        ("epoch=1 loss=0.5", ""),
        ("start\r\nepoch=1 loss=0.5\r\n", "epoch=1 loss=0.5"),
    ],
)
def test_the_first_metric_line_is_a_whole_one(log: str, line: str, tmp_path: Path) -> None:
    made = lab(tmp_path, metrics=(r"loss=([0-9.]+)",))

    assert training.first_metric_line(made, log) == line


@pytest.mark.parametrize(
    ("first", "again", "same"),
    [
        ("epoch=1 loss=0.52", "epoch=1 loss=0.51", True),
        ("epoch=1 loss=0.52", "epoch=4 loss=0.31", False),
        ("2026-11-24T11:00:01Z [1/9] loss=0.5", "2026-11-24T11:00:09Z [1/9] loss=0.4", True),
        ("loss=0.5", "loss=0.5", True),
        ("loss=0.5", "loss=0.4", False),
    ],
)
def test_a_first_epoch_is_told_from_a_later_one(first: str, again: str, same: bool) -> None:
    assert (_counters(first) == _counters(again)) is same
