import logging
import tempfile
from pathlib import Path

import pytest

from container import logs
from container.errors import PlatformError, UserError
from serve import __main__ as entry
from serve import metrics


@pytest.fixture(autouse=True)
def quiet(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Leave the process's log and temporary folder as they are."""
    monkeypatch.setattr(logs, "configure", lambda *_arguments: None)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def test_the_plan_follows_the_variables(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    variables = {
        "SAGEMAKER_BASE_DIR": str(tmp_path),
        "SAGEMAKER_BIND_TO_PORT": "9000",
        "SAGEMAKER_MODEL_SERVER_WORKERS": "3",
    }
    plan = entry.prepare(variables)
    assert (plan.settings.port, plan.workers) == (9000, 3)
    assert plan.folder == tmp_path / "model"
    assert plan.scratch.is_dir()
    assert variables[metrics.FOLDER_VARIABLE] == str(plan.scratch)
    assert "MXNET_ENGINE_TYPE" in plan.variables
    (record,) = caplog.records
    assert "port 9000" in record.message
    assert "3 workers: set by the user" in record.message
    assert "3600 s" in record.message


def test_one_process_owns_the_models_and_computes_for_all_workers(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    plan = entry.prepare(
        {
            "SAGEMAKER_BASE_DIR": str(tmp_path),
            "SAGEMAKER_MULTI_MODEL": "true",
            "SAGEMAKER_MODEL_SERVER_WORKERS": "3",
            "BLERSSI_CONCURRENCY": "2",
        }
    )
    assert (plan.workers, plan.settings.concurrency) == (1, 6)
    assert plan.folder == tmp_path / "models"
    assert "one process for every model" in caplog.text


def test_a_large_model_needs_more_memory_a_worker(tmp_path: Path) -> None:
    (tmp_path / "model-0000.params").write_bytes(b"x" * 1000)
    assert entry._footprint(tmp_path) - entry._footprint(tmp_path / "absent") == 3000


def test_wrong_settings_are_told_before_anything_starts() -> None:
    with pytest.raises(UserError, match="DEFAULT_INVOCATIONS_ACCEPT"):
        entry.prepare({"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "image/png"})


def test_nowhere_to_write_is_said_in_a_sentence(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "absent"))
    with pytest.raises(PlatformError, match="temporary files"):
        entry.prepare({"SAGEMAKER_BASE_DIR": str(tmp_path)})


@pytest.mark.parametrize(
    ("arguments", "code", "text"), [(["--help"], 0, "SIGTERM"), (["now"], 1, "no arguments")]
)
def test_arguments(
    capsys: pytest.CaptureFixture[str], arguments: list[str], code: int, text: str
) -> None:
    assert entry.main(arguments, {}) == code
    assert text in "".join(capsys.readouterr())
