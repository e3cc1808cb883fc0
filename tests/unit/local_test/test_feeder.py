import io
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from local_test import feeder
from local_test.feeder import Feeder
from tests.support import waiting
from train import recordio

MAGIC = struct.pack("<I", feeder.MAGIC)


@pytest.mark.parametrize(
    "data",
    [b"", b"1", b"1234", MAGIC, b"12" + MAGIC + b"3", MAGIC * 3, b"1" + MAGIC + b"2" + MAGIC],
)
def test_a_frame_is_what_recordio_readers_expect(data: bytes) -> None:
    framed = feeder.frame(data)

    assert len(framed) % 4 == 0
    assert list(recordio.records(io.BytesIO(framed))) == [data]


def test_every_epoch_can_have_a_content_of_its_own(tmp_path: Path) -> None:
    with Feeder(tmp_path / "training", lambda epoch: [b"epoch ", str(epoch).encode()]):
        assert (tmp_path / "training_0").read_bytes() == b"epoch 0"
        waiting.until((tmp_path / "training_1").exists, "the second pipe")
        assert (tmp_path / "training_1").read_bytes() == b"epoch 1"


def test_a_content_that_fails_is_told_and_ends_the_pipe(tmp_path: Path) -> None:
    def failing(_epoch: int) -> Iterator[bytes]:
        yield b"begun"
        raise OSError("S3 is gone")

    with Feeder(tmp_path / "training", failing) as fed:
        assert (tmp_path / "training_0").read_bytes() == b"begun"
        waiting.until(lambda: fed.fault, "the fault")

    assert str(fed.fault) == "S3 is gone"
    assert not (tmp_path / "training_1").exists()
