"""`Estimator.fit` in the local mode of SDK V2."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import pytest

from container import contract
from model import archive, artifact
from tests.sdk.harness import Harness, members
from tests.sdk.v2.conftest import EPOCHS


def test_the_model_is_collected(estimator: Any, tmp_path: Path) -> None:
    archive.unpack(Path(urlparse(estimator.model_data).path), tmp_path / "model")  # C7.10

    signature = artifact.verify(tmp_path / "model")
    assert signature is not None
    assert len(signature.output.labels) == 105


def test_report_and_metrics_are_collected(estimator: Any) -> None:
    output = Path(urlparse(estimator.model_data).path).with_name("output.tar.gz")

    assert set(members(output)) >= {"data/metrics.json", "data/report.html"}  # C7.10
    assert contract.FAILURE not in {f"output/{name}" for name in members(output)}


def test_the_log_is_plain_in_spite_of_the_terminal(estimator: Any, harness: Harness) -> None:
    [trained] = [each for each in harness.made() if "epoch=" in each.log]

    assert "\x1b" not in trained.log  # C1.62, C7.3
    assert "\r" not in trained.log.replace("\r\n", "\n")
    epochs = re.findall(r"^epoch=(\d+) train_loss=", trained.log, re.MULTILINE)
    assert epochs == [str(number) for number in range(1, EPOCHS + 1)]  # C5.50


def test_two_hosts_train_one_model(
    make_estimator: Callable[..., Any], channels: dict[str, str], harness: Harness, tmp_path: Path
) -> None:
    made = make_estimator(instance_count=2, epochs=EPOCHS)

    made.fit(channels)  # what ends first has Docker Compose stop the others (C7.2)

    archive.unpack(Path(urlparse(made.model_data).path), tmp_path / "model")
    assert artifact.verify(tmp_path / "model") is not None
    logs = [each.log for each in harness.made()[:2]]
    assert [log.count("train_loss=") for log in logs] in ([EPOCHS, 0], [0, EPOCHS])  # C5.53
    assert sum("Report: " in log for log in logs) == 1


def test_a_failure_is_an_error_that_says_why(
    make_estimator: Callable[..., Any], channels: dict[str, str], harness: Harness
) -> None:
    with pytest.raises(RuntimeError, match="exited with code"):  # C7.9
        make_estimator(epochs="many").fit(channels)

    failed = harness.newest()
    assert failed.exit_code not in {0, 130, 137}
    output = members(failed.folder / "compressed_artifacts/output.tar.gz")
    reason = output["failure"].decode()  # C5.41, C7.10
    assert "epochs" in reason.splitlines()[0]
    assert "Traceback" not in failed.log
