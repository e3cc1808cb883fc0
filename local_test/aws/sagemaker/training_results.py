"""What a training job leaves: model.tar.gz and output.tar.gz in S3 (C5.40, C5.42), or a cause."""

import filecmp
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from container import contract
from local_test.aws.sagemaker.jobs import JobFailedError
from local_test.aws.sagemaker.sources import FAULTS, parsed
from local_test.aws.sagemaker.training_hosts import Ending, Host
from model import archive
from model.errors import ModelError

_MODEL: Final = "model.tar.gz"
_OUTPUT: Final = "output.tar.gz"
_KILLED: Final = 137
_OUT_OF_MEMORY: Final = (
    "Please use an instance type with more memory, or reduce the size of job data processed on an "
    "instance."
)


def location(given: Mapping[str, Any]) -> str:
    """Where the model will be: S3ModelArtifacts.

    Args:
        given: The job, as it was asked for.
    """
    output = given["OutputDataConfig"]
    kept = _MODEL if output.get("CompressionType", "GZIP") == "GZIP" else "model/"
    return f"{output['S3OutputPath'].rstrip('/')}/{given['TrainingJobName']}/output/{kept}"


class Results:
    """Uploads what the hosts of a job have left.

    Args:
        client: Of S3, with the role's rights.
        given: The job, as DescribeTrainingJob shows it.
        folder: For archives; it is new.
    """

    def __init__(self, client: Any, given: Mapping[str, Any], folder: Path) -> None:
        self._client = client
        self._model = location(given)
        self._output = f"{self._model.rpartition('/output/')[0]}/output/{_OUTPUT}"
        self._folder = folder

    def upload_model(self, hosts: Sequence[Host]) -> None:
        """Upload the files of all hosts' /opt/ml/model, packed or as they are.

        Raises:
            JobFailedError: They cannot be packed or uploaded.
        """
        merged = self._merged("model", [each.job.places.model_dir for each in hosts])
        if not self._model.endswith("/"):
            self._pack(merged, self._model)
            return
        for path in sorted(merged.rglob("*")):
            if path.is_file():
                self._upload(path, self._model + path.relative_to(merged).as_posix())

    def upload_output(self, hosts: Sequence[Host]) -> None:
        """Upload the files of all hosts' /opt/ml/output/data, packed.

        Raises:
            JobFailedError: They cannot be packed or uploaded.
        """
        self._pack(
            self._merged("output", [each.job.places.output_data_dir for each in hosts]),
            self._output,
        )

    def _merged(self, name: str, folders: Sequence[Path]) -> Path:
        """The files of several hosts in one folder.

        Raises:
            JobFailedError: Two hosts have different files of the same name.
        """
        if len(folders) == 1:
            return folders[0]
        merged = self._folder / name
        for folder in folders:
            for path in sorted(each for each in folder.rglob("*") if each.is_file()):
                target = merged / path.relative_to(folder)
                if target.exists() and not filecmp.cmp(path, target, shallow=False):
                    raise _not_uploaded(f"two hosts have written {path.relative_to(folder)}")
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(path, target)
        merged.mkdir(parents=True, exist_ok=True)
        return merged

    def _pack(self, folder: Path, url: str) -> None:
        """Pack a folder and upload it; nothing where nothing was left."""
        if not any(each.is_file() for each in folder.rglob("*")):
            return
        packed = self._folder / url.rpartition("/")[2]
        try:
            archive.pack(folder, packed)
        except ModelError as error:
            raise _not_uploaded(str(error)) from error
        self._upload(packed, url)

    def _upload(self, path: Path, url: str) -> None:
        try:
            self._client.upload_file(str(path), *parsed(url))
        except FAULTS as error:
            raise _not_uploaded(f"{url}: {error}") from error


def failure(ending: Ending, hosts: Sequence[Host]) -> str:
    """The FailureReason of a job whose program has failed (C5.4, C5.41)."""
    ordered = sorted(hosts, key=lambda each: each.name != ending.failed)
    causes = filter(None, (_failure_file(each) for each in ordered))
    code = ending.codes[ending.failed or hosts[0].name]
    cause = next(causes, _OUT_OF_MEMORY if code == _KILLED else "")
    end = f", exit code: {code}"
    room = contract.FAILURE_REASON_LIMIT - len("AlgorithmError: ") - len(end)
    return f"AlgorithmError: {cause[:room]}{end}"


def _failure_file(host: Host) -> str:
    try:
        return host.job.places.failure_file.read_text(encoding="utf-8", errors="replace").strip()
    except OSError:
        return ""


def _not_uploaded(why: str) -> JobFailedError:
    return JobFailedError(f"ClientError: Artifact upload failed: {why}.")
