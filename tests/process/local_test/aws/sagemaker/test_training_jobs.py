"""Training jobs that really train: from S3, through /opt/ml, to S3."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from local_test.aws.laptop import Laptop
from local_test.process_runner import IMAGE_PYTHON
from model import archive, artifact
from tests.support.job_runs import Jobs, channel
from train import metrics

LOOK = """
import json, os, pathlib
def content(path):
    return json.loads(path.read_text()) if path.suffix == ".json" else path.read_text()
files = {str(each): content(each) for each in pathlib.Path("input").rglob("*") if each.is_file()}
names = ("TRAINING_JOB_NAME", "TRAINING_JOB_ARN", "AWS_REGION", "MINE")
seen = {"files": files, "environment": {name: os.environ.get(name) for name in names}}
pathlib.Path("output/data/seen.json").write_text(json.dumps(seen))
pathlib.Path("model/weights").write_text("7")
"""
SAVE = "import pathlib; pathlib.Path('model/weights').write_text('7')"
SAVE_CONFIGURATION = "import shutil; shutil.copytree('input/config', 'model/config')"


@pytest.fixture(scope="module")
def jobs(aws: Laptop) -> Jobs:
    return Jobs(aws)


@pytest.fixture(scope="module")
def scans(jobs: Jobs, tmp_path_factory: pytest.TempPathFactory) -> Jobs:
    """Real scans in the bucket, below `scans/`."""
    folder = tmp_path_factory.mktemp("scans")
    names = ("training.csv", "validation.csv")
    options = (f"--output={folder / names[0]}", f"--validation={folder / names[1]}")
    subprocess.run(
        [IMAGE_PYTHON, "-m", "model.blerssi.simulate", *options], check=True, capture_output=True
    )
    for name in names:
        jobs.put(f"scans/{name.removesuffix('.csv')}/{name}", (folder / name).read_bytes())
    return jobs


def seen(jobs: Jobs, job: dict[str, Any]) -> dict[str, Any]:
    """What the program saw that looks around."""
    assert job["TrainingJobStatus"] == "Completed", job.get("FailureReason")
    found = jobs.archived(f"out/{job['TrainingJobName']}/output/output.tar.gz")
    looked: dict[str, Any] = json.loads(found["seen.json"])
    return looked


def test_our_own_training_makes_a_model_that_can_be_served(scans: Jobs, tmp_path: Path) -> None:
    given = scans.training(
        channels=[
            channel(each, scans.uri(f"scans/{each}/")) for each in ("training", "validation")
        ],
        algorithm={"MetricDefinitions": metrics.definitions()},
        HyperParameters={"epochs": "2"},
    )
    name = given["TrainingJobName"]

    made = scans.sagemaker.create_training_job(**given)
    scans.sagemaker.get_waiter("training_job_completed_or_stopped").wait(
        TrainingJobName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 90}
    )

    job = scans.training_of(name)
    assert job["TrainingJobArn"] == made["TrainingJobArn"]
    assert [each["Status"] for each in job["SecondaryStatusTransitions"]] == [
        *("Starting", "Downloading", "Training", "Uploading", "Completed")
    ]
    assert job["BillableTimeInSeconds"] >= 1
    assert job["OutputDataConfig"] == {"KmsKeyId": "", **given["OutputDataConfig"]}
    assert job["ModelArtifacts"]["S3ModelArtifacts"] == scans.uri(f"out/{name}/output/model.tar.gz")
    packed = tmp_path / "model.tar.gz"
    packed.write_bytes(scans.get(f"out/{name}/output/model.tar.gz"))
    archive.unpack(packed, tmp_path / "model")
    assert artifact.verify(tmp_path / "model") is not None
    assert "report.html" in scans.archived(f"out/{name}/output/output.tar.gz")
    assert {each["MetricName"] for each in job["FinalMetricDataList"]} >= {
        *("train_loss", "validation_mean_error_cells")
    }
    log = scans.log("/aws/sagemaker/TrainingJobs", f"{name}/algo-1-")
    assert sum(line.startswith("epoch=") for line in log) == 2
    found = scans.aws.client("cloudwatch").list_metrics(Namespace="/aws/sagemaker/TrainingJobs")
    assert {"Name": "TrainingJobName", "Value": name} in found["Metrics"][0]["Dimensions"]


def test_the_program_finds_what_the_platform_lays_out(jobs: Jobs) -> None:
    jobs.put("look/a.csv", "1")
    jobs.put("look/deep/b.csv", "2")

    job = jobs.train(
        LOOK,
        [channel("training", jobs.uri("look/"), ContentType="text/csv", InputMode="FastFile")],
        HyperParameters={"epochs": "2", "note": '"quoted"'},
        Environment={"MINE": "yes"},
    )

    looked = seen(jobs, job)
    files = looked["files"]
    assert files["input/data/training/a.csv"] == "1"
    assert files["input/data/training/deep/b.csv"] == "2"
    assert files["input/config/hyperparameters.json"] == {"epochs": "2", "note": '"quoted"'}
    assert files["input/config/inputdataconfig.json"]["training"] == {
        "TrainingInputMode": "File",
        "S3DistributionType": "FullyReplicated",
        "RecordWrapperType": "None",
        "ContentType": "text/csv",
    }
    assert files["input/config/resourceconfig.json"] == {
        "current_host": "algo-1",
        "current_instance_type": "ml.m5.large",
        "current_group_name": "homogeneousCluster",
        "hosts": ["algo-1"],
        "instance_groups": [
            {
                "instance_group_name": "homogeneousCluster",
                "instance_type": "ml.m5.large",
                "hosts": ["algo-1"],
            }
        ],
        "network_interface_name": "eth0",
    }
    assert looked["environment"] == {
        "TRAINING_JOB_NAME": job["TrainingJobName"],
        "TRAINING_JOB_ARN": job["TrainingJobArn"],
        "AWS_REGION": "us-east-1",
        "MINE": "yes",
    }


def test_a_manifest_names_the_files(jobs: Jobs) -> None:
    for name in ("a.csv", "deep/b.csv", "left-out.csv"):
        jobs.put(f"manifest/data/{name}", name)
    entries = [{"prefix": jobs.uri("manifest/data/")}, "a.csv", "deep/b.csv"]
    manifest = jobs.put("manifest/list", json.dumps(entries))

    files = seen(jobs, jobs.train(LOOK, [channel("training", manifest, "ManifestFile")]))["files"]

    data = {name: files[name] for name in files if name.startswith("input/data/t")}
    assert data == {
        "input/data/training/a.csv": "a.csv",
        "input/data/training/deep/b.csv": "deep/b.csv",
    }


def test_a_job_without_channels_and_hyperparameters_is_one(jobs: Jobs) -> None:
    job = jobs.train(SAVE_CONFIGURATION)

    found = jobs.archived(f"out/{job['TrainingJobName']}/output/model.tar.gz")
    assert json.loads(found["config/hyperparameters.json"]) == {}
    assert json.loads(found["config/inputdataconfig.json"]) == {}


def test_a_model_can_be_left_unpacked(jobs: Jobs) -> None:
    output = {"S3OutputPath": jobs.uri("plain"), "CompressionType": "NONE"}

    job = jobs.train(SAVE, OutputDataConfig=output)

    url = job["ModelArtifacts"]["S3ModelArtifacts"]
    assert url == jobs.uri(f"plain/{job['TrainingJobName']}/output/model/")
    assert jobs.get(f"plain/{job['TrainingJobName']}/output/model/weights") == b"7"


def test_jobs_are_listed_and_labelled(jobs: Jobs) -> None:
    tags = [{"Key": "project", "Value": "x"}]
    first, second = (jobs.train(SAVE, Tags=tags)["TrainingJobName"] for _ in range(2))

    found = jobs.sagemaker.list_training_jobs(NameContains="job-", MaxResults=1)
    rest = jobs.sagemaker.get_paginator("list_training_jobs").paginate(StatusEquals="Completed")
    names = [each["TrainingJobName"] for page in rest for each in page["TrainingJobSummaries"]]

    assert found["NextToken"]
    assert names.index(first) < names.index(second)
    arn = jobs.training_of(first)["TrainingJobArn"]
    assert jobs.sagemaker.list_tags(ResourceArn=arn)["Tags"] == tags
