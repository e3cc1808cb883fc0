"""How far a training job is: its document, as DescribeTrainingJob shows it.

Starting ─▶ Downloading ─▶ Training ─▶ Uploading ─▶ Completed | Failed | Stopped
                                                    | MaxRuntimeExceeded
"""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from local_test.aws.sagemaker import jobs
from local_test.aws.store import Document, Table

STARTING: Final = "Starting"
DOWNLOADING: Final = "Downloading"
TRAINING: Final = "Training"
UPLOADING: Final = "Uploading"
MAX_RUNTIME_EXCEEDED: Final = "MaxRuntimeExceeded"

MESSAGES: Final[Mapping[str, str]] = {
    STARTING: "Preparing the instances for training",
    DOWNLOADING: "Downloading input data",
    TRAINING: "Training image download completed. Training in progress.",
    UPLOADING: "Uploading generated training model",
    jobs.COMPLETED: "Training job completed",
    jobs.FAILED: "Training job failed",
    jobs.STOPPING: "Stopping the training job",
    jobs.STOPPED: "Training job stopped",
    MAX_RUNTIME_EXCEEDED: "Training job runtime exceeded MaxRuntimeInSeconds provided",
}


class Progress:
    """Writes a job's document; StopTrainingJob writes to it too, from another thread.

    Args:
        table: Of training jobs.
        name: The job's.
    """

    def __init__(self, table: Table, name: str) -> None:
        self._table = table
        self._name = name

    def enter(self, secondary: str) -> None:
        """Go on to the next secondary status."""
        self._change(lambda document: enter(document, secondary))

    def started(self) -> None:
        """The program runs: from now on it is billed."""
        self._change(lambda document: document.update(TrainingStartTime=now()))

    def finish(self, status: str, secondary: str, **members: Any) -> None:
        """End the job.

        Args:
            status: TrainingJobStatus.
            secondary: SecondaryStatus.
            members: What else its description has from now on.
        """

        def change(document: Document) -> None:
            enter(document, secondary)
            document.update(TrainingJobStatus=status, TrainingEndTime=now(), **members)
            document["SecondaryStatusTransitions"][-1]["EndTime"] = now()
            if started := document.get("TrainingStartTime"):
                seconds = max(1, round((now() - started).total_seconds()))
                document.update(TrainingTimeInSeconds=seconds, BillableTimeInSeconds=seconds)

        self._change(change)

    def stops(self) -> bool:
        """Whether somebody wants the job to stop."""
        document = self._table.get(self._name)
        return document is None or document["TrainingJobStatus"] == jobs.STOPPING

    def _change(self, function: Callable[[Document], None]) -> None:
        self._table.change(self._name, function)


def enter(document: Document, secondary: str) -> None:
    """Add a transition to a document and make it the current one."""
    transitions = document.setdefault("SecondaryStatusTransitions", [])
    if transitions:
        transitions[-1].setdefault("EndTime", now())
    transitions.append(
        {"Status": secondary, "StartTime": now(), "StatusMessage": MESSAGES[secondary]}
    )
    document.update(SecondaryStatus=secondary, LastModifiedTime=now())


def now() -> datetime:
    """The time as documents hold it."""
    return datetime.now(UTC)
