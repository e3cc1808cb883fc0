"""The folder that is /opt/ml inside, laid out as the platform does before it starts a container.

JOB/ml/input/config/hyperparameters.json, inputdataconfig.json, resourceconfig.json
JOB/ml/input/data/<channel>/...
JOB/ml/model    JOB/ml/output/data    JOB/ml/checkpoints
JOB/model.tar.gz                                              packed afterwards, outside of it
"""

import json
import re
import shutil
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from container import contract
from container.environment import Environment
from container.errors import PlatformError, UserError
from local_test import again
from model import archive

INSTANCE_TYPE = "local"  # what SageMaker's own local mode writes (C7.7)
GROUP = "homogeneousCluster"  # C5.24


@dataclass(frozen=True)
class Job:
    """Where one training job keeps its things.

    Attributes:
        folder: All of them are below it.
    """

    folder: Path

    @property
    def base(self) -> Path:
        """What is /opt/ml inside."""
        return self.folder / "ml"

    @property
    def places(self) -> Environment:
        """The platform's folders and files below the base folder."""
        return Environment(self.base)

    @property
    def archive(self) -> Path:
        """What SageMaker would put into S3."""
        return self.folder / "model.tar.gz"

    @property
    def report(self) -> Path:
        """The training program's report."""
        return self.places.output_data_dir / "report.html"

    @property
    def metrics(self) -> Path:
        """The training program's figures."""
        return self.places.output_data_dir / "metrics.json"


def lay_out(
    job: Job,
    channels: Mapping[str, Path],
    hyperparameters: Mapping[str, str],
    *,
    keep_checkpoints: bool = False,
) -> None:
    """Lay out a training job; what an earlier one left in the same folder is removed.

    Args:
        job: Its folder is made where it is missing.
        channels: A file or folder by channel name (C5.16, C5.17). It is copied: what runs as
            another user can read it, and nothing can change the original.
        hyperparameters: Every value is a string (C5.11).
        keep_checkpoints: Whether the job goes on where an earlier one was stopped (C5.7).

    Raises:
        UserError: A channel's name or source is impossible, or the folder is something else's.
        PlatformError: The folder cannot be written.
    """
    _check_channels(channels)
    try:
        _clear(job.base, keep_checkpoints=keep_checkpoints)
        job.archive.unlink(missing_ok=True)
        places = job.places
        for folder in (
            *(places.config_dir, places.data_dir, places.model_dir),
            *(places.output_data_dir, places.checkpoint_dir),
        ):
            folder.mkdir(parents=True, exist_ok=True)
        for name, source in channels.items():
            copy_data(source, places.data_dir / name)
        for name, content in _config(channels, hyperparameters).items():
            (places.config_dir / name).write_text(json.dumps(content), encoding="utf-8")
    except OSError as error:
        raise PlatformError(f"The job cannot be laid out in {job.folder}: {error}.") from error


def job_variables() -> dict[str, str]:
    """What the platform adds to a training container's environment (C5.30)."""
    return {contract.TRAINING_JOB_NAME: time.strftime("local-%Y-%m-%d-%H-%M-%S")}


def copy_data(source: Path, folder: Path) -> None:
    """Copy a file, or what is in a folder, into a folder that is new.

    Raises:
        OSError: Something cannot be read or written.
    """
    if source.is_dir():
        shutil.copytree(source, folder, copy_function=_copy)
    else:
        folder.mkdir(parents=True)
        _copy(source, folder / source.name)


def place_model(source: Path, base: Path) -> None:
    """Put a model where a server looks for it, as the platform does with ModelDataUrl (C1.9).

    Args:
        source: A model.tar.gz, which is unpacked without trusting it, or a folder, to which
            `model` becomes a link.
        base: A folder without a model.

    Raises:
        UserError: There is no such file or folder.
        ArtifactError: The archive is not sound.
    """
    model = base / contract.MODEL
    if source.is_dir():
        model.symlink_to(source.resolve(), target_is_directory=True)
    elif source.is_file():
        archive.unpack(source, model)
    else:
        raise UserError(
            f"There is no model at {source}.", hint=f"Train one: {again.command('train')}"
        )


def _config(
    channels: Mapping[str, Path], hyperparameters: Mapping[str, str]
) -> dict[str, dict[str, Any]]:
    """The contents of the configuration files, by name (C5.11, C5.14, C5.23, C5.24)."""
    host = contract.DEFAULT_HOST
    group = {"instance_group_name": GROUP, "instance_type": INSTANCE_TYPE, "hosts": [host]}
    return {
        contract.HYPERPARAMETERS_FILE: dict(hyperparameters),
        contract.INPUT_DATA_CONFIG_FILE: {
            name: {
                "TrainingInputMode": "File",
                "S3DistributionType": "FullyReplicated",
                "RecordWrapperType": "None",
            }
            for name in channels
        },
        contract.RESOURCE_CONFIG_FILE: {
            "current_host": host,
            "current_instance_type": INSTANCE_TYPE,
            "current_group_name": GROUP,
            "hosts": [host],
            "instance_groups": [group],
            "network_interface_name": "eth0",
        },
    }


def _check_channels(channels: Mapping[str, Path]) -> None:
    problems = []
    for name, source in channels.items():
        if not re.fullmatch(contract.CHANNEL_NAME, name) or name.startswith("."):
            problems.append(f"{name!r} is not a channel's name ({contract.CHANNEL_NAME})")
        if not source.exists():
            problems.append(f"there is nothing at {source} for channel {name}")
    if problems:
        raise UserError(f"The channels cannot be laid out: {'; '.join(problems)}.")


def _clear(base: Path, *, keep_checkpoints: bool) -> None:
    """Remove an earlier job, and nothing that is not one."""
    if not base.exists():
        return
    job = Environment(base)
    if any(base.iterdir()) and not (job.config_dir / contract.RESOURCE_CONFIG_FILE).is_file():
        raise UserError(
            f"{base} holds something that is not a local job; it is left alone.",
            hint="Choose another --folder.",
        )
    kept = {contract.CHECKPOINTS} if keep_checkpoints else set()
    for each in base.iterdir():
        if each.name in kept:
            continue
        if each.is_dir() and not each.is_symlink():
            shutil.rmtree(each)
        else:
            each.unlink()


def _copy(source: str | Path, target: str | Path) -> None:
    """Copy a file's content and make it readable for whoever the container runs as."""
    shutil.copyfile(source, target)
    Path(target).chmod(0o644)
