"""Channels of a training job, brought from S3 to a host (C5.14 - C5.22).

    File, FastFile   input/data/<channel>/...        all files are there before the program starts
    Pipe             input/data/<channel>_<epoch>    FIFOs, streamed from S3 as they are read

On the platform FastFile is a mount that reads from S3 when a file is read; here the files are
laid down beforehand, read-only, which a program cannot tell but by how long it takes.
"""

import contextlib
import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from container import contract
from local_test.aws.cloud import Cloud
from local_test.aws.errors import validation
from local_test.aws.sagemaker import sources
from local_test.aws.sagemaker.records import unzipped
from local_test.aws.sagemaker.sources import Object, Source
from local_test.feeder import Feeder, frame

_AUGMENTED: Final = "AugmentedManifestFile"
_FAST_FILE: Final = "FastFile"
_READ_ONLY: Final = 0o444


@dataclass(frozen=True)
class Channel:
    """One channel of a job.

    Attributes:
        given: As the job described it.
        default_mode: The job's TrainingInputMode, where the channel has none.
    """

    given: Mapping[str, Any]
    default_mode: str

    @property
    def name(self) -> str:
        """Its name."""
        return str(self.given["ChannelName"])

    @property
    def mode(self) -> str:
        """`File`, `FastFile` or `Pipe`."""
        return str(self.given.get("InputMode") or self.default_mode)

    @property
    def is_pipe(self) -> bool:
        """Whether it is streamed."""
        return self.mode == contract.PIPE_MODE

    @property
    def data(self) -> Mapping[str, Any]:
        """Its S3DataSource."""
        found: Mapping[str, Any] = self.given["DataSource"]["S3DataSource"]
        return found

    @property
    def is_sharded(self) -> bool:
        """Whether every host gets a part of it only."""
        return bool(self.data.get("S3DataDistributionType") == "ShardedByS3Key")

    @property
    def is_augmented(self) -> bool:
        """Whether a manifest's own lines are the records."""
        return bool(self.data["S3DataType"] == _AUGMENTED)

    @property
    def is_wrapped(self) -> bool:
        """Whether records are framed as RecordIO."""
        return self.given.get("RecordWrapperType") == contract.RECORDIO

    @property
    def is_zipped(self) -> bool:
        """Whether the platform unzips what it streams."""
        return self.given.get("CompressionType") == "Gzip"

    def configuration(self) -> dict[str, str]:
        """Its entry in inputdataconfig.json (C5.14); FastFile is called File there (C5.18)."""
        return {
            "TrainingInputMode": "File" if self.mode == _FAST_FILE else self.mode,
            "S3DistributionType": self.data.get("S3DataDistributionType", "FullyReplicated"),
            "RecordWrapperType": self.given.get("RecordWrapperType", "None"),
            **({"ContentType": self.given["ContentType"]} if "ContentType" in self.given else {}),
        }

    def problems(self) -> Iterator[str]:
        """What AWS, or this laptop, does not take."""
        if "S3DataSource" not in self.given["DataSource"]:
            yield f"channel {self.name} has no S3DataSource, the only one the laptop knows"
            return
        if self.is_augmented and not (self.is_pipe and self.data.get("AttributeNames")):
            yield f"channel {self.name}: {_AUGMENTED} takes Pipe mode and AttributeNames"
        if not self.is_pipe and (self.is_zipped or self.is_wrapped):
            yield (
                f"channel {self.name}: CompressionType and RecordWrapperType are for Pipe mode, "
                f"not for {self.mode}"
            )


