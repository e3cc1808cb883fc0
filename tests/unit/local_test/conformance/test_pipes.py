import json
from pathlib import Path, PurePosixPath

import pytest

from local_test.conformance import pipes
from local_test.conformance.draft import Draft
from local_test.conformance.pipes import Pipes
from local_test.feeder import frame
from tests.support import waiting


@pytest.fixture
def draft(tmp_path: Path) -> Draft:
    made = Draft(tmp_path, PurePosixPath("/opt/ml"), {})
    made.places.config_dir.mkdir(parents=True)
    (made.places.data_dir / "training").mkdir(parents=True)
    made.configure("inputdataconfig.json", {"training": {"TrainingInputMode": "File"}})
    return made


def test_every_epoch_has_a_pipe_of_its_own(draft: Draft) -> None:
    with Pipes({"training": [b"a\n", b"b\n" * 100_000]}) as made:
        made(draft)
        stem = draft.places.data_dir / "training"
        first = stem.with_name("training_0").read_bytes()
        second = stem.with_name("training_1")

        assert not stem.exists()
        assert first == b"a\n" + b"b\n" * 100_000
        waiting.until(second.exists, "the second pipe")
        assert second.read_bytes() == first


def test_a_reader_may_stop_early_or_never_come(draft: Draft) -> None:
    with Pipes({"training": [b"x" * 1_000_000]}) as made:
        made(draft)
        with (draft.places.data_dir / "training_0").open("rb") as pipe:
            assert pipe.read(10) == b"x" * 10


def test_the_configuration_names_mode_and_wrapper(draft: Draft) -> None:
    with Pipes({"training": [b"1"]}, "RecordIO") as made:
        made(draft)

        found = json.loads((draft.places.config_dir / "inputdataconfig.json").read_text())
        content = (draft.places.data_dir / "training_0").read_bytes()

    assert found == {"training": {"TrainingInputMode": "Pipe", "RecordWrapperType": "RecordIO"}}
    assert content == frame(b"1")


def test_files_come_in_the_order_of_their_names(tmp_path: Path) -> None:
    for name in ("b", "a/z", "a/y"):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(name)

    assert list(pipes.files(tmp_path)) == [b"a/y", b"a/z", b"b"]
    assert list(pipes.files(tmp_path / "b")) == [b"b"]
