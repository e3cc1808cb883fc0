"""A frozen snapshot of where the container is and what the platform told it.

Nothing is read at import; the variables are an argument, so that a test hands in its own.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from container import contract
from container.errors import PlatformError, UserError


@dataclass(frozen=True)
class Channel:
    """One input channel of a training job (C5.14, C5.17).

    Attributes:
        name: As the job calls it, `training` for example.
        path: Its folder; in Pipe mode the stem of its FIFOs (C5.19).
        mode: `File`, `FastFile` or `Pipe`.
        content_type: Its media type if the job named one.
        record_wrapper: `RecordIO` where a pipe's records are wrapped so, else `None` (C5.21).
    """

    name: str
    path: Path
    mode: str = "File"
    content_type: str | None = None
    record_wrapper: str = "None"


@dataclass(frozen=True)
class Hosts:
    """The machines of a training job (C5.23); a single one where the file is missing (C5.27)."""

    current: str = contract.DEFAULT_HOST
    all: tuple[str, ...] = (contract.DEFAULT_HOST,)

    @property
    def is_first(self) -> bool:
        """Whether this host is the one that saves the model (C5.53)."""
        return self.current == self.all[0]


@dataclass(frozen=True)
class Environment:
    """The folders of one container and its variables.

    Attributes:
        base: `/opt/ml`, or what SAGEMAKER_BASE_DIR names (C5.35).
        variables: The process's environment variables.
    """

    base: Path
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)

    @classmethod
    def from_variables(cls, variables: Mapping[str, str]) -> "Environment":
        """Take the snapshot from a process's variables; an empty base folder means the default."""
        base = variables.get(contract.BASE_DIR_VARIABLE, "").strip() or contract.BASE_DIR
        return cls(Path(base).absolute(), dict(variables))

    @property
    def input_dir(self) -> Path:
        """Everything that the platform hands in."""
        return self.base / contract.INPUT

    @property
    def config_dir(self) -> Path:
        """Hyperparameters, channels and hosts as JSON files."""
        return self.base / contract.CONFIG

    @property
    def data_dir(self) -> Path:
        """One folder a channel (C5.17)."""
        return self.base / contract.DATA

    @property
    def model_dir(self) -> Path:
        """What training leaves and serving reads; read-only when serving (C1.10, C5.40)."""
        return self.base / contract.MODEL

    @property
    def models_dir(self) -> Path:
        """Where a multi-model endpoint places its models, read-only (C3.3, C3.18)."""
        return self.base / contract.MODELS

    @property
    def output_dir(self) -> Path:
        """Results other than the model."""
        return self.base / contract.OUTPUT

    @property
    def output_data_dir(self) -> Path:
        """What becomes output.tar.gz (C5.42)."""
        return self.base / contract.OUTPUT_DATA

    @property
    def checkpoint_dir(self) -> Path:
        """Synchronised to S3 while training runs, restored before it starts (C5.43)."""
        return self.base / contract.CHECKPOINTS

    @property
    def failure_file(self) -> Path:
        """Why training failed (C5.41)."""
        return self.base / contract.FAILURE

    @property
    def job_name(self) -> str | None:
        """The training job's name, where the platform set it (C5.30)."""
        return self.variables.get(contract.TRAINING_JOB_NAME) or None

    @property
    def is_training_job(self) -> bool:
        """Whether the platform laid out a training job here (C7.20)."""
        return self.config_dir.is_dir()

    @property
    def is_multi_model(self) -> bool:
        """Whether the platform loads and unloads models (C3.1); `Settings` refuses other texts."""
        return self.variables.get(contract.MULTI_MODEL, "").strip().lower() in {"true", "1"}

    def hyperparameters(self) -> dict[str, str]:
        """The job's hyperparameters as text, reserved ones left out (C5.11, C5.13).

        Values are strings on the platform; a number or a list that somebody wrote by hand is
        turned back into the JSON text that it was.

        Raises:
            UserError: The file is not one flat JSON object.
        """
        path = self.config_dir / contract.HYPERPARAMETERS_FILE
        return {
            name: value if isinstance(value, str) else json.dumps(value)
            for name, value in _read_object(path).items()
            if not name.startswith(contract.RESERVED_HYPERPARAMETER_PREFIX)
            and name not in contract.RESERVED_HYPERPARAMETERS
        }

    def channels(self) -> dict[str, Channel]:
        """The job's channels by name: those declared, and any other folder of data (C5.14, C5.15).

        Raises:
            UserError: A channel has an impossible name, mode or description.
            PlatformError: The folder of the channels cannot be read.
        """
        declared = _read_object(self.config_dir / contract.INPUT_DATA_CONFIG_FILE)
        names = dict.fromkeys([*declared, *self._data_folders()])
        return {name: self._channel(name, declared.get(name, {})) for name in names}

    def _data_folders(self) -> list[str]:
        """Folders of data that may be channels; lost+found on a volume of its own is none."""
        try:
            return sorted(
                each.name
                for each in self.data_dir.iterdir()
                if _is_channel_name(each.name) and each.name[0] != "." and each.is_dir()
            )
        except FileNotFoundError:
            return []
        except OSError as error:
            raise PlatformError(f"{self.data_dir} cannot be read: {error}.") from error

    def _channel(self, name: str, description: object) -> Channel:
        if not _is_channel_name(name):
            raise UserError(
                f"Channel name {name!r} is not allowed.",
                hint="Use up to 64 letters, digits, dots, dashes or underscores (C5.16).",
            )
        if not isinstance(description, dict):
            raise UserError(
                f"Channel {name!r} is described by {description!r} in "
                f"{contract.INPUT_DATA_CONFIG_FILE}; an object was expected."
            )
        mode = description.get("TrainingInputMode", "File")
        if mode not in contract.CHANNEL_MODES:
            raise UserError(
                f"Channel {name!r} has TrainingInputMode {mode!r}; "
                f"allowed are {', '.join(contract.CHANNEL_MODES)}."
            )
        content_type = description.get("ContentType")
        if not isinstance(content_type, str | None):
            raise UserError(f"Channel {name!r} has ContentType {content_type!r}; expected a text.")
        wrapper = description.get("RecordWrapperType") or "None"
        if wrapper not in contract.RECORD_WRAPPERS:
            raise UserError(
                f"Channel {name!r} has RecordWrapperType {wrapper!r}; "
                f"allowed are {', '.join(contract.RECORD_WRAPPERS)}."
            )
        return Channel(name, self.data_dir / name, mode, content_type, wrapper)

    def hosts(self) -> Hosts:
        """The hosts of the job; extra keys are ignored, a missing file means one host (C5.24).

        Raises:
            UserError: The file contradicts itself.
        """
        config = _read_object(self.config_dir / contract.RESOURCE_CONFIG_FILE)
        if not config:
            return Hosts()
        current = config.get("current_host", contract.DEFAULT_HOST)
        every = config.get("hosts", [current])
        if not isinstance(every, list) or not all(isinstance(host, str) for host in every):
            raise UserError(
                f"{contract.RESOURCE_CONFIG_FILE} has hosts {every!r}; expected a list of names."
            )
        if current not in every:
            raise UserError(
                f"{contract.RESOURCE_CONFIG_FILE} names current_host {current!r}, "
                f"which is not among hosts {every!r}."
            )
        return Hosts(current, tuple(sorted(every)))


def _is_channel_name(name: str) -> bool:
    return re.fullmatch(contract.CHANNEL_NAME, name) is not None and name not in {".", ".."}


def _read_object(path: Path) -> dict[str, Any]:
    """Read one JSON object; a missing or empty file is an empty one (C5.15, C5.27)."""
    try:
        data = path.read_bytes().strip()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise PlatformError(f"{path} cannot be read: {error}.") from error
    if not data:
        return {}
    try:
        value = json.loads(data.decode("utf-8-sig"))  # with the mark that Windows' editors write
    except (ValueError, RecursionError) as error:
        raise UserError(f"{path} is not valid JSON: {error}.") from error
    if not isinstance(value, dict):
        raise UserError(f"{path} holds {type(value).__name__}; a JSON object was expected.")
    return value