class Delivery:
    """Brings a job's channels to one of its hosts.

    Args:
        cloud: Where S3 is.
        role: Whose rights count.
        channels: All of the job.
        number: The host's, from 0.
        count: How many hosts there are.
    """

    def __init__(
        self, cloud: Cloud, role: str, channels: Sequence[Channel], number: int, count: int
    ) -> None:
        self._client = cloud.client("s3", role=role)
        self._region = cloud.region
        self._role = role
        self._channels = channels
        self._number = number
        self._count = count

    def check(self) -> None:
        """Look whether every channel has data, as CreateTrainingJob does.

        Raises:
            AwsError: One has none, or the role may not look.
        """
        for each in self._channels:
            if each.is_augmented:
                _attributes(self._source(each).lines(), each.data["AttributeNames"])
            else:
                self._source(each).objects()

    def download(self, folder: Path) -> None:
        """Lay down the files of channels that are not streamed.

        Args:
            folder: The host's input/data.

        Raises:
            AwsError: Data are gone, or the role may not read them.
            ClientError: S3 refuses.
            BotoCoreError: It does not answer.
            OSError: The folder cannot be written.
        """
        for each in self._channels:
            if each.is_pipe:
                continue
            (folder / each.name).mkdir(parents=True)
            for found in self._shared(each, self._source(each).objects()):
                path = folder / each.name / found.name
                path.parent.mkdir(parents=True, exist_ok=True)
                self._client.download_file(found.bucket, found.key, str(path))
                if each.mode == _FAST_FILE:
                    path.chmod(_READ_ONLY)

    @contextlib.contextmanager
    def streaming(self, folder: Path) -> Iterator[Sequence[Feeder]]:
        """Feed the channels that are streamed, as long as the block lasts; gives their feeders."""
        folder.mkdir(parents=True, exist_ok=True)
        with contextlib.ExitStack() as undo:
            yield [
                undo.enter_context(Feeder(folder / each.name, _Stream(self, each)))
                for each in self._channels
                if each.is_pipe
            ]

    def records(self, channel: Channel, epoch: int) -> Iterator[Iterable[bytes]]:
        """What a pipe sends in an epoch: objects, or the attributes of a manifest's lines."""
        source = self._source(channel)
        if channel.is_augmented:
            lines = self._shared(channel, source.lines())
            for each in _shuffled(channel, lines, epoch):
                for value in _attributes([each], channel.data["AttributeNames"]):
                    yield self._value(value)
            return
        for found in _shuffled(channel, self._shared(channel, source.objects()), epoch):
            stream = sources.chunks(self._client, found)
            yield unzipped(stream) if channel.is_zipped else stream

    def _value(self, value: tuple[str, Any]) -> Iterable[bytes]:
        name, content = value
        if name.endswith("-ref"):
            bucket, key = sources.parsed(content)
            return sources.chunks(self._client, Object(bucket, key, key))
        text = content if isinstance(content, str) else json.dumps(content)
        return [text.encode()]

    def _source(self, channel: Channel) -> Source:
        return Source(self._client, channel.data, self._region, self._role)

    def _shared(self, channel: Channel, items: list[Any]) -> list[Any]:
        return sources.share(items, self._number, self._count) if channel.is_sharded else items


@dataclass(frozen=True)
class _Stream:
    """What a feeder sends."""

    delivery: Delivery
    channel: Channel

    def __call__(self, epoch: int) -> Iterator[bytes]:
        for record in self.delivery.records(self.channel, epoch):
            if self.channel.is_wrapped:
                yield frame(b"".join(record))
            else:
                yield from record


def _shuffled(channel: Channel, items: list[Any], epoch: int) -> list[Any]:
    """Another order in every epoch, the same in every run (ShuffleConfig)."""
    seed = channel.given.get("ShuffleConfig", {}).get("Seed")
    if seed is not None:
        random.Random(f"{seed} {epoch}").shuffle(items)  # noqa: S311 - no secret depends on it
    return items


def _attributes(
    lines: Iterable[Mapping[str, Any]], names: Sequence[str]
) -> Iterable[tuple[str, Any]]:
    """The wanted attributes of lines, line by line.

    Raises:
        AwsError: A line lacks one.
    """
    found = []
    for number, line in enumerate(lines, start=1):
        if missing := [name for name in names if name not in line]:
            raise validation(f"Line {number} of the manifest lacks {', '.join(missing)}.")
        found += [(name, line[name]) for name in names]
    return found
