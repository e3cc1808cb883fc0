"""Checkpoints: whole or not at all, exact, and each host's own."""

import dataclasses
import logging
import os
import random
import resource
from pathlib import Path

import numpy as np
import pytest

from container.errors import PlatformError, UserError
from train.checkpoint import KEPT, Checkpoint, CheckpointFolder

IDENTITY = {"seed": 0, "hidden": [128, 128], "data": "2be36c", "versions": {"mxnet": "1.9.1"}}


def checkpoint(epoch: int) -> Checkpoint:
    rng = np.random.default_rng(epoch)
    return Checkpoint(
        IDENTITY,
        epoch,
        10 * epoch,
        [{"train_loss": 1 / (n + 3)} for n in range(epoch)],
        {"weight": rng.normal(size=(5, 3)).astype(np.float32), "m.weight": np.zeros(0, np.float32)},
    )


@pytest.fixture
def folder(tmp_path: Path) -> CheckpointFolder:
    folder = CheckpointFolder(tmp_path / "checkpoints", "algo-1")
    assert folder.is_usable()
    return folder


def names(tmp_path: Path) -> list[str]:
    return sorted(path.name for path in (tmp_path / "checkpoints").iterdir())


def test_what_is_saved_is_read_back_to_the_bit(folder: CheckpointFolder) -> None:
    saved = checkpoint(7)
    folder.save(saved)
    read = folder.latest(IDENTITY)
    assert read is not None
    assert dataclasses.replace(read, arrays={}) == dataclasses.replace(saved, arrays={})
    assert read.arrays.keys() == saved.arrays.keys()
    for name, array in saved.arrays.items():
        assert read.arrays[name].dtype == array.dtype
        assert read.arrays[name].tobytes() == array.tobytes()


def test_the_last_two_are_kept(folder: CheckpointFolder, tmp_path: Path) -> None:
    for epoch in (5, 10, 15, 100):
        path = folder.save(checkpoint(epoch))
    assert path.name == "checkpoint-algo-1-000100.npz"
    assert names(tmp_path) == ["checkpoint-algo-1-000015.npz", "checkpoint-algo-1-000100.npz"]
    assert len(names(tmp_path)) == KEPT


def test_there_is_none_at_first(folder: CheckpointFolder, tmp_path: Path) -> None:
    assert folder.latest(IDENTITY) is None
    assert CheckpointFolder(tmp_path / "absent", "algo-1").latest(IDENTITY) is None


def test_a_tuple_is_the_list_that_json_makes_of_it(folder: CheckpointFolder) -> None:
    folder.save(checkpoint(1))
    assert folder.latest({**IDENTITY, "hidden": (128, 128)}) is not None


def test_another_runs_checkpoint_is_refused(folder: CheckpointFolder) -> None:
    folder.save(checkpoint(1))
    other = {name: value for name, value in IDENTITY.items() if name != "data"}
    with pytest.raises(UserError, match="seed was 0 and is 1") as caught:
        folder.latest({**other, "seed": 1})
    assert "data was '2be36c' and is None" in caught.value.message
    assert "--fresh" in caught.value.hint


def test_a_damaged_newest_is_passed_over(
    folder: CheckpointFolder, caplog: pytest.LogCaptureFixture
) -> None:
    folder.save(checkpoint(1))
    newest = folder.save(checkpoint(2))
    sound = newest.read_bytes()
    rng = random.Random(0)
    for _ in range(300):
        data = bytearray(sound)
        if rng.random() < 0.3:
            del data[rng.randrange(len(data)) :]
        else:
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
        newest.write_bytes(data)
        found = folder.latest(IDENTITY)
        assert found is not None
        assert found.epoch in {1, 2}  # a bit of a time stamp means nothing
        expected = checkpoint(found.epoch)
        assert found.arrays["weight"].tobytes() == expected.arrays["weight"].tobytes()
        assert found.history == expected.history
    assert "is damaged and passed over" in caplog.text


@pytest.mark.parametrize("content", [b"", b"PK", b"\x93NUMPY", b"not a checkpoint"])
def test_a_file_that_is_none_is_passed_over(
    folder: CheckpointFolder, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "checkpoints/checkpoint-algo-1-000009.npz").write_bytes(content)
    assert folder.latest(IDENTITY) is None


def test_an_encrypted_flag_and_another_format_are_passed_over(
    folder: CheckpointFolder, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = folder.save(checkpoint(1))
    sound = path.read_bytes()
    path.write_bytes(sound.replace(b"PK\x01\x02\x2d\x03\x2d\0\0", b"PK\x01\x02\x2d\x03\x2d\0\1"))
    assert path.read_bytes() != sound
    assert folder.latest(IDENTITY) is None
    monkeypatch.setattr("train.checkpoint.FORMAT", 2)
    folder.save(checkpoint(1))
    monkeypatch.undo()
    assert folder.latest(IDENTITY) is None


def test_other_hosts_files_are_left_alone(tmp_path: Path) -> None:
    hosts = ("algo-1", "algo-10", "algo", "algo-1-000001", "a/b*")
    folders = {host: CheckpointFolder(tmp_path / "checkpoints", host) for host in hosts}
    for host, folder in folders.items():
        assert folder.is_usable()
        for epoch in (1, 2, 3):
            folder.save(dataclasses.replace(checkpoint(epoch), identity={"host": host}))
    for host, folder in folders.items():
        assert folder.latest({"host": host}) is not None
    foreign = tmp_path / "checkpoints" / ".checkpoint-algo-1-000009.npz.tmp"
    foreign.touch()
    folders["algo"].save(dataclasses.replace(checkpoint(4), identity={"host": "algo"}))
    folders["algo"].clear()
    assert foreign.exists()
    assert folders["algo"].latest({"host": "algo"}) is None
    for host in set(hosts) - {"algo"}:
        assert folders[host].latest({"host": host}) is not None


def test_what_a_killed_attempt_left_is_removed(folder: CheckpointFolder, tmp_path: Path) -> None:
    (tmp_path / "checkpoints" / ".checkpoint-algo-1-000001.npz.tmp").touch()
    folder.save(checkpoint(2))
    assert names(tmp_path) == ["checkpoint-algo-1-000002.npz"]


def test_a_full_disk_leaves_the_old_checkpoint(folder: CheckpointFolder, tmp_path: Path) -> None:
    folder.save(checkpoint(1))
    large = dataclasses.replace(checkpoint(2), arrays={"weight": np.zeros(100_000, np.float32)})
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (64 << 10, hard))
    try:
        with pytest.raises(PlatformError, match="checkpoint cannot be written"):
            folder.save(large)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert names(tmp_path) == ["checkpoint-algo-1-000001.npz"]
    found = folder.latest(IDENTITY)
    assert found is not None
    assert found.epoch == 1


def test_a_kill_within_a_save_leaves_no_half_checkpoint(
    folder: CheckpointFolder, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(os, "fsync", interrupted)
    with pytest.raises(KeyboardInterrupt):
        folder.save(checkpoint(1))
    assert names(tmp_path) == []


def test_a_folder_that_cannot_be_written_is_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "checkpoints").touch()
    with caplog.at_level(logging.WARNING):
        assert not CheckpointFolder(tmp_path / "checkpoints", "algo-1").is_usable()
    assert "No checkpoints are kept" in caplog.text


def test_clear_removes_them_all(folder: CheckpointFolder, tmp_path: Path) -> None:
    folder.save(checkpoint(1))
    folder.save(checkpoint(2))
    folder.clear()
    assert names(tmp_path) == []
