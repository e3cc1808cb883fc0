"""The commands of the pipeline's steps, one after the other, against the laptop's AWS."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from local_test.aws.laptop import Laptop
from model.blerssi import data, simulate
from tests.support import endpoints
from tests.support.deploys import Ended, deploy

ENDPOINT = "blerssi-steps"
BUCKET = "steps"


@dataclass
class Story:
    """What the tests share: scans in S3, a role, and jobs that have run."""

    aws: Laptop
    role: str
    rows: Path
    trained: dict[int, str] = field(default_factory=dict)

    def train(self, epochs: int) -> Ended:
        return deploy(
            *("train", "--image", endpoints.IMAGE, "--role", self.role, "--bucket", BUCKET),
            *("--training", "data/training.csv", "--validation", "data/validation.csv"),
            *("--to", f"s3://{BUCKET}/models", "--poll", 0.2, "-H", f"epochs={epochs}"),
            *(("-H", "learning_rate=1") if epochs == 1 else ()),  # a bad model
            *("--hyperparameters", '{"seed": 1, "epochs": 99, "drawn_scans": 0}', "--json"),
            variables=self.aws.variables,
        )

    def model(self, epochs: int) -> str:
        """Give a model of so many epochs, trained once."""
        if epochs not in self.trained:
            ended = self.train(epochs)
            assert ended.code == 0, ended.err
            self.trained[epochs] = ended.document["model_artifact_url"]
        return self.trained[epochs]

    def gate(self, epochs: int, *more: object) -> Ended:
        return deploy(
            *("gate", self.model(epochs), "--endpoint", ENDPOINT, "--rows", self.rows, *more),
            variables=self.aws.variables,
        )

    def run(self, *arguments: object) -> Ended:
        return deploy(*arguments, variables=self.aws.variables)


@pytest.fixture(scope="module")
def story(aws: Laptop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Story]:
    folder = tmp_path_factory.mktemp("scans")
    client = aws.client("s3")
    client.create_bucket(Bucket=BUCKET)
    training, validation = simulate.simulate_pair(seed=3)
    for name, scans in (("training", training), ("validation", validation)):
        data.write(folder / f"{name}.csv", scans)
        client.upload_file(str(folder / f"{name}.csv"), BUCKET, f"data/{name}.csv")
    yield Story(aws, endpoints.role(aws, "steps-role"), folder / "validation.csv")
    deploy("destroy", "--name", ENDPOINT, "--yes", variables=aws.variables)


def endpoint(story: Story, epochs: int) -> tuple[object, ...]:
    """The options of a model and of its endpoint."""
    return (
        *("--name", ENDPOINT, "--image", endpoints.IMAGE, "--role", story.role),
        *("--artifact", story.model(epochs)),
    )


def test_a_file_is_fetched_from_a_bucket_whole(story: Story, tmp_path: Path) -> None:
    target = tmp_path / "new" / "scans"
    ended = story.run("fetch", "data/validation.csv", "--bucket", BUCKET, "--to", target, "--json")
    assert ended.code == 0, ended.err
    assert target.read_bytes() == story.rows.read_bytes()
    assert ended.document["source"] == f"s3://{BUCKET}/data/validation.csv"


def test_a_file_is_fetched_from_a_volume_too(story: Story, tmp_path: Path) -> None:
    target = tmp_path / "scans"
    ended = story.run("fetch", story.rows, "--bucket", BUCKET, "--to", target)
    assert ended.code == 0, ended.err
    assert target.read_bytes() == story.rows.read_bytes()


@pytest.mark.parametrize(
    ("source", "said"),
    [
        (f"s3://{BUCKET}/data/none.csv", f"s3://{BUCKET}/data/none.csv is not there"),
        ("s3://no-such-bucket/a.csv", "no-such-bucket"),
        (f"s3://{BUCKET}/data/", "is a folder"),
        ("/nowhere/a.csv", "no file /nowhere/a.csv"),
    ],
)
def test_what_is_not_there_is_said(story: Story, tmp_path: Path, source: str, said: str) -> None:
    ended = story.run("fetch", source, "--to", tmp_path / "scans")
    assert ended.code == 1
    assert said in ended.err
    assert not list(tmp_path.iterdir())


def test_training_is_done_once_and_its_model_is_marked(story: Story, tmp_path: Path) -> None:
    artifact = story.model(6)
    saved = tmp_path / "url"
    again = deploy(
        *("train", "--image", endpoints.IMAGE, "--role", story.role),
        *("--training", f"s3://{BUCKET}/data/training.csv"),
        *("--validation", f"s3://{BUCKET}/data/validation.csv"),
        *("--to", f"s3://{BUCKET}/models", "--poll", 0.2),
        *("--hyperparameters", '{"seed": "1", "epochs": 6, "drawn_scans": 0}'),
        *("--save", f"model_artifact_url={saved}"),
        variables=story.aws.variables,
    )
    assert again.code == 0, again.err
    assert "is there already: Completed" in again.out
    assert saved.read_text(encoding="utf-8") == artifact
    key = artifact.removeprefix(f"s3://{BUCKET}/")
    tags = story.aws.client("s3").get_object_tagging(Bucket=BUCKET, Key=key)["TagSet"]
    assert {"Key": "made-by", "Value": "blerssi-deploy"} in tags


def test_metrics_come_with_the_job(story: Story) -> None:
    story.model(6)
    metrics = story.train(6).document["metrics"]
    assert 0 < metrics["validation_mean_error_cells"] < 10


def test_a_wrong_hyperparameter_is_the_jobs_reason(story: Story) -> None:
    ended = story.train(0)
    assert ended.code == 1
    assert "epochs is '0'" in ended.err


def test_a_plan_starts_no_job(story: Story) -> None:
    ended = deploy(
        *("train", "--image", endpoints.IMAGE, "--role", story.role, "--plan"),
        *("--training", f"s3://{BUCKET}/data/training.csv", "--to", f"s3://{BUCKET}/planned"),
        variables=story.aws.variables,
    )
    assert ended.code == 0, ended.err
    assert "would call sagemaker:CreateTrainingJob" in ended.out
    names = story.aws.client("sagemaker").list_training_jobs()["TrainingJobSummaries"]
    assert not any(each["TrainingJobName"] in ended.out for each in names)


def test_data_that_are_not_there_start_no_job(story: Story) -> None:
    ended = deploy(
        *("train", "--image", endpoints.IMAGE, "--role", story.role, "--bucket", BUCKET),
        *("--training", "nowhere/", "--to", f"s3://{BUCKET}/models"),
        variables=story.aws.variables,
    )
    assert ended.code == 1
    assert f"nothing at s3://{BUCKET}/nowhere/" in ended.err


def test_a_model_passes_where_nothing_is_live(story: Story) -> None:
    ended = deploy(
        *("gate", story.model(6), "--endpoint", "blerssi-none", "--rows", story.rows, "--json"),
        variables=story.aws.variables,
    )
    assert ended.code == 0, ended.err
    assert ended.document["live"] is None


def test_the_way_of_a_model_into_an_endpoint_and_past_the_gate(
    story: Story, tmp_path: Path
) -> None:
    model, same = tmp_path / "model", tmp_path / "same"
    options = endpoint(story, 6)
    for path in (model, same):
        ended = story.run("model", *options, "--save", f"model={path}")
        assert ended.code == 0, ended.err
    assert "is there already" in ended.out
    ended = story.run(
        *("endpoint", *options, "--instances", 1, "--poll", 0.2, "--scale=", "--capture", 0),
        "--json",
    )
    assert ended.code == 0, ended.err
    assert ended.document["model"] == model.read_text("utf-8") == same.read_text("utf-8")
    ended = story.run("validate", ENDPOINT, story.rows, "--most", 6, "--json")
    assert ended.code == 0, ended.err
    live = ended.document["mean_error_cells"]
    # The figure of training, of the archive, and of the endpoint are one.
    ended = story.gate(6, "--slack", 0, "--json")
    assert ended.code == 0, ended.err
    assert ended.document["new"] == pytest.approx(live, abs=1e-3)
    ended = story.run("validate", ENDPOINT, story.rows, "--most", live - 0.01)
    assert ended.code == 1
    assert "cells off on average" in ended.err
    ended = story.gate(1, "--slack", 0)
    assert ended.code == 1
    assert "It is not deployed" in ended.err
    assert story.gate(1, "--slack", 20).code == 0


def test_an_endpoint_that_is_not_there_cannot_be_validated(story: Story) -> None:
    ended = story.run("validate", "blerssi-none", story.rows, "--most", 6)
    assert ended.code == 1
    assert "no endpoint blerssi-none" in ended.err
