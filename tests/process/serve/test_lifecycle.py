"""Start, failure, death and stop of the real server."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from container.contract import SERVE_STOP_SECONDS
from tests.support.models import plain_export, signed_model
from tests.support.server import ROOT, ServerProcess, Unfinished, finish, running


def test_a_plain_export_is_served(tmp_path: Path) -> None:
    plain_export(tmp_path / "model")
    with running(tmp_path, SAGEMAKER_MODEL_SERVER_WORKERS="1") as server:
        reply = server.request("POST", "/invocations", b"[[1, 2], [3, 4]]")
        assert reply.status == 200
        assert reply.body.startswith(b"[[")


@pytest.mark.parametrize("what", ["absent", "empty", "damaged"])
def test_a_model_that_does_not_load_is_never_healthy(tmp_path: Path, what: str) -> None:
    model = tmp_path / "model"
    if what == "empty":
        model.mkdir()
    if what == "damaged":
        params = signed_model(model) / "model-0000.params"
        params.write_bytes(params.read_bytes()[:-100])
    with running(tmp_path, ping=503, SAGEMAKER_MODEL_SERVER_WORKERS="1") as server:
        server.wait_for(lambda: "cannot be loaded" in server.log, "a log line that says why")
        workers = server.workers()
        assert server.request("GET", "/ping").status == 503
        refused = server.request("POST", "/invocations", b"[]")
        assert refused.status == 503
        assert b"could not be loaded" in refused.body
        assert "Traceback" not in server.log
        assert server.workers() == workers
        assert server.stop() == 0


def test_everything_in_flight_is_answered_after_sigterm(base: Path, row: bytes) -> None:
    with running(base, SAGEMAKER_MODEL_SERVER_WORKERS="2") as server:
        requests = [Unfinished(server, row) for _ in range(16)]
        server.wait_for(lambda: server.metric("blerssi_in_flight") == 16, "16 in flight")
        server.process.send_signal(signal.SIGTERM)
        server.wait_for(lambda: refuses(server), "a closed port")
        assert finish(requests) == [200] * 16
        assert server.stop() == 0


def refuses(server: ServerProcess) -> bool:
    try:
        server.connect().close()
    except ConnectionRefusedError:
        return True
    return False


def test_idle_connections_do_not_delay_the_stop(base: Path) -> None:
    with running(base) as server:
        used = server.connect()
        used.sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
        assert used.recv(65536).startswith(b"HTTP/1.1 200")
        unused = server.connect()
        started = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - started < 10  # C1.16
        used.close()
        unused.close()


def test_a_request_that_never_ends_does_not_outlive_the_stop(base: Path, row: bytes) -> None:
    with running(base, SAGEMAKER_MODEL_SERVER_WORKERS="1") as server:
        stuck = Unfinished(server, row)
        server.wait_for(lambda: server.metric("blerssi_in_flight") == 1, "one in flight")
        started = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - started < SERVE_STOP_SECONDS - 3
        stuck.drop()


def test_metrics_are_right_over_workers_deaths_and_restarts(base: Path, row: bytes) -> None:
    with running(base, SAGEMAKER_MODEL_SERVER_WORKERS="2") as server:
        server.wait_for(lambda: server.metric("blerssi_workers_ready") == 2, "two workers")
        for _ in range(20):
            server.request("POST", "/invocations", row * 3, Content_Type="text/csv")
        server.request("POST", "/invocations", b"nonsense")
        victim, _ = server.workers()
        os.kill(victim, signal.SIGKILL)
        server.wait_for(lambda: victim not in server.workers(), "the end of the victim")
        server.wait_for(lambda: server.metric("blerssi_workers_ready") == 2, "its replacement")
        for _ in range(10):
            server.request("POST", "/invocations", row, Content_Type="text/csv")
        assert server.metric("blerssi_rows_total") == 70
        assert server.metric("blerssi_invocations_total") == 31
        assert server.metric("blerssi_invocation_seconds_count") == 31
        assert server.metric("blerssi_in_flight") == 0


def test_ping_stays_green_while_one_of_two_workers_is_replaced(base: Path) -> None:
    with running(base, SAGEMAKER_MODEL_SERVER_WORKERS="2") as server:
        server.wait_for(lambda: server.metric("blerssi_workers_ready") == 2, "two workers")
        victim, _ = server.workers()
        os.kill(victim, signal.SIGKILL)
        deadline = time.monotonic() + 60
        while victim in server.workers() or server.metric("blerssi_workers_ready") < 2:
            assert server.request("GET", "/ping").status == 200
            assert time.monotonic() < deadline


def test_workers_that_keep_dying_end_the_container(base: Path) -> None:
    with running(base, SAGEMAKER_MODEL_SERVER_WORKERS="1") as server:

        def ended() -> bool:
            for worker in server.workers():
                with contextlib.suppress(ProcessLookupError):  # it went between the two
                    os.kill(worker, signal.SIGKILL)
            return server.process.poll() is not None

        server.wait_for(ended, "the end of the server")
        assert server.process.returncode == 1
        assert "workers died within" in server.log


def test_it_starts_again_in_the_same_place(base: Path, row: bytes) -> None:
    for stop in (ServerProcess.kill, ServerProcess.stop):
        with running(base, SAGEMAKER_MODEL_SERVER_WORKERS="1") as server:
            reply = server.request("POST", "/invocations", row, Content_Type="text/csv")
            assert reply.status == 200
            stop(server)


def serve(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "serve", *arguments],
        cwd=ROOT,
        env={**os.environ, **variables},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.parametrize(
    ("variables", "named"),
    [
        ({"SAGEMAKER_BIND_TO_PORT": "none"}, "SAGEMAKER_BIND_TO_PORT"),
        ({"SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT": "image/png"}, "DEFAULT_INVOCATIONS_ACCEPT"),
    ],
)
def test_a_wrong_setting_ends_the_start_with_a_sentence(
    variables: dict[str, str], named: str
) -> None:
    done = serve(**variables)
    assert done.returncode == 1
    assert named in done.stderr
    assert "Traceback" not in done.stderr


def test_help_and_arguments() -> None:
    assert "SIGTERM" in serve("--help").stdout
    refused = serve("--port", "80")
    assert refused.returncode == 1
    assert "takes no arguments" in refused.stderr
