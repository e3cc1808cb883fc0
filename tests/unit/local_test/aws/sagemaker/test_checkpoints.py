from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from local_test.aws.sagemaker.checkpoints import Checkpoints
from tests.support.fake_s3 import FakeS3
from tests.support.waiting import until

URI = "s3://bucket/kept/"


def test_what_an_earlier_run_has_left_is_restored(tmp_path: Path) -> None:
    client = FakeS3(**{"kept/a": b"1", "kept/deep/b": b"2", "kept/../c": b"", "other": b""})

    Checkpoints(client, URI, tmp_path).restore()

    assert (tmp_path / "a").read_bytes() == b"1"
    assert (tmp_path / "deep/b").read_bytes() == b"2"
    assert not (tmp_path.parent / "c").exists()


def test_changes_and_deletions_go_up(tmp_path: Path) -> None:
    client = FakeS3(**{"kept/old": b"1", "kept/same": b"2"})
    made = Checkpoints(client, URI, tmp_path)
    made.restore()
    client.objects["kept/of-another-host"] = b"3"
    (tmp_path / "old").unlink()
    (tmp_path / "new").write_bytes(b"4")
    (tmp_path / "link").symlink_to("new")

    made.look()

    assert client.objects == {"kept/same": b"2", "kept/of-another-host": b"3", "kept/new": b"4"}

    (tmp_path / "new").write_bytes(b"longer")
    made.look()
    assert client.objects["kept/new"] == b"longer"


def test_they_go_up_while_the_program_runs_and_at_its_end(tmp_path: Path) -> None:
    client = FakeS3()
    with Checkpoints(client, "s3://bucket", tmp_path):
        (tmp_path / "one").write_bytes(b"1")
        until(lambda: "one" in client.objects, "the first checkpoint")
        (tmp_path / "two").write_bytes(b"2")

    assert client.objects == {"one": b"1", "two": b"2"}


def test_a_fault_is_kept_and_the_next_look_tries_again(tmp_path: Path) -> None:
    client = FakeS3()
    made = Checkpoints(client, URI, tmp_path)
    (tmp_path / "a").write_bytes(b"1")

    client.refusal = "SlowDown"
    made.look()
    assert isinstance(made.fault, ClientError)

    client.refusal = ""
    made.look()
    assert made.fault is None
    assert client.objects == {"kept/a": b"1"}


def test_without_s3_nothing_is_started(tmp_path: Path) -> None:
    with pytest.raises(ClientError), Checkpoints(FakeS3(), "s3://other/x", tmp_path):
        pass
