"""SDK V3's `ModelTrainer` in a local container, without source code and with it."""

import uuid
from collections.abc import Mapping
from pathlib import Path

import pytest

from model import archive, artifact
from tests.sdk.harness import Harness, members

ROLE = "arn:aws:iam::111122223333:role/service-role/local-mode-asks-nobody"
ENTRY = "import runpy\nrunpy.run_module('train', run_name='__main__', alter_sys=True)\n"


class Trainer:
    """Trains as a user does, in a folder of its own.

    Attributes:
        folder: Where the SDK works. Its name is that of a project of Docker Compose, which must be
            the only one of this machine.
    """

    def __init__(self, harness: Harness) -> None:
        self._harness = harness
        self.folder = harness.root / f"{harness.root.name}-{uuid.uuid4().hex[:6]}"
        self.folder.mkdir()

    def train(
        self, source: Mapping[str, str] | None = None, hosts: int = 1, **hyperparameters: object
    ) -> None:
        from sagemaker.core.training.configs import Compute, InputData, SourceCode
        from sagemaker.train.model_trainer import Mode, ModelTrainer

        trainer = ModelTrainer(
            training_mode=Mode.LOCAL_CONTAINER,
            training_image=self._harness.image,
            role=ROLE,
            compute=Compute(instance_type="local_cpu", instance_count=hosts),
            hyperparameters=hyperparameters,
            source_code=SourceCode(**source) if source else None,
            local_container_root=str(self.folder),
        )
        channels = [
            InputData(channel_name=name, data_source=str(folder))
            for name, folder in self._harness.channels.items()
        ]
        trainer.train(input_data_config=channels)

    def results(self, archive: str) -> Path:
        return self.folder / "compressed_artifacts" / archive


@pytest.fixture
def trainer(harness: Harness) -> Trainer:
    return Trainer(harness)


def _assert_trained(trainer: Trainer, unpacked: Path) -> None:
    archive.unpack(trainer.results("model.tar.gz"), unpacked)
    assert artifact.verify(unpacked) is not None
    assert set(members(trainer.results("output.tar.gz"))) >= {
        "data/metrics.json",
        "data/report.html",
    }


def test_without_source_code_the_image_trains(trainer: Trainer, tmp_path: Path) -> None:
    trainer.train(epochs=2)  # no argument reaches the container, C7.20

    _assert_trained(trainer, tmp_path / "model")


def test_two_hosts_train_one_model(trainer: Trainer, tmp_path: Path) -> None:
    trainer.train(hosts=2, epochs=2)  # C5.53

    _assert_trained(trainer, tmp_path / "model")


@pytest.mark.parametrize("source", [{"command": "python -m train"}, {"entry_script": "entry.py"}])
def test_with_source_code_the_sdk_takes_our_place(
    trainer: Trainer, source: dict[str, str], tmp_path: Path
) -> None:
    code = tmp_path / "code"
    code.mkdir()
    (code / "entry.py").write_text(ENTRY)

    trainer.train({"source_dir": str(code), **source}, epochs=2)  # C7.22

    _assert_trained(trainer, tmp_path / "model")


def test_a_failure_is_an_error_that_says_why(trainer: Trainer, harness: Harness) -> None:
    with pytest.raises(RuntimeError, match="exited with code"):  # C7.25
        trainer.train(epochs="many")

    assert harness.newest().exit_code not in {0, 130, 137}
    reason = members(trainer.results("output.tar.gz"))["failure"].decode()
    assert "epochs" in reason.splitlines()[0]  # C5.41
