"""Channels of a draft in Pipe mode, fed until the check is over (C5.19, C5.21)."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Self

from container import contract
from local_test.conformance.draft import Draft
from local_test.feeder import Feeder, frame


class Pipes:
    """Feeds channels until its block ends; call it with a draft to lay the first pipes out.

    Args:
        channels: What to send, file by file, by channel.
        wrapper: `None`, or `RecordIO` for a frame around every file.
    """

    def __init__(self, channels: Mapping[str, Sequence[bytes]], wrapper: str = "None") -> None:
        self._channels = {
            name: b"".join(map(frame, files) if wrapper == contract.RECORDIO else files)
            for name, files in channels.items()
        }
        self._wrapper = wrapper
        self._feeders: list[Feeder] = []

    def __call__(self, draft: Draft) -> None:
        """Turn the channels of a job into pipes; no folder keeps a channel's name."""
        given = draft.configuration(contract.INPUT_DATA_CONFIG_FILE)
        mode = {"TrainingInputMode": contract.PIPE_MODE, "RecordWrapperType": self._wrapper}
        draft.configure(
            contract.INPUT_DATA_CONFIG_FILE,
            {name: {**each, **mode} for name, each in given.items()},
        )
        for name, content in self._channels.items():
            stem = draft.places.data_dir / name
            draft.remove(stem)
            self._feeders.append(Feeder(stem, partial(_always, content)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for each in self._feeders:
            each.close()


def _always(content: bytes, _epoch: int) -> Iterable[bytes]:
    return [content]


def files(channel: Path) -> Iterator[bytes]:
    """The contents of a channel's files, in the order of their names."""
    found = [channel] if channel.is_file() else sorted(channel.rglob("*"))
    return (each.read_bytes() for each in found if each.is_file())
