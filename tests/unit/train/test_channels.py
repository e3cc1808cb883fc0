import json
from pathlib import Path

import numpy as np
import pytest

from container import contract
from container.environment import Environment
from container.errors import UserError
from model.blerssi import data
from model.blerssi.data import Scans
from model.blerssi.table import DataError
from tests.support.pipes import streaming, written
from tests.support.scans import surveyed
from train import channels
from train.arguments import Arguments

SCANS = surveyed(cells=2, visits=1, scans=3)


def unlabeled(scans: Scans) -> Scans:
    return Scans(scans.readings, np.full_like(scans.cells, -1), scans.times)


def job(base: Path, **scans: Scans) -> Environment:
    for name, each in scans.items():
        data.write(base / contract.DATA / name / "scans.csv", each)
    return Environment(base)


def configure(base: Path, **modes: str) -> None:
    config = base / contract.CONFIG
    config.mkdir(parents=True)
    text = json.dumps({name: {"TrainingInputMode": mode} for name, mode in modes.items()})
    (config / contract.INPUT_DATA_CONFIG_FILE).write_text(text)


def test_channels_of_the_platform_are_read_and_others_left_alone(tmp_path: Path) -> None:
    environment = job(tmp_path, training=SCANS, validation=SCANS, unlabeled=unlabeled(SCANS))
    (tmp_path / contract.DATA / "code").mkdir()
    (tmp_path / contract.DATA / "code" / "train.py").write_text("not scans")
    found = channels.read(environment, Arguments())
    assert found.training.readings.tobytes() == SCANS.readings.tobytes()
    assert found.validation is not None
    assert found.unlabeled is not None
    assert len(found.validation) == len(found.unlabeled) == len(SCANS)


def test_flags_beat_channels_and_only_training_is_needed(tmp_path: Path) -> None:
    environment = job(tmp_path, training=SCANS)
    other = tmp_path / "other.csv"
    data.write(other, SCANS.take(np.arange(2)))
    found = channels.read(environment, Arguments(channels={"training": other}))
    assert len(found.training) == 2
    assert found.validation is None
    assert found.unlabeled is None


def test_scans_without_a_location_are_left_out_of_training(tmp_path: Path) -> None:
    both = Scans.concatenate([SCANS, unlabeled(SCANS)])
    assert len(channels.read(job(tmp_path, training=both), Arguments()).training) == len(SCANS)


@pytest.mark.parametrize("mode", ["File", "FastFile"])
def test_file_and_fastfile_are_read_alike(tmp_path: Path, mode: str) -> None:
    configure(tmp_path, training=mode)
    assert channels.read(job(tmp_path, training=SCANS), Arguments())


def test_every_pipe_is_read(tmp_path: Path) -> None:
    names = ("training", "validation", "unlabeled")
    configure(tmp_path, **dict.fromkeys(names, "Pipe"))
    text = written(tmp_path / "scans.csv", SCANS)
    with streaming({tmp_path / contract.DATA / f"{name}_0": text for name in names}):
        found = channels.read(Environment(tmp_path), Arguments())
    assert found.validation is not None
    assert found.unlabeled is not None
    assert len(found.training) == len(found.validation) == len(found.unlabeled) == len(SCANS)


def test_a_pipe_that_nothing_reads_is_named(tmp_path: Path) -> None:
    configure(tmp_path, training="Pipe", extra="Pipe", code="File")
    flags = Arguments(channels={"training": tmp_path / "scans.csv"})
    with pytest.raises(UserError, match=r"Nothing reads these channels.*: training, extra;.*File"):
        channels.read(Environment(tmp_path), flags)


def test_a_misnamed_channel_is_recognised(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="channels found: train; is 'train' meant"):
        channels.read(job(tmp_path, train=SCANS), Arguments())


def test_no_channel_at_all_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="channels found: none"):
        channels.read(Environment(tmp_path), Arguments())


def test_an_empty_channel_names_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / contract.DATA / "training"
    folder.mkdir(parents=True)
    with pytest.raises(UserError, match=f"'training' is empty: {folder}"):
        channels.read(Environment(tmp_path), Arguments())


def test_a_path_that_does_not_exist_is_named(tmp_path: Path) -> None:
    flags = Arguments(channels={"training": tmp_path / "nowhere.csv"})
    with pytest.raises(UserError, match=r"nowhere\.csv does not exist"):
        channels.read(Environment(tmp_path), flags)


def test_a_file_with_nothing_but_its_header_has_no_scan(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no scan"):
        channels.read(job(tmp_path, training=SCANS.take(np.arange(0))), Arguments())


def test_unlabelled_scans_cannot_be_learnt_from(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="6 scans, but none with a location"):
        channels.read(job(tmp_path, training=unlabeled(SCANS)), Arguments())
