"""`deploy invoke` and the typed client against a real endpoint of the laptop."""

import json
import signal
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from deploy.client import Client, Refused, runtime
from deploy.refusal import InvocationError
from local_test.aws.laptop import Laptop
from tests.support import endpoints
from tests.support.deploys import PROJECT, deploy
from tests.support.waiting import until


@pytest.fixture
def client(aws: Laptop, endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Client:
    """Make a client as programs do: from the SDK's own variables."""
    for name, value in aws.variables.items():
        monkeypatch.setenv(name, value)
    return Client(runtime(boto3.Session()), endpoint)


def test_the_client_gives_an_answer_a_row(client: Client) -> None:
    found = client.predict([{"b3006": -78}, [-200] * 13, [None] * 12 + [-70.5]], top_k=4)
    assert [each.status for each in found][1] == "no_signal"
    assert [len(each.candidates) for each in found] == [4, 4, 4]
    assert all(each.position and each.uncertainty is not None for each in found)
    chances = [each.probability for each in found[0].candidates]
    assert chances == sorted(chances, reverse=True)
    assert chances[0] >= found[0].probability


def test_the_client_names_every_bad_row(client: Client) -> None:
    with pytest.raises(InvocationError) as caught:
        client.predict([{"b3006": -78}, {"b3001": 7, "b3031": -70}, [-70]])
    refusal = caught.value.refusal
    assert (refusal.status, refusal.kind) == (400, "invalid_input")
    assert [(each.row, each.field) for each in refusal.problems] == [
        (1, "b3001"),
        (1, "b3031"),
        (2, None),
    ]
    first, second, third = client.predict_each([{"b3006": -78}, {"b3001": 7}, [-70]])
    assert not isinstance(first, Refused)
    assert isinstance(second, Refused)
    assert isinstance(third, Refused)
    assert third.problems[0].row == 2


def test_a_file_is_answered_drawn_and_written(
    aws: Laptop, endpoint: str, scans: Path, tmp_path: Path
) -> None:
    drawn, written = tmp_path / "map.png", tmp_path / "out.json"
    ended = deploy(
        "invoke", endpoint, scans, "--plot", drawn, "--json", written, variables=aws.variables
    )
    assert ended.code == 0, ended.err
    assert "line 3 of scans.csv" in ended.out
    assert "3 answers: 2 ok, 1 no_signal. Of 2 with a known cell" in ended.out
    assert drawn.read_bytes().startswith(b"\x89PNG")
    answers = json.loads(written.read_text())["answers"]
    assert [each["scan"] for each in answers] == [f"line {n} of scans.csv" for n in (2, 3, 4)]
    assert answers[0]["truth"] == "K04"


def test_bad_rows_are_told_with_their_lines(aws: Laptop, endpoint: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.csv"
    path.write_text("b3001,b3002\n-70,\n\n5,abc\n")
    ended = deploy("invoke", endpoint, path, variables=aws.variables)
    assert ended.code == 1
    assert "line 4 of bad.csv, b3001: got 5, expected -120 to -10 dBm" in ended.err
    assert 'line 4 of bad.csv, b3002: got "abc"' in ended.err
    ended = deploy("invoke", endpoint, path, "--skip-bad", variables=aws.variables)
    assert (ended.code, "1 answer: 1 ok" in ended.out) == (1, True)


def test_any_format_passes_raw(aws: Laptop, endpoint: str, tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    path.write_text(json.dumps([[-70] * 13]))
    raw = ("--raw", "--content-type", "application/json", "--accept", "text/csv")
    ended = deploy("invoke", endpoint, path, *raw, variables=aws.variables)
    assert ended.code == 0, ended.err
    assert len(ended.out.strip().split(",")) == 6


def test_a_file_is_followed_until_ctrl_c(aws: Laptop, endpoint: str, tmp_path: Path) -> None:
    path, out = tmp_path / "way.csv", tmp_path / "out.jsonl"
    path.write_text("b3006\n-78\n")
    out.touch()
    command = [sys.executable, "-m", "deploy", "invoke", endpoint, str(path), "--watch"]
    with subprocess.Popen(
        [*command, "--json", str(out)], cwd=PROJECT, env=aws.variables, stdout=subprocess.PIPE,
        text=True,
    ) as child:  # fmt: skip
        until(lambda: len(out.read_text().splitlines()) == 1, "the first answer")
        with path.open("a") as file:
            file.write("abc\n-79\n")
        until(lambda: len(out.read_text().splitlines()) == 2, "the second answer")
        child.send_signal(signal.SIGINT)
        said, _ = child.communicate(timeout=60)
    assert child.returncode == 1  # a line was refused
    assert said.endswith("2 answered, 1 refused.\n")
    assert 'line 3 of way.csv, b3006: got "abc"' in said


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"AWS_SECRET_ACCESS_KEY": "wrong"}, "do not match"),
        ({"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE"}, "does not know"),
        ({"AWS_ENDPOINT_URL": "http://127.0.0.1:9"}, "got no answer"),
    ],
)
def test_faults_of_the_way_are_sentences(
    aws: Laptop, endpoint: str, change: dict[str, str], said: str
) -> None:
    ended = deploy("invoke", endpoint, "--row", "b3006=-78", variables={**aws.variables, **change})
    assert ended.code == 1
    assert said in ended.err
    assert aws.variables["AWS_SECRET_ACCESS_KEY"] not in ended.err


def test_an_endpoint_that_is_not_there_is_told(aws: Laptop) -> None:
    ended = deploy("invoke", "nowhere", "--row", "b3006=-78", variables=aws.variables)
    assert (ended.code, "There is no endpoint nowhere" in ended.err) == (1, True)


def test_who_may_not_ask_is_told(aws: Laptop, endpoint: str) -> None:
    variables = endpoints.user(aws, "mute", "sagemaker:InvokeEndpoint")
    ended = deploy("invoke", endpoint, "--row", "b3006=-78", variables=variables)
    assert ended.code == 1
    assert "IAM does not allow sagemaker:InvokeEndpoint" in ended.err
