"""`deploy batch` against transform jobs of the laptop that really run."""

import csv
import json
from pathlib import Path

import pytest

from local_test.aws.laptop import Laptop
from model.blerssi import grid
from tests.support.deploys import Ended, deploy

MANY = 100_000
EVERY = ("--every", 0.5)


def batch(aws: Laptop, *arguments: object) -> Ended:
    return deploy("batch", *arguments, *EVERY, variables=aws.variables, seconds=300)


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """Write a hundred thousand scans, each with a number of its own."""
    path = tmp_path / "many.csv"
    with path.open("w") as file:
        file.write(f"id,{','.join(grid.BEACONS)}\n")
        for number in range(MANY):
            readings = ["-200"] * 13
            readings[number % 13] = str(-60 - number % 50)
            file.write(f"{number},{','.join(readings)}\n")
    return path


def test_a_hundred_thousand_records_come_back_in_order_beside_their_input(
    aws: Laptop, bucket: str, model: str, many: Path, tmp_path: Path
) -> None:
    to = tmp_path / "answers.csv"
    ended = batch(aws, many, "--model", model, "--output", f"s3://{bucket}/x", "--to", to, "--json")
    assert ended.code == 0, ended.err
    assert ended.document["records"] == MANY
    with many.open(newline="") as given, to.open(newline="") as found:
        before, after = csv.reader(given), csv.reader(found)
        assert next(after) == [
            *next(before), "location", "probability", "column", "row", "uncertainty", "status",
        ]  # fmt: skip
        for one, other in zip(before, after, strict=True):
            assert other[:14] == one
            assert other[14] in grid.CELLS


def test_one_bad_line_among_them_is_named(aws: Laptop, bucket: str, model: str, many: Path) -> None:
    lines = many.read_text().splitlines(keepends=True)
    lines[77_777] = lines[77_777].replace("-200", "-500", 1)
    many.write_text("".join(lines))
    ended = batch(aws, many, "--model", model, "--output", f"s3://{bucket}/x")
    assert ended.code == 1
    assert "failed: many.csv line 77778: b3001 is -500" in ended.err
    assert "expected -120 to -10 dBm" in ended.err
    results = aws.client("s3").list_objects_v2(Bucket=bucket, Prefix="x/results")
    assert not results.get("Contents")


def test_lines_that_cannot_be_sent_cost_no_job(
    aws: Laptop, bucket: str, model: str, scans: Path
) -> None:
    scans.write_text(scans.read_text() + "K05,x,abc\n")
    ended = batch(aws, scans, "--model", model, "--output", f"s3://{bucket}/x")
    assert ended.code == 1
    assert "scans.csv cannot be sent as it is: line 5 has 3 fields instead of 15" in ended.err
    assert not aws.client("s3").list_objects_v2(Bucket=bucket).get("Contents")


def test_a_rerun_shows_the_result_of_the_job_that_is_there(
    aws: Laptop, bucket: str, endpoint: str, scans: Path, tmp_path: Path
) -> None:
    drawn = tmp_path / "map.png"
    asked = (scans, "--endpoint", endpoint, "--output", f"s3://{bucket}/x", "--plot", drawn)
    first, second = batch(aws, *asked, "--json"), batch(aws, *asked, "--json")
    assert (first.code, second.code) == (0, 0), first.err + second.err
    assert first.document == second.document
    assert first.document["statuses"] == {"ok": 2, "no_signal": 1}
    assert "is there already: Completed" in second.err
    assert drawn.read_bytes().startswith(b"\x89PNG")
    third = batch(aws, *asked, "--anew", "--json")
    assert third.document["job"] == f"{first.document['job']}-2"


@pytest.mark.parametrize("join", [True, False])
def test_json_lines_get_their_answer_too(
    aws: Laptop, bucket: str, model: str, tmp_path: Path, join: bool
) -> None:
    path, to = tmp_path / "scans.jsonl", tmp_path / "answers.jsonl"
    rows = [{"id": number, "features": [-60 - number] * 13} for number in range(20)]
    path.write_text("".join(f"{json.dumps(each)}\n" for each in rows))
    more = ("--input-filter", "$.features", *([] if join else ["--no-join"]))
    ended = batch(aws, path, "--model", model, "--output", f"s3://{bucket}/x", "--to", to, *more)
    assert ended.code == 0, ended.err
    found = [json.loads(line) for line in to.read_text().splitlines()]
    if join:
        assert [{name: each[name] for name in ("id", "features")} for each in found] == rows
    answers = [each["SageMakerOutput"] if join else each for each in found]
    assert all(each["location"] in grid.CELLS for each in answers)


def test_a_plan_makes_nothing(aws: Laptop, bucket: str, model: str, scans: Path) -> None:
    ended = batch(aws, scans, "--model", model, "--output", f"s3://{bucket}/x", "--plan", "--json")
    assert ended.code == 0, ended.err
    assert [each["operation"] for each in ended.document["plan"]] == [
        "s3:PutObject",
        "sagemaker:CreateTransformJob",
    ]
    assert not aws.client("s3").list_objects_v2(Bucket=bucket).get("Contents")


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"--output": "s3://nowhere-at-all/x"}, "The specified bucket does not exist"),
        ({"--output": "bucket/x"}, "not of the form s3://bucket/prefix"),
        ({"--model": "nothing"}, "There is no SageMaker model nothing"),
        ({"--plot": "map.gif"}, "ends in .png"),
        ({"--to": "/nowhere/a.csv"}, "there is no folder /nowhere"),
    ],
)
def test_what_is_missing_is_told(
    aws: Laptop, bucket: str, model: str, scans: Path, change: dict[str, str], said: str
) -> None:
    options = {"--model": model, "--output": f"s3://{bucket}/x"} | change
    ended = batch(aws, scans, *(each for pair in options.items() for each in pair))
    assert ended.code == 1
    assert said in ended.err
