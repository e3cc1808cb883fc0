"""Metrics in the log of the real server: where SageMaker is, and nowhere else."""

from pathlib import Path

import pytest

from tests.support import emf
from tests.support.server import ServerProcess, running

ENDPOINT = {"SAGEMAKER_SAFE_PORT_RANGE": "25000-25999"}
WORKERS = {"SAGEMAKER_MODEL_SERVER_WORKERS": "2"}


def asked(server: ServerProcess, body: bytes, times: int) -> None:
    for _ in range(times):
        reply = server.request("POST", "/invocations", body, Content_Type="text/csv")
        assert reply.status == 200, server.log


def test_workers_report_at_their_end_and_their_sums_are_right(base: Path, row: bytes) -> None:
    with running(base, ping=200, BLERSSI_ENDPOINT_NAME="mine", **ENDPOINT, **WORKERS) as server:
        asked(server, row, 6)
        asked(server, b"," * 12 + b"\n", 2)
        shown = server.metric("blerssi_missing_total")
    found = emf.found_in(server.log)
    assert 1 <= len(found) <= 2  # a line a worker that had something to do
    assert {each["EndpointName"] for each in found} == {"mine"}
    assert sum(each["Predictions"] for each in found) == 8
    assert sum(len(each["Latency"]) for each in found) == 8
    assert sum(each["NoSignal"] for each in found) == 2
    assert sum(each["Missing.b3001"] for each in found) == 2
    assert sum(each["Missing.b3003"] for each in found) == 8
    missing = [v for each in found for name, v in each.items() if name.startswith("Missing.")]
    assert sum(missing) == shown == 6 * 10 + 2 * 13
    assert 0 < sum(each["ConfidenceSum"] for each in found) <= 8


@pytest.mark.parametrize(
    ("variables", "lines"),
    [
        ({}, 0),
        ({**ENDPOINT, "BLERSSI_EMBEDDED_METRICS": "off"}, 0),
        ({**ENDPOINT, "SAGEMAKER_BATCH": "true"}, 0),
        ({"BLERSSI_EMBEDDED_METRICS": "on"}, 1),
    ],
)
def test_a_setting_beats_what_the_environment_says(
    base: Path, row: bytes, variables: dict[str, str], lines: int
) -> None:
    with running(base, ping=200, SAGEMAKER_MODEL_SERVER_WORKERS="1", **variables) as server:
        asked(server, row, 1)
    assert len(emf.found_in(server.log)) == lines
