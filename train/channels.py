"""From the channels of a job, or the files of a command line, to scans."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from container import contract
from container.environment import Channel, Environment
from container.errors import UserError
from model.blerssi import data
from model.blerssi.data import Scans
from train import pipe
from train.arguments import CHANNELS, Arguments
from train.hyperparameters import nearest


@dataclass(frozen=True)
class Data:
    """The scans of a run.

    Attributes:
        training: Labelled scans, at least one.
        validation: Labelled scans to judge by; None where none were handed in.
        unlabeled: Scans without a location; None where none were handed in.
    """

    training: Scans
    validation: Scans | None = None
    unlabeled: Scans | None = None


def read(environment: Environment, arguments: Arguments) -> Data:
    """Read every channel that a run uses; others, the SDK's `code` for example, are left alone.

    Raises:
        UserError: `training` is missing, a channel is empty, or nothing reads a pipe.
        PlatformError: Nothing comes through a pipe.
        DataError: A file is not what the data set's files are.
    """
    channels = _resolve(environment, arguments)
    if "training" not in channels:
        raise UserError(_no_training(channels), hint="Name the channel or the flag `training`.")
    training = _labeled(channels["training"])
    validation = channels.get("validation")
    unlabeled = channels.get("unlabeled")
    return Data(
        training,
        None if validation is None else _labeled(validation),
        None if unlabeled is None else _scans(unlabeled),
    )


def _resolve(environment: Environment, arguments: Arguments) -> dict[str, Channel]:
    declared = environment.channels()
    flags = {name: Channel(name, path) for name, path in arguments.channels.items()}
    read = CHANNELS.keys() - flags.keys()
    unread = [
        n for n, each in declared.items() if each.mode == contract.PIPE_MODE and n not in read
    ]
    if unread:  # the platform would wait for a reader, and fail the job in the end (C5.20)
        raise UserError(
            f"Nothing reads these channels, which are in Pipe mode: {', '.join(unread)}; "
            f"pipes are read of {', '.join(CHANNELS)} where no flag names a file instead.",
            hint="Leave the channels out, or set their TrainingInputMode to File.",
        )
    return {**declared, **flags}


def _no_training(channels: Mapping[str, Channel]) -> str:
    found = ", ".join(sorted(channels)) or "none"
    near = next((name for name in channels if nearest(name, CHANNELS) == "training"), None)
    meant = f"; is {near!r} meant?" if near else ""
    return f"There is no channel 'training' to learn from; channels found: {found}{meant}"


def _labeled(channel: Channel) -> Scans:
    scans = _scans(channel)
    labeled = scans.labeled()
    if not len(labeled):
        raise UserError(
            f"Channel {channel.name!r} has {len(scans)} scans, but none with a location.",
            hint="Only the channel `unlabeled` takes scans whose location is '?'.",
        )
    return labeled


def _scans(channel: Channel) -> Scans:
    return (
        pipe.read(channel) if channel.mode == contract.PIPE_MODE else data.read(_existing(channel))
    )


def _existing(channel: Channel) -> Path:
    """The channel's file or folder, or a sentence on what is there instead (C5.22)."""
    if not channel.path.exists():
        raise UserError(f"Channel {channel.name!r}: {channel.path} does not exist.")
    if channel.path.is_dir() and not any(each.is_file() for each in channel.path.rglob("*")):
        raise UserError(
            f"Channel {channel.name!r} is empty: {channel.path} holds no file.",
            hint="Check the channel's S3 prefix or the folder that is mounted.",
        )
    return channel.path
