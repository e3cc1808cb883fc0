"""`python -m local_test check` as its users run it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest

from model import archive
from tests.support import zoo
from tests.support.waiting import until

Check = Callable[..., "subprocess.CompletedProcess[str]"]
CONFIG = """
model = "model"
wait = 5
[[payload]]
file = "rows.csv"
content_type = "text/csv"
[accepted]
"C1.28" = "We like it."
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    zoo.materials(tmp_path)
    path = tmp_path / "conformance.toml"
    path.write_text(CONFIG)
    return path


def start(*arguments: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "local_test", "check", *arguments],
        cwd=zoo.ROOT,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def check(*arguments: str) -> tuple[int, str, str]:
    with start(*arguments) as child:
        output, errors = child.communicate(timeout=120)
    return child.returncode, output, errors


def animal(vice: str | None = None) -> str:
    return f"{sys.executable} -m tests.zoo.animal" + (f" --vice {vice}" if vice else "")


def test_what_conforms_ends_with_0_and_reports(config: Path, tmp_path: Path) -> None:
    reports = {name: tmp_path / "reports" / name for name in ("json", "junit", "html")}
    options = [f"--{name}={path}" for name, path in reports.items()]

    code, output, errors = check(
        "--command", animal(), "--config", str(config), "--only", "C1.22,C1.2", *options
    )

    assert (code, errors) == (0, "")
    assert "pass  C1.22" in output
    assert "not checked, needs Docker: C1.2\n" in output
    assert output.endswith("conforms to all of what could be checked.\n")
    data = json.loads(reports["json"].read_text())
    assert {each["status"] for each in data["findings"]} == {"passed", "not checked"}
    assert ElementTree.parse(reports["junit"]).getroot().get("skipped") == "1"  # noqa: S314
    assert reports["html"].read_text().startswith("<!DOCTYPE html>")


def test_what_does_not_conform_ends_with_1_and_says_how_to_mend_it(config: Path) -> None:
    code, output, errors = check(
        "--command", animal("never-healthy"), "--config", str(config), "--only", "C1.22"
    )

    assert (code, errors) == (1, "")
    assert "/ping: status 503 after 5 s, not 200" in output
    assert "\n  mend " in output


def test_an_accepted_advice_ends_with_0(config: Path) -> None:
    code, output, _ = check(
        "--command", animal("ping-with-body"), "--config", str(config), "--only", "C1.28"
    )

    assert code == 0
    assert "(accepted: We like it.)" in output


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--only", "nonsense"], "called nonsense"),
        (["--image", "x", "--command", "y"], "give one of them"),
        (["--config", "no/such.toml"], "no/such.toml cannot be read"),
        (["--payload", "no/such.csv"], "payload no/such.csv cannot be read"),
        (["--payload", "LICENSE"], "media type of LICENSE cannot be told"),
        (["--explain", "C9.99"], "no clause 'C9.99'"),
        (["--command", "no/such", "--only", "C1.22"], "no/such cannot be started"),
        (["--model", "no/such", "--only", "C1.22"], "no model at no/such"),
    ],
)
def test_what_keeps_the_suite_from_running_ends_with_2(arguments: list[str], message: str) -> None:
    code, output, errors = check(*arguments)

    assert code == 2
    assert message in errors
    assert "Traceback" not in output + errors


def test_checks_are_listed_and_clauses_explained() -> None:
    listed = check("--list", "--only", "pipeline")
    explained = check("--explain", "C1.18")

    assert listed[0] == explained[0] == 0
    assert {line.split()[0] for line in listed[1].splitlines()[2:]} == {"pipeline"}
    assert "server_moves_to_the_port" in explained[1]


def test_a_foreign_container_is_checked_without_materials() -> None:
    lonely = f"env PATH=/nowhere {animal()}"  # cannot run our simulator

    code, output, errors = check("--command", lonely, "--only", "C1.18,C1.22")

    assert (code, errors) == (0, "")
    assert "left out" in output
    assert "needs a model (--model PATH)" in output


def test_ours_needs_no_options() -> None:
    code, output, errors = check("--only", "C4.22")

    assert (code, errors) == (0, "")
    assert "2 passed" in output


def test_ours_streams_without_options() -> None:
    code, output, errors = check("--only", "streaming", "--skip", "C1.54")

    assert (code, errors) == (0, "")
    assert "3 passed in" in output


def test_a_model_that_streams_may_come_in_an_archive(config: Path, tmp_path: Path) -> None:
    archive.pack(tmp_path / "model", tmp_path / "streaming.tar.gz")
    payload = 'file = "rows.csv"\ncontent_type = "text/csv"\naccept = "text/event-stream"\n'
    with config.open("a") as file:
        file.write(f'[streaming]\nmodel = "streaming.tar.gz"\n{payload}')

    code, output, errors = check("--command", animal(), "--config", str(config), "--only", "C1.50")

    assert (code, errors) == (0, "")
    assert "1 passed" in output


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_an_interrupted_run_leaves_nothing(
    config: Path, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path / "scratch"))
    (tmp_path / "scratch").mkdir()

    def servers() -> list[Path]:
        return list((tmp_path / "scratch").glob("*/bases/*/*.log"))

    child = start("--command", animal("never-healthy"), "--config", str(config))
    try:
        until(servers, "a server has been started")
        child.send_signal(number)
        _, errors = child.communicate(timeout=60)
    finally:
        child.kill()
        child.wait()

    assert (child.returncode, errors) == (130, "")
    assert list((tmp_path / "scratch").iterdir()) == []
