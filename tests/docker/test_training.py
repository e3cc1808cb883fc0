"""`docker run IMAGE train` on simulated scans, and how it fails."""

import json
import re
from pathlib import Path

import pytest

from container import contract
from local_test import layout
from local_test.layout import Job
from model import archive, artifact
from tests.support.engine import ISOLATED, Ended, Engine, mount
from tests.support.waiting import until


def _lay_out(folder: Path, scans: Path, **hyperparameters: str) -> Job:
    job = Job(folder)
    channels = {name: scans / f"{name}.csv" for name in ("training", "validation")}
    layout.lay_out(job, channels, {"epochs": "2", **hyperparameters})
    return job


def _open_to_all(base: Path) -> None:
    for folder in (base, *(each for each in base.rglob("*") if each.is_dir())):
        folder.chmod(0o777)


def _assert_failed(ended: Ended, job: Job, cause: str) -> None:
    assert ended.code not in {0, 137}, ended.log
    reason = job.places.failure_file.read_text()[: contract.FAILURE_REASON_LIMIT]
    assert re.search(cause, reason.splitlines()[0]), reason
    assert "Traceback" not in reason
    assert "Traceback" not in ended.log


def test_a_job_leaves_model_report_and_metrics(job: Job) -> None:
    signature = artifact.verify(job.places.model_dir)

    assert signature is not None
    assert len(signature.output.labels) == 105
    assert job.report.read_text().lstrip().lower().startswith("<!doctype html")
    assert job.report.with_name("overview.png").read_bytes().startswith(b"\x89PNG")
    assert json.loads(job.metrics.read_text())
    assert not job.places.failure_file.exists()  # C5.41


def test_metric_lines_are_whole_lines(job: Job) -> None:
    lines = (job.folder / "log").read_text().splitlines()

    epochs = [line for line in lines if line.startswith("epoch=")]  # C5.50
    assert [line.split()[0] for line in epochs] == ["epoch=1", "epoch=2", "epoch=3"]


def test_what_training_leaves_is_what_serving_reads(job: Job, tmp_path: Path) -> None:
    archive.unpack(job.archive, tmp_path / "model")  # C5.46

    assert artifact.verify(tmp_path / "model") == artifact.verify(job.places.model_dir)


@pytest.mark.parametrize(
    ("arguments", "options"), [((), {}), (("train",), ISOLATED)], ids=["no argument", "isolated"]
)
def test_a_job_runs(
    engine: Engine,
    scans: Path,
    tmp_path: Path,
    arguments: tuple[str, ...],
    options: dict[str, object],
) -> None:
    """Without an argument as V3's local mode starts it (C7.20), and with next to no rights."""
    job = _lay_out(tmp_path, scans)
    _open_to_all(job.base)

    ended = engine.run(*arguments, volumes=mount(job.base), **options)

    assert ended.code == 0, ended.log
    assert artifact.verify(job.places.model_dir) is not None


def test_bad_hyperparameters_are_all_named(engine: Engine, scans: Path, tmp_path: Path) -> None:
    job = _lay_out(tmp_path, scans, epochs="many", learning_rte="0.1")

    ended = engine.run("train", volumes=mount(job.base))

    _assert_failed(ended, job, "epochs is 'many'.*learning_rte.*did you mean learning_rate")
    assert not list(job.places.model_dir.iterdir())


def test_an_empty_channel_is_named(engine: Engine, scans: Path, tmp_path: Path) -> None:
    job = _lay_out(tmp_path, scans)
    (job.places.data_dir / "training/training.csv").unlink()

    ended = engine.run("train", volumes=mount(job.base))

    _assert_failed(ended, job, "training")
    assert not list(job.places.model_dir.iterdir())


def test_a_full_disk_leaves_no_half_written_model(
    engine: Engine, scans: Path, tmp_path: Path
) -> None:
    job = _lay_out(tmp_path, scans)
    model = f"{contract.BASE_DIR}/{contract.MODEL}"
    # The tmpfs goes with the container, so what is left on it is listed before that ends.
    script = f"python -m container train; code=$?; echo left: $(ls -A {model}); exit $code"

    ended = engine.run(
        *("-c", script),
        entrypoint="/bin/bash",
        volumes=mount(job.base),
        tmpfs={model: "size=32k"},
    )

    _assert_failed(ended, job, "No space left on device")
    assert ended.log.splitlines()[-1] == "left:"


def test_a_stopped_job_leaves_a_model(engine: Engine, scans: Path, tmp_path: Path) -> None:
    job = _lay_out(tmp_path, scans, epochs="10000")
    box = engine.start("train", volumes=mount(job.base))
    until(lambda: "epoch=2 " in box.log or not box.is_running, "two epochs are over", seconds=180)

    ended = box.stop(contract.TRAIN_STOP_SECONDS)

    assert ended.code == 0, ended.log  # C5.5, C5.9
    assert artifact.verify(job.places.model_dir) is not None
    assert not job.places.failure_file.exists()


def test_a_job_that_runs_out_of_memory_says_so(engine: Engine, scans: Path, tmp_path: Path) -> None:
    job = _lay_out(tmp_path, scans)

    ended = engine.run("train", volumes=mount(job.base), mem_limit="64m", memswap_limit="64m")

    assert ended.code == 137, ended.log
    reason = job.places.failure_file.read_text()
    assert reason.startswith("Training was killed by SIGKILL.")  # C5.41
    assert "64 MiB" in reason
    assert not list(job.places.model_dir.iterdir())
