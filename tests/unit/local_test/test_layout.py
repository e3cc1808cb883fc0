import io
import json
import tarfile
from pathlib import Path

import pytest

from container.environment import Channel
from container.errors import UserError
from local_test import layout
from local_test.layout import Job, lay_out, place_model
from model import archive
from model.errors import ArtifactError


@pytest.fixture
def scans(tmp_path: Path) -> Path:
    path = tmp_path / "scans.csv"
    path.write_text("a\n1\n")
    return path


def test_the_entry_point_reads_what_was_laid_out(tmp_path: Path, scans: Path) -> None:
    job = Job(tmp_path / "job")
    lay_out(job, {"training": scans}, {"epochs": "3", "hidden": "64,64"})

    places = job.places
    assert places.is_training_job
    assert places.hyperparameters() == {"epochs": "3", "hidden": "64,64"}
    assert places.channels() == {
        "training": Channel("training", places.data_dir / "training", "File", None)
    }
    assert places.hosts().current == "algo-1"
    assert (places.data_dir / "training/scans.csv").read_text() == "a\n1\n"
    for folder in (places.model_dir, places.output_data_dir, places.checkpoint_dir):
        assert folder.is_dir()


def test_files_have_the_names_and_string_values_of_the_platform(
    tmp_path: Path, scans: Path
) -> None:
    job = Job(tmp_path)
    lay_out(job, {"training": scans}, {"epochs": "3"})

    config = {
        path.name: json.loads(path.read_text()) for path in (tmp_path / "ml/input/config").iterdir()
    }
    assert config == {
        "hyperparameters.json": {"epochs": "3"},
        "inputdataconfig.json": {
            "training": {
                "TrainingInputMode": "File",
                "S3DistributionType": "FullyReplicated",
                "RecordWrapperType": "None",
            }
        },
        "resourceconfig.json": {
            "current_host": "algo-1",
            "current_instance_type": "local",
            "current_group_name": "homogeneousCluster",
            "hosts": ["algo-1"],
            "instance_groups": [
                {
                    "instance_group_name": "homogeneousCluster",
                    "instance_type": "local",
                    "hosts": ["algo-1"],
                }
            ],
            "network_interface_name": "eth0",
        },
    }


def test_a_folder_is_copied_deep_and_readable_for_everyone(tmp_path: Path) -> None:
    deep = tmp_path / "data/2016/april"
    deep.mkdir(parents=True)
    (deep / "scans.csv").write_text("1")
    (deep / "scans.csv").chmod(0o600)
    job = Job(tmp_path / "job")

    lay_out(job, {"training": tmp_path / "data"}, {})

    copied = job.places.data_dir / "training/2016/april/scans.csv"
    assert copied.stat().st_mode & 0o777 == 0o644
    copied.write_text("changed")
    assert (deep / "scans.csv").read_text() == "1"


@pytest.mark.parametrize(("keep", "left"), [(False, []), (True, ["checkpoint-1"])])
def test_an_earlier_job_is_removed_but_for_checkpoints_that_are_wanted(
    tmp_path: Path, scans: Path, keep: bool, left: list[str]
) -> None:
    job = Job(tmp_path / "job")
    lay_out(job, {"training": scans, "validation": scans}, {})
    (job.places.model_dir / "model").touch()
    (job.places.checkpoint_dir / "checkpoint-1").touch()
    job.places.failure_file.write_text("old")
    job.archive.touch()

    lay_out(job, {"training": scans}, {}, keep_checkpoints=keep)

    assert not list(job.places.model_dir.iterdir())
    assert not job.places.failure_file.exists()
    assert not job.archive.exists()
    assert list(job.places.channels()) == ["training"]
    assert [each.name for each in job.places.checkpoint_dir.iterdir()] == left


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path, scans: Path) -> None:
    precious = tmp_path / "ml/thesis.tex"
    precious.parent.mkdir()
    precious.touch()

    with pytest.raises(UserError, match="not a local job"):
        lay_out(Job(tmp_path), {"training": scans}, {})

    assert precious.exists()


def test_all_wrong_channels_are_named_at_once(tmp_path: Path, scans: Path) -> None:
    with pytest.raises(UserError) as caught:
        lay_out(Job(tmp_path), {"a/b": scans, "..": scans, "training": tmp_path / "no"}, {})

    assert "'a/b'" in caught.value.message
    assert "'..'" in caught.value.message
    assert f"nothing at {tmp_path / 'no'} for channel training" in caught.value.message
    assert not (tmp_path / "ml").exists()


def test_a_job_has_a_name() -> None:
    assert layout.job_variables()["TRAINING_JOB_NAME"].startswith("local-")


def test_a_model_is_placed_from_a_folder_and_from_an_archive(tmp_path: Path) -> None:
    model = tmp_path / "my_model"
    model.mkdir()
    (model / "file").write_text("1")
    archive.pack(model, tmp_path / "model.tar.gz")

    for number, source in enumerate((model, tmp_path / "model.tar.gz")):
        base = tmp_path / str(number)
        base.mkdir()
        place_model(source, base)
        assert (base / "model/file").read_text() == "1"


def test_an_archive_is_not_trusted(tmp_path: Path) -> None:
    path = tmp_path / "model.tar.gz"
    with tarfile.open(path, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("../outside"), io.BytesIO())
    base = tmp_path / "base"
    base.mkdir()

    with pytest.raises(ArtifactError, match="leads outside"):
        place_model(path, base)


def test_a_model_that_is_not_there_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no model at"):
        place_model(tmp_path / "no.tar.gz", tmp_path)
