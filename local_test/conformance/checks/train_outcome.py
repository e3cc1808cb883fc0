"""How a training ends and what it leaves: exit code, model, failure file (C5.1 on, C5.40 on)."""

import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

from container.environment import Environment
from local_test.conformance.changes import no_outputs
from local_test.conformance.lab import Lab
from local_test.conformance.registry import DOCKER, NotChecked, Violation, check
from local_test.conformance.subject import Limits
from local_test.conformance.trained import finished
from local_test.conformance.training import (
    ENDS_WELL,
    harmless,
    plain,
    require_servable,
    require_well,
    wrong,
)

_OUTPUTS = {  # C5.42, C5.44
    *("data", "failure", "success"),
    *("tensorboard", "tensors", "profiler", "intermediate", "metrics"),
}
_TRACEBACK = "Traceback (most recent call last)"
_LEFTOVER = "of an earlier attempt"


@check(
    "C5.1",
    group="train",
    title="The word `train` trains, by the files of a real job alone",
    expected=ENDS_WELL,
)
def word_trains(lab: Lab) -> None:
    """The one check for which a training that never works is a violation of its own."""
    require_well(lab.trained)


@check(
    "C5.4",
    group="train",
    title="A training that cannot work ends with another exit code than 0",
    expected="any exit code but 0",
)
def failure_has_an_exit_code(lab: Lab) -> None:
    """Nothing but the exit code tells the platform."""
    trained = wrong(lab)
    if trained.exit_code == 0:
        raise Violation("exit code 0 with hyperparameters that must fail", trained.container)


@check(
    "C5.41",
    group="train",
    title="A failure is described in output/failure, the cause before any traceback",
    expected="a text whose first line says what went wrong",
)
def failure_is_described(lab: Lab) -> None:
    """People see the first 1,024 characters, and often only the first line of them."""
    trained = wrong(lab)
    if trained.exit_code == 0:
        raise NotChecked("the training did not fail; see C5.4")
    if trained.failure is None or not trained.failure.strip():
        there = "is not there" if trained.failure is None else "is empty"
        raise Violation(f"the failure file {there}", trained.container)
    if trained.failure.lstrip().startswith(_TRACEBACK):
        raise Violation("the failure file begins with a traceback", trained.failure)


@check(
    "C5.41",
    group="train",
    title="A training that ends well leaves no failure file",
    expected="no file output/failure",
)
def success_has_no_failure_file(lab: Lab) -> None:
    """Whoever reads it takes the job for a failed one."""
    if (failure := plain(lab).failure) is not None:
        raise Violation(f"exit code 0 and a failure file of {len(failure)} characters", failure)


@check(
    "C5.40",
    group="train",
    title="The model folder holds regular files and folders only",
    expected="no link, socket, pipe or device",
)
def model_is_of_regular_files(lab: Lab) -> None:
    """Nothing else survives the way through an archive."""
    _require_regular(Environment(plain(lab).base).model_dir)


@check(
    "C7.10",
    group="sdk-harness",
    title="The output folder holds regular files and folders only",
    expected="no link, socket, pipe or device",
)
def output_can_be_packed(lab: Lab) -> None:
    """Local mode packs all of it."""
    _require_regular(Environment(plain(lab).base).output_data_dir.parent)


@check(
    "C5.42",
    group="train",
    title="Results that are no model lie in output/data",
    expected=f"nothing in output but {', '.join(sorted(_OUTPUTS))}",
)
def results_lie_in_output_data(lab: Lab) -> None:
    """What lies beside that folder is lost."""
    folder = Environment(plain(lab).base).output_data_dir.parent
    if stray := sorted({each.name for each in folder.iterdir()} - _OUTPUTS):
        raise Violation(f"in output: {', '.join(stray)}")


@check(
    "C5.45",
    group="train",
    title="Folders for the output are made where they are missing",
    expected=ENDS_WELL,
)
def output_folders_are_made(lab: Lab) -> None:
    """Not every place makes them."""
    harmless(lab, no_outputs)


@check(
    "C5.46",
    group="train",
    title="The model, packed and unpacked, is served by the same image",
    expected="/ping 200, and 200 for the payload",
)
def model_is_served(lab: Lab) -> None:
    """Whatever else a server needs is not there."""
    require_servable(lab, Environment(plain(lab).base).model_dir)


@check(
    "C5.8",
    group="train",
    title="A second attempt ends well over what the first one left",
    expected=f"{ENDS_WELL}; no failure file",
)
def training_is_repeatable(lab: Lab) -> None:
    """A job is tried again after errors that are not its own."""
    plain(lab)
    with lab.job() as running:
        running.wait(lab.materials.train_seconds)
        failure = Environment(running.base).failure_file
        failure.parent.mkdir(parents=True, exist_ok=True)
        failure.write_text(_LEFTOVER, encoding="utf-8")
        running.restart()
        again = finished(running, running.wait(lab.materials.train_seconds))
    if again.failure == _LEFTOVER and again.exit_code == 0:
        raise Violation("the failure file of the attempt before is still there", again.container)
    require_well(again)


@check(
    "C5.22",
    group="train",
    title="Channels without a file end a single host's training as a failure",
    expected="an exit code other than 0, in time",
)
def empty_channel_is_a_failure(lab: Lab) -> None:
    """Sharding may leave a host without data."""
    plain(lab)
    empty = lab.folder()
    trained = lab.train(channels=dict.fromkeys(lab.materials.channels, empty))
    if trained.exit_code == 0:
        raise Violation("exit code 0 though no channel has a file", trained.container)
    shutil.rmtree(empty)


@check(
    "C5.52",
    group="train",
    title="Training works without a network",
    expected=ENDS_WELL,
    needs=(DOCKER,),
)
def network_is_not_needed(lab: Lab) -> None:
    """Network isolation leaves neither S3 nor package indexes."""
    plain(lab)
    require_well(lab.train(limits=Limits(network=False)))


def _require_regular(folder: Path) -> None:
    if wrong_ones := list(_irregular(folder)):
        raise Violation("; ".join(wrong_ones))


def _irregular(folder: Path) -> Iterator[str]:
    for each in sorted(folder.rglob("*")):
        mode = each.lstat().st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            yield f"{each.relative_to(folder)} is {stat.filemode(mode)}"
