import io
import json
import re
from pathlib import Path
from typing import Any

import pytest

from deploy import __main__, client, invoke
from tests.support.runtime import Runtime, aws_error, model_error, problem, refusal

VARIABLES = {"AWS_REGION": "us-east-1"}


@pytest.fixture
def runtime(monkeypatch: pytest.MonkeyPatch) -> Runtime:
    """The endpoint that the command asks."""
    return _asked(monkeypatch)


def _asked(monkeypatch: pytest.MonkeyPatch, *replies: Any) -> Runtime:
    fake = Runtime(replies)
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_PROFILE", raising=False)
    monkeypatch.setattr(client, "runtime", lambda _: fake)
    return fake


def run(*arguments: object) -> int:
    return __main__.main(["invoke", "blerssi", *map(str, arguments)], VARIABLES)


def test_rows_of_the_command_line(runtime: Runtime, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("--row", "b3001=-70,b3002=-71", "--row=-72,", "--request-id", "r1") == 0
    assert runtime.rows == [[{"b3001": -70, "b3002": -71}, [-72, None]]]
    assert runtime.requests[0]["InferenceId"] == "r1"
    out = capsys.readouterr().out
    assert "--row 2  K04     50%    11.0  4.0  1.5  ok" in out
    assert "2 answers: 2 ok." in out


def test_a_file_and_its_document(
    runtime: Runtime, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path, out = tmp_path / "a.csv", tmp_path / "out.json"
    path.write_text("id,location,b3001\n1,K07,-70\n2,?,\n")
    assert run(path, "--ignore", "id", "--json", out) == 0
    assert runtime.rows == [[{"b3001": -70}, {"b3001": None}]]
    found = json.loads(out.read_text())
    assert [each["scan"] for each in found["answers"]] == ["line 2 of a.csv", "line 3 of a.csv"]
    assert found["answers"][0]["distance_cells"] == 3.0
    assert "3.00 cells off" in capsys.readouterr().out


def test_stdin_is_csv_and_stdout_may_be_for_programs(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("-70,-71\n"))
    assert run("-", "--json") == 0
    shown = capsys.readouterr()
    assert json.loads(shown.out)["answers"][0]["location"] == "K04"
    assert "1 answer: 1 ok." in shown.err


def test_one_drawn_answer_asks_for_all_cells(runtime: Runtime, tmp_path: Path) -> None:
    assert run("--row=-70,", "--plot", tmp_path / "a.svg") == 0
    assert runtime.requests[0]["CustomAttributes"] == "top_k=105"
    assert "blerssi" in (tmp_path / "a.svg").read_text()


def test_refused_rows_are_told_with_their_places(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("b3001\n-70\n\n7\n")
    _asked(monkeypatch, model_error(400, refusal(problem(1, "b3001", 7))))
    assert run(path, "--json") == 1
    shown = capsys.readouterr()
    assert "line 4 of a.csv, b3001: got 7, expected dBm" in shown.err
    (found,) = json.loads(shown.out)["error"]["problems"]
    assert (found["scan"], found["row"]) == ("line 4 of a.csv", 1)


def test_the_good_rows_are_answered_where_that_is_wished(
    runtime: Runtime, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "a.csv"
    path.write_text("-70,\n7,\n-71,\n")
    assert run(path, "--skip-bad") == 1
    shown = capsys.readouterr()
    assert "2 answers: 2 ok." in shown.out
    assert "line 2 of a.csv, b3001: got 7" in shown.err


def test_no_retry_and_effects_are_heeded(monkeypatch: pytest.MonkeyPatch) -> None:
    fake = _asked(monkeypatch, aws_error("ThrottlingException"))
    assert run("--row=-70,", "--no-retry") == 1
    assert len(fake.requests) == 1
    fake = _asked(monkeypatch, aws_error("InternalFailure"))
    assert run("--row=-70,", "--has-effects") == 1
    assert len(fake.requests) == 1


def test_raw_bodies_pass_unread(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    fake = _asked(monkeypatch, b"\x93NUMPY")
    (tmp_path / "a.npy").write_bytes(b"\x00\x01")
    asked = ("--raw", "--content-type", "application/x-npy", "--attributes", "top_k=2")
    assert run(tmp_path / "a.npy", *asked, "--accept", "application/x-npy") == 0
    (found,) = fake.requests
    assert (found["Body"], found["ContentType"]) == (b"\x00\x01", "application/x-npy")
    assert (found["Accept"], found["CustomAttributes"]) == ("application/x-npy", "top_k=2")
    assert capfdbinary.readouterr().out == b"\x93NUMPY"


def test_a_watch_writes_a_document_a_line(runtime: Runtime, tmp_path: Path) -> None:
    path, out = tmp_path / "a.csv", tmp_path / "out.jsonl"
    path.write_text("b3001\n-70\n-71\n")
    assert run(path, "--watch", "--idle", "0.2", "--json", out) == 0
    assert [json.loads(line)["scan"] for line in out.read_text().splitlines()] == [
        "line 2 of a.csv",
        "line 3 of a.csv",
    ]


def test_a_watch_of_stdin_answers_every_line_by_itself(
    runtime: Runtime, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO("-70,\n-71,\n"))
    assert run("-", "--watch", "--json") == 0
    assert len(runtime.requests) == 2
    shown = capsys.readouterr()
    assert len(shown.out.splitlines()) == 2
    assert "2 answered, 0 refused." in shown.err


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "Give a FILE, or --row"),
        (("a.csv", "--row", "1"), "Give a FILE, or --row"),
        (("--row", "1", "--raw"), "--raw sends a FILE"),
        (("--row", "1", "--watch"), "--watch follows a FILE"),
        (("a.csv", "--raw", "--json"), "goes without"),
        (("--row", "1", "--top-k", "0"), "from 1"),
        (("--row", "1", "--way"), "give --plot"),
        (("--row", "1", "--plot", "a.gif"), r"ends in \.png"),
        (("nowhere.csv",), "nowhere.csv cannot be read"),
        (("nowhere.csv", "--raw"), "nowhere.csv cannot be read"),
    ],
)
def test_what_does_not_go_together_is_told_before_anybody_is_asked(
    runtime: Runtime,
    capsys: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    said: str,
) -> None:
    assert run(*arguments) == 1
    assert not runtime.requests
    assert re.search(said, capsys.readouterr().err)


def test_every_option_is_in_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        run("--help")
    text = capsys.readouterr().out
    assert invoke.EXAMPLES.strip().splitlines()[1].strip() in text
    for option in ("--watch", "--plot", "--json", "--row", "--skip-bad", "--no-retry", "--region"):
        assert option in text
