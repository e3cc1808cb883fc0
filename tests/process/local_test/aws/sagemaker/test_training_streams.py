"""Channels in Pipe mode and checkpoints, streamed from and to S3."""

import gzip
import io
import json
from typing import Any

import pytest

from local_test.aws.laptop import Laptop
from tests.support.job_runs import Jobs, channel
from tests.support.waiting import until
from train import recordio

PIPES = """
import os, pathlib, time
for epoch in range(2):
    pipe = pathlib.Path(f"input/data/training_{epoch}")
    while not pipe.exists():
        time.sleep(0.01)
    pathlib.Path(f"model/{epoch}").write_bytes(pipe.read_bytes())
assert not os.path.exists("input/data/training")
"""
CHECKPOINTS = """
import pathlib, signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
folder = pathlib.Path({folder!r})
assert (folder / "old").read_text() == "1"
(folder / "old").unlink()
(folder / "new").write_text("2")
time.sleep(600)
"""


@pytest.fixture(scope="module")
def jobs(aws: Laptop) -> Jobs:
    made = Jobs(aws)
    made.put("files/a", b"one\n")
    made.put("files/b", b"two\n")
    made.put("zipped/a", gzip.compress(b"one\n"))
    made.put("zipped/b", gzip.compress(b"two\n"))
    return made


def epochs(jobs: Jobs, data: dict[str, Any]) -> list[bytes]:
    """What the pipes of two epochs carried."""
    job = jobs.train(PIPES, [data])
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    found = jobs.archived(f"out/{job['TrainingJobName']}/output/model.tar.gz")
    return [found["0"], found["1"]]


@pytest.mark.parametrize(("prefix", "zip"), [("files/", "None"), ("zipped/", "Gzip")])
def test_every_epoch_streams_all_objects(jobs: Jobs, prefix: str, zip: str) -> None:  # noqa: A002
    given = channel("training", jobs.uri(prefix), InputMode="Pipe", CompressionType=zip)

    assert epochs(jobs, given) == [b"one\ntwo\n"] * 2


def test_records_are_framed_where_the_channel_says_so(jobs: Jobs) -> None:
    given = channel("training", jobs.uri("files/"), InputMode="Pipe", RecordWrapperType="RecordIO")

    for content in epochs(jobs, given):
        assert list(recordio.records(io.BytesIO(content))) == [b"one\n", b"two\n"]


def test_an_augmented_manifest_streams_its_attributes(jobs: Jobs) -> None:
    lines = [
        {"source-ref": jobs.uri("files/a"), "label": 1},
        {"source-ref": jobs.uri("files/b"), "label": {"x": 2}},
    ]
    manifest = jobs.put("augmented", "".join(f"{json.dumps(line)}\n" for line in lines))
    given = channel(
        *("training", manifest, "AugmentedManifestFile"),
        AttributeNames=["source-ref", "label"],
        InputMode="Pipe",
        RecordWrapperType="RecordIO",
    )

    for content in epochs(jobs, given):
        found = list(recordio.records(io.BytesIO(content)))
        assert found == [b"one\n", b"1", b"two\n", b'{"x": 2}']


def test_shuffled_objects_come_all_and_the_same_in_every_run(jobs: Jobs) -> None:
    for number in range(20):
        jobs.put(f"many/{number:02}", f"{number:02}\n")
    given = channel("training", jobs.uri("many/"), InputMode="Pipe", ShuffleConfig={"Seed": 3})

    first = epochs(jobs, given)

    assert first[0] != first[1]
    assert sorted(first[0].split()) == [b"%02d" % number for number in range(20)]
    assert epochs(jobs, given) == first


def test_a_stream_that_breaks_fails_the_job(jobs: Jobs) -> None:
    jobs.put("broken/a", b"this is no gzip")
    given = channel("training", jobs.uri("broken/"), InputMode="Pipe", CompressionType="Gzip")

    job = jobs.train(PIPES, [given])

    assert job["TrainingJobStatus"] == "Failed"
    assert "Data streaming failed" in job["FailureReason"]
    assert "no sound Gzip" in job["FailureReason"]


@pytest.mark.parametrize("path", [None, "/opt/ml/elsewhere/deep"])
def test_checkpoints_are_restored_and_go_up_while_it_trains(jobs: Jobs, path: str | None) -> None:
    prefix = f"checkpoints/{'own' if path else 'default'}/"
    jobs.put(f"{prefix}old", "1")
    folder = path.removeprefix("/opt/ml/") if path else "checkpoints"
    config = {"S3Uri": jobs.uri(prefix), **({"LocalPath": path} if path else {})}
    given = jobs.training(CHECKPOINTS.format(folder=folder), CheckpointConfig=config)

    jobs.sagemaker.create_training_job(**given)
    until(lambda: jobs.keys(prefix) == ["new"], "the checkpoint in S3")
    jobs.sagemaker.stop_training_job(TrainingJobName=given["TrainingJobName"])

    assert jobs.trained(given["TrainingJobName"])["TrainingJobStatus"] == "Stopped"
    assert jobs.get(f"{prefix}new") == b"2"
