"""`Estimator.transformer` in the local mode of SDK V2: batch transform."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.sdk.harness import Harness


@pytest.mark.parametrize(
    ("media_type", "strategy", "assemble_with"),
    [("text/csv", "MultiRecord", "Line"), ("application/jsonlines", "SingleRecord", None)],
)
def test_every_record_is_answered_in_its_place(
    estimator: Any, harness: Harness, media_type: str, strategy: str, assemble_with: str | None
) -> None:
    given, wanted = (harness.folder(f"{strategy}-{way}") for way in ("in", "out"))
    # A scan near to each beacon in turn; the second half repeats the first.
    rows = [[-200] * at + [-60] + [-200] * (12 - at) for at in range(13)] * 2
    lines = [str(row) if "json" in media_type else ",".join(map(str, row)) for row in rows]
    (given / "scans").write_text("\n".join(lines) + "\n")

    transformer = estimator.transformer(
        instance_count=1,
        instance_type="local",
        strategy=strategy,
        assemble_with=assemble_with,
        accept=media_type,
        output_path=f"file://{wanted}",
        env={"SAGEMAKER_MODEL_SERVER_WORKERS": "1"},
    )
    # Its logs would be asked of CloudWatch, even in local mode.
    transformer.transform(f"file://{given}", content_type=media_type, split_type="Line", logs=False)

    answers = _answers(wanted / "scans.out", media_type)  # C2.9, C7.15
    assert len(answers) == len(rows)
    assert answers[:13] == answers[13:]
    assert len(set(answers)) > 1
    assert harness.newest().exit_code == 0  # C7.14


def _answers(path: Path, media_type: str) -> list[str]:
    """The location in each line; those between answers are empty."""
    lines = [line for line in path.read_text().splitlines() if line]
    if media_type == "text/csv":
        return [line.split(",")[0] for line in lines]
    return [json.loads(line)["location"] for line in lines]
