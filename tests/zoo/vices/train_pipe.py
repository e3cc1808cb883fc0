"""Vices of training in Pipe mode."""

from collections.abc import Mapping

from tests.zoo.trainer import Trainer
from tests.zoo.vice import vice


@vice("lists-a-pipe", "C5.19", "C5.21", group="train")
class ListsAPipe(Trainer):
    """Looks for a folder of the channel's name."""

    def pipe(self, _channel: Mapping[str, str]) -> list[str]:
        return self.files()


@vice("wants-the-next-pipe", "C5.19", "C5.21", group="train")
class WantsTheNextPipe(Trainer):
    """Opens the second epoch's pipe as soon as the first is read."""

    def pipe(self, channel: Mapping[str, str]) -> list[str]:
        found = super().pipe(channel)
        self.channel.with_name(f"{self.channel.name}_1").read_bytes()
        return found


@vice("frames-are-text", "C5.21", group="train")
class FramesAreText(Trainer):
    """Reads frames as if they were data."""

    def frames(self, content: bytes) -> list[str]:
        return [content.decode("latin-1")]


@vice("no-padding", "C5.21", group="train")
class NoPadding(Trainer):
    """Takes the next record to begin where this one's data end."""

    def padding(self, _length: int) -> int:
        return 0
