import io
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from local_test.aws.sagemaker.jobs import JobFailedError
from local_test.aws.sagemaker.training_hosts import Ending, Host
from local_test.aws.sagemaker.training_results import Results, failure, location
from local_test.layout import Job
from tests.support.fake_s3 import FakeS3


def job(**output: str) -> dict[str, Any]:
    return {
        "TrainingJobName": "job",
        "OutputDataConfig": {"S3OutputPath": "s3://bucket/out/", **output},
    }


def hosts(folder: Path, **models: Mapping[str, str]) -> list[Host]:
    """Hosts that have left model files."""
    made = []
    for number, files in enumerate(models.values(), start=1):
        host = Host(f"algo-{number}", Job(folder / f"algo-{number}"), print)
        host.job.places.model_dir.mkdir(parents=True)
        host.job.places.output_data_dir.mkdir(parents=True)
        for name, text in files.items():
            path = host.job.places.model_dir / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        made.append(host)
    return made


def results(client: FakeS3, folder: Path, **output: str) -> Results:
    archives = folder / "archives"
    archives.mkdir()
    return Results(client, job(**output), archives)


def members(content: bytes) -> list[str]:
    with tarfile.open(fileobj=io.BytesIO(content)) as tar:
        return sorted(each.name for each in tar if each.isfile())


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        ({}, "s3://bucket/out/job/output/model.tar.gz"),
        ({"CompressionType": "GZIP"}, "s3://bucket/out/job/output/model.tar.gz"),
        ({"CompressionType": "NONE"}, "s3://bucket/out/job/output/model/"),
    ],
)
def test_the_model_has_its_place(output: dict[str, str], expected: str) -> None:
    assert location(job(**output)) == expected


def test_the_files_of_all_hosts_are_one_archive(tmp_path: Path) -> None:
    client = FakeS3()
    made = hosts(tmp_path, one={"a": "1", "same": "s"}, two={"deep/b": "2", "same": "s"})

    results(client, tmp_path).upload_model(made)

    assert members(client.objects["out/job/output/model.tar.gz"]) == ["a", "deep/b", "same"]


def test_hosts_that_write_different_files_of_one_name_clash(tmp_path: Path) -> None:
    made = hosts(tmp_path, one={"a": "1"}, two={"a": "2"})

    with pytest.raises(JobFailedError, match="Artifact upload failed: two hosts have written a"):
        results(FakeS3(), tmp_path).upload_model(made)


def test_nothing_is_uploaded_where_nothing_was_left(tmp_path: Path) -> None:
    client = FakeS3()
    made = hosts(tmp_path, one={})

    results(client, tmp_path).upload_model(made)
    Results(client, job(), tmp_path / "archives").upload_output(made)

    assert not client.objects


def test_a_refusal_of_s3_fails_the_job(tmp_path: Path) -> None:
    client = FakeS3()
    client.refusal = "AccessDenied"

    with pytest.raises(JobFailedError, match=r"model\.tar\.gz: .*AccessDenied"):
        results(client, tmp_path).upload_model(hosts(tmp_path, one={"a": "1"}))


@pytest.mark.parametrize(
    ("codes", "failed", "files", "expected"),
    [
        ({"algo-1": 1}, "algo-1", {"algo-1": "No data.\n"}, "No data., exit code: 1"),
        ({"algo-1": 2}, "algo-1", {}, ", exit code: 2"),
        (
            {"algo-1": 143, "algo-2": 4},
            "algo-2",
            {"algo-1": "Peer lost.", "algo-2": "Disk full."},
            "Disk full., exit code: 4",
        ),
        ({"algo-1": 143, "algo-2": 4}, "algo-2", {"algo-1": "Told."}, "Told., exit code: 4"),
    ],
)
def test_the_host_that_failed_first_says_why(
    tmp_path: Path,
    codes: dict[str, int],
    failed: str,
    files: dict[str, str],
    expected: str,
) -> None:
    made = hosts(tmp_path, **{name.replace("-", "_"): {} for name in codes})
    for host in made:
        if host.name in files:
            host.job.places.failure_file.write_text(files[host.name])

    assert failure(Ending(codes, "", failed), made) == f"AlgorithmError: {expected}"
