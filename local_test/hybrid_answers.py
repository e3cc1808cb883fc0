"""Labelled scans put to an endpoint through boto3, and the answers laid out beside the truth."""

import csv
import json
from pathlib import Path
from typing import Any, Final

from container.errors import PlatformError
from local_test import table

QUESTIONS: Final = 10
TRUTH: Final = "location"
_LEFT_OUT: Final = (TRUTH, "date")


def ask(runtime: Any, endpoint: str, path: Path) -> list[dict[str, Any]]:
    """Ask about scans spread evenly over a file, print the table, and give answers and truths.

    Args:
        runtime: boto3's client of `sagemaker-runtime`.
        endpoint: Its name.
        path: A CSV file with a header and a column `location`.

    Raises:
        PlatformError: The answers are not one for each scan.
    """
    with path.open(encoding="utf-8-sig", newline="") as file:
        rows = list(csv.DictReader(file))
    chosen = rows[:: max(1, len(rows) // QUESTIONS)][:QUESTIONS]
    scans = [
        {name: float(value) for name, value in row.items() if name not in _LEFT_OUT}
        for row in chosen
    ]
    answer = runtime.invoke_endpoint(
        EndpointName=endpoint,
        ContentType="application/json",
        Accept="application/json",
        Body=json.dumps({"instances": scans}),
    )
    found = json.loads(answer["Body"].read())["predictions"]
    if len(found) != len(chosen):
        raise PlatformError(f"{len(chosen)} scans got {len(found)} answers.")
    columns = [table.flatten(each) for each in found]
    body = [(row[TRUTH], *each.values()) for row, each in zip(chosen, columns, strict=True)]
    print(table.render(("true cell", *columns[0]), body), flush=True)
    return [{"truth": row[TRUTH], "answer": each} for row, each in zip(chosen, found, strict=True)]
