"""The commands as a user gives them, over the real programs in plain processes."""

import json
import os
import re
import shlex
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from local_test import client
from model import archive, artifact
from tests.support.models import plain_export, signed_model
from tests.support.waiting import until

PROJECT = Path(__file__).parents[3]
PAYLOAD = PROJECT / "local_test/payload.csv"
REAL = PROJECT.parent / "shared/data/ble-rssi/labeled.csv"
COMMAND = (sys.executable, "-m", "local_test")


def _local_test(*arguments: str, body: bytes = b"") -> "subprocess.CompletedProcess[bytes]":
    return subprocess.run(
        [*COMMAND, *arguments], cwd=PROJECT, input=body, capture_output=True, check=False
    )


class Serving:
    """`local_test serve` in the background."""

    def __init__(self, arguments: Sequence[str], log: Path) -> None:
        self._log = log
        with log.open("wb") as file:
            self.process = subprocess.Popen(
                [*COMMAND, "serve", "--port", "0", "--python", sys.executable, *arguments],
                cwd=PROJECT,
                stdout=file,
                stderr=subprocess.STDOUT,
            )

    @property
    def log(self) -> str:
        return self._log.read_text()

    def url(self) -> str:
        until(lambda: "Ready at" in self.log or self.process.poll() is not None, self.log)
        found = re.search(r"Ready at (\S+);", self.log)
        assert found, self.log
        return found[1]

    def stop(self, number: int) -> int:
        self.process.send_signal(number)
        return self.process.wait(60)


