from pathlib import Path

import pytest

from local_test.aws.sagemaker import jobs
from local_test.aws.sagemaker import training_progress as progress
from local_test.aws.sagemaker.training_progress import Progress
from local_test.aws.store import Document, Store, Table

NAME = "job"


@pytest.fixture
def table(tmp_path: Path) -> Table:
    table = Store(tmp_path).table("training-job")
    document: Document = {"TrainingJobStatus": jobs.IN_PROGRESS}
    progress.enter(document, progress.STARTING)
    table.create(NAME, document)
    return table


def kept(table: Table) -> Document:
    document = table.get(NAME)
    assert document is not None
    return document


def test_every_transition_but_the_last_has_an_end(table: Table) -> None:
    told = Progress(table, NAME)
    told.enter(progress.DOWNLOADING)
    told.enter(progress.TRAINING)

    transitions = kept(table)["SecondaryStatusTransitions"]
    assert [each["Status"] for each in transitions] == ["Starting", "Downloading", "Training"]
    assert ["EndTime" in each for each in transitions] == [True, True, False]
    assert kept(table)["SecondaryStatus"] == "Training"
    assert kept(table)["TrainingJobStatus"] == "InProgress"


def test_a_job_that_ended_is_billed_for_its_program(table: Table) -> None:
    told = Progress(table, NAME)
    told.started()
    told.finish(jobs.STOPPED, progress.MAX_RUNTIME_EXCEEDED, FinalMetricDataList=[])

    document = kept(table)
    assert document["TrainingJobStatus"] == "Stopped"
    assert document["SecondaryStatus"] == "MaxRuntimeExceeded"
    assert document["BillableTimeInSeconds"] == document["TrainingTimeInSeconds"] == 1
    assert document["TrainingEndTime"] >= document["TrainingStartTime"]
    assert document["SecondaryStatusTransitions"][-1]["EndTime"]


def test_a_job_without_a_program_is_not_billed(table: Table) -> None:
    Progress(table, NAME).finish(jobs.FAILED, jobs.FAILED, FailureReason="ClientError: x")

    assert "BillableTimeInSeconds" not in kept(table)


def test_a_job_stops_when_somebody_wants_it(table: Table) -> None:
    told = Progress(table, NAME)
    assert not told.stops()

    table.change(NAME, lambda document: document.update(TrainingJobStatus=jobs.STOPPING))
    assert told.stops()
