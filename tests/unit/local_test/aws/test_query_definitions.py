from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from local_test.aws.cloud import Cloud
from local_test.aws.errors import AwsError
from local_test.aws.query_definitions import delete, describe, put
from local_test.aws.store import Store

QUERY = {"name": "mine/errors", "queryString": "fields @message", "logGroupNames": ["/group"]}


@pytest.fixture
def cloud(tmp_path: Path) -> Cloud:
    return cast("Cloud", SimpleNamespace(store=Store(tmp_path)))


def names(cloud: Cloud, prefix: str = "") -> list[str]:
    given = {"queryDefinitionNamePrefix": prefix} if prefix else {}
    return [each["name"] for each in describe(cloud, given)["queryDefinitions"]]  # type: ignore[index]


def kept(cloud: Cloud, **more: Any) -> str:
    found = put(cloud, {**QUERY, **more})
    assert found is not None
    return str(found["queryDefinitionId"])


def test_queries_are_kept_found_by_prefix_and_replaced_by_id(cloud: Cloud) -> None:
    identity = kept(cloud)
    kept(cloud, name="theirs/errors")
    assert names(cloud, "mine/") == ["mine/errors"]
    assert kept(cloud, queryDefinitionId=identity, name="mine/slow") == identity
    assert names(cloud) == ["mine/slow", "theirs/errors"]
    assert delete(cloud, {"queryDefinitionId": identity}) == {"success": True}
    assert names(cloud) == ["theirs/errors"]


def test_what_is_not_there_is_neither_replaced_nor_deleted(cloud: Cloud) -> None:
    with pytest.raises(AwsError, match="not there"):
        kept(cloud, queryDefinitionId="none")
    with pytest.raises(AwsError, match="not there"):
        delete(cloud, {"queryDefinitionId": "none"})
