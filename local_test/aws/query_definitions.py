"""Saved queries of Logs Insights, which moto's logs lack: they are kept, and run by nobody."""

import uuid
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from local_test.aws.cloud import Cloud
from local_test.aws.errors import AwsError
from local_test.aws.service import Service
from local_test.aws.store import Table

LOGS = Service("logs")


@LOGS.operation("PutQueryDefinition")
def put(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Keep a query, anew or in place of the one with the given id."""
    identity = given.get("queryDefinitionId") or str(uuid.uuid4())
    if given.get("queryDefinitionId"):
        _existing(cloud, identity)
    kept = {key: given[key] for key in ("name", "queryString", "logGroupNames") if key in given}
    modified = int(datetime.now(UTC).timestamp() * 1000)
    document = {**kept, "queryDefinitionId": identity, "lastModified": modified}
    _table(cloud).put(identity, document)
    return {"queryDefinitionId": identity}


@LOGS.operation("DescribeQueryDefinitions")
def describe(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give the queries whose names begin so: never more than a page."""
    prefix = given.get("queryDefinitionNamePrefix", "")
    found = [each for each in _table(cloud).list() if each["name"].startswith(prefix)]
    return {"queryDefinitions": sorted(found, key=lambda each: str(each["name"]))}


@LOGS.operation("DeleteQueryDefinition")
def delete(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]:
    """Forget a query."""
    _existing(cloud, given["queryDefinitionId"])
    _table(cloud).delete(given["queryDefinitionId"])
    return {"success": True}


def _existing(cloud: Cloud, identity: str) -> None:
    if identity not in _table(cloud):
        raise AwsError("ResourceNotFoundException", "The specified query definition is not there.")


def _table(cloud: Cloud) -> Table:
    return cloud.store.table("query-definitions")
