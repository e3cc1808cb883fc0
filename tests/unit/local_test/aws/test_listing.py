from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from local_test.aws.errors import AwsError
from local_test.aws.listing import page

START = datetime(2026, 1, 1, tzinfo=UTC)
ROWS = [
    {
        "EndpointName": name,
        "CreationTime": START + timedelta(hours=hour),
        "LastModifiedTime": START + timedelta(hours=10 - hour),
        "EndpointStatus": status,
    }
    for hour, (name, status) in enumerate(
        [("b", "InService"), ("a", "Failed"), ("ab", "InService"), ("c", "Creating")]
    )
]


def names(**given: Any) -> list[str]:
    rows, _ = page(ROWS, given, name="EndpointName", status="EndpointStatus")
    return [row["EndpointName"] for row in rows]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, ["c", "ab", "a", "b"]),
        ({"SortOrder": "Ascending"}, ["b", "a", "ab", "c"]),
        ({"SortBy": "Name", "SortOrder": "Ascending"}, ["a", "ab", "b", "c"]),
        ({"SortBy": "LastModifiedTime"}, ["b", "a", "ab", "c"]),
        ({"SortBy": "Status", "SortOrder": "Ascending"}, ["c", "a", "ab", "b"]),
        ({"NameContains": "a"}, ["ab", "a"]),
        ({"StatusEquals": "InService"}, ["ab", "b"]),
        ({"CreationTimeAfter": START.timestamp()}, ["c", "ab", "a"]),
        ({"CreationTimeBefore": "2026-01-01T01:00:00+00:00"}, ["b"]),
        ({"LastModifiedTimeAfter": (START + timedelta(hours=8)).timestamp()}, ["a", "b"]),
    ],
)
def test_filters_and_order(given: dict[str, Any], expected: list[str]) -> None:
    assert names(**given) == expected


def test_pages_make_the_whole() -> None:
    found: list[str] = []
    token: str | None = None
    while True:
        more = {} if token is None else {"NextToken": token}
        rows, token = page(ROWS, {"MaxResults": 3, **more}, name="EndpointName")
        found += [row["EndpointName"] for row in rows]
        if token is None:
            break
        assert len(rows) == 3
    assert found == names()


def test_token_of_somebody_else() -> None:
    with pytest.raises(AwsError, match="Invalid NextToken"):
        page(ROWS, {"NextToken": "nonsense"}, name="EndpointName")


def test_another_member_can_give_the_order() -> None:
    rows = [{**row, "Cost": -number} for number, row in enumerate(ROWS)]
    asked = {"SortBy": "Cost", "SortOrder": "Ascending"}
    found, _ = page(rows, asked, name="EndpointName", more={"Cost": "Cost"})
    assert [row["Cost"] for row in found] == [-3, -2, -1, 0]