@pytest.fixture(scope="module")
def archived(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("model")
    archive.pack(signed_model(folder / "model"), folder / "model.tar.gz")
    return folder / "model.tar.gz"


@pytest.fixture(scope="module")
def url(archived: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    serving = Serving(["--model", str(archived)], tmp_path_factory.mktemp("log") / "log")
    yield serving.url()
    assert serving.stop(signal.SIGTERM) == 0, serving.log
    assert "Traceback" not in serving.log


def test_predictions_are_a_table(url: str) -> None:
    done = _local_test("predict", "--url", url, str(PAYLOAD))

    header, _, *rows = done.stdout.decode().splitlines()
    assert done.returncode == 0, done.stderr
    assert header.split()[:4] == ["location", "probability", "column", "row"]
    assert len(rows) == len(PAYLOAD.read_text().splitlines())
    assert rows[-1].endswith("no_signal")


def test_the_body_is_printed_as_it_comes_where_that_is_wanted(url: str) -> None:
    row = json.dumps([[-78.0] + [None] * 12]).encode()

    as_json = _local_test(
        *("predict", "--url", url, "-", "--content-type", "application/json", "--json"),
        *("--custom-attributes", "top_k=2"),
        body=row,
    )
    as_csv = _local_test("predict", "--url", url, str(PAYLOAD), "--accept", "text/csv")

    (answer,) = json.loads(as_json.stdout)["predictions"]
    assert len(answer["candidates"]) == 2
    assert len(as_csv.stdout.splitlines()) == len(PAYLOAD.read_text().splitlines())


def test_an_error_is_unfolded_and_ends_with_1(url: str) -> None:
    done = _local_test(
        "predict", "--url", url, "-", "--content-type", "text/csv", body=b"-78" + b",7" * 12
    )

    assert done.returncode == 1
    assert done.stdout == b""
    assert b"Error 400, invalid_input:" in done.stderr
    assert b"row 0, field b3002: got 7" in done.stderr


def test_the_wrappers_work_from_any_folder(url: str, tmp_path: Path) -> None:
    (tmp_path / "mine.csv").write_bytes(PAYLOAD.read_bytes())
    script = PROJECT / "local_test/predict.sh"

    done = subprocess.run(
        [script, "mine.csv", "text/csv", "--url", url],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert b"no_signal" in done.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_a_folder_is_served_until_a_signal_comes(number: int, tmp_path: Path) -> None:
    model = plain_export(tmp_path / "model")
    serving = Serving(["--model", str(model)], tmp_path / "log")
    url = serving.url()

    done = _local_test(
        "predict", "--url", url, "-", "--content-type", "application/json", body=b"[[1, 2]]"
    )

    assert done.returncode == 0, done.stderr
    assert [len(row) for row in json.loads(done.stdout)] == [3]
    assert serving.stop(number) == 0, serving.log
    assert not client.is_healthy(url)
    assert sorted(p.name for p in model.iterdir()) == ["net-0000.params", "net-symbol.json"]


def test_a_server_that_ends_by_itself_is_a_failure(archived: Path, tmp_path: Path) -> None:
    serving = Serving(["--model", str(archived)], tmp_path / "log")
    serving.url()
    pid = serving.process.pid

    (server,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    os.kill(int(server), signal.SIGTERM)

    assert serving.process.wait(60) == 1
    assert "The server ended by itself with exit code 0." in serving.log


def test_a_model_that_cannot_be_served_is_explained(tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    serving = Serving(["--model", str(tmp_path / "model"), "--wait", "3"], tmp_path / "log")

    assert serving.process.wait(60) == 1
    assert "did not answer /ping with 200 within 3 s" in serving.log
    assert "holds nothing" in serving.log
    assert "Traceback" not in serving.log


@pytest.mark.parametrize("data", [None, REAL], ids=["simulated", "real"])
def test_up_tells_the_whole_story(tmp_path: Path, data: Path | None) -> None:
    if data is not None and not data.exists():
        pytest.skip(f"the labelled file of the UCI archive is not at {data}")
    done = _local_test(
        *("run", "--folder", str(tmp_path / "run"), "--json", str(tmp_path / "out.json")),
        *("-H", "epochs=3", "--python", sys.executable),
        *(() if data is None else ("--data", str(data))),
    )

    text = done.stdout.decode()
    assert done.returncode == 0, text + done.stderr.decode()
    assert re.search(r"^true cell +location .* off by \(cells\)$", text, re.MULTILINE)
    outcome = json.loads((tmp_path / "out.json").read_text())
    assert outcome["asked"] == len(outcome["answers"]) == 10
    for name in ("model", "report", "metrics_file"):
        assert Path(outcome[name]).is_file()
        assert outcome[name] in text
    serve, predict = text.partition("Ask again, in two terminals:\n")[2].splitlines()
    assert shlex.split(serve)[-2:] == ["--model", outcome["model"]]
    assert shlex.split(predict)[-1] == str(PAYLOAD.relative_to(PROJECT))
    archive.unpack(Path(outcome["model"]), tmp_path / "model")
    assert artifact.verify(tmp_path / "model") is not None


def test_up_may_leave_the_server_up_until_it_is_told_to_stop(tmp_path: Path) -> None:
    log = tmp_path / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [
                *(*COMMAND, "run", "--folder", str(tmp_path / "run"), "-H", "epochs=1"),
                *("--python", sys.executable, "--keep-serving"),
            ],
            cwd=PROJECT,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    until(lambda: "Serving at" in log.read_text() or process.poll() is not None)
    found = re.search(r"Serving at (\S+) until", log.read_text())
    assert found, log.read_text()

    assert client.is_healthy(found[1])
    process.send_signal(signal.SIGTERM)

    assert process.wait(60) == 0, log.read_text()
    assert not client.is_healthy(found[1])


def test_a_job_that_fails_passes_its_cause_and_exit_code_on(tmp_path: Path) -> None:
    scans = tmp_path / "scans.csv"
    scans.write_text("location,date\n")

    done = _local_test(
        *("train", "--training", str(scans), "--folder", str(tmp_path / "job"), "--json"),
        *("-H", "epochs=many", "--python", sys.executable),
    )

    result = json.loads(done.stdout)
    assert done.returncode == result["exit_code"] == 2
    assert "epochs is 'many'" in result["failure"]
    assert result["model"] is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_a_job_and_packs_what_it_saved(number: int, tmp_path: Path) -> None:
    simulate = (sys.executable, "-m", "model.blerssi.simulate", "--output")
    subprocess.run([*simulate, str(tmp_path / "scans.csv")], cwd=PROJECT, check=True)
    log = tmp_path / "log"
    with log.open("wb") as file:
        process = subprocess.Popen(
            [
                *(*COMMAND, "train", "--training", str(tmp_path / "scans.csv"), "-H"),
                *("epochs=10000", "--folder", str(tmp_path / "job"), "--python", sys.executable),
            ],
            cwd=PROJECT,
            stdout=file,
            stderr=subprocess.STDOUT,
        )
    until(lambda: "epoch=2 " in log.read_text() or process.poll() is not None, seconds=120)

    process.send_signal(number)

    assert process.wait(60) == 0, log.read_text()
    assert "Stopping the job" in log.read_text()
    archive.unpack(tmp_path / "job/model.tar.gz", tmp_path / "model")
    assert artifact.verify(tmp_path / "model") is not None
