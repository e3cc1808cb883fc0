"""The dashboard and the queries of an endpoint: what is there, made what it should be, removed.

CloudWatch gives dashboards no tags: what is ours is known by its name.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, NamedTuple

from deploy import naming
from deploy.aws import Aws
from deploy.errors import MissingError
from deploy.observability import dashboard
from deploy.observability.queries import QUERIES, log_group

_PAGE: Final = 1000


class Thing(NamedTuple):
    """Something that is there.

    Attributes:
        kind: "dashboard" or "query".
        name: Its name.
        remove: Deletes it; one that is gone is no fault.
    """

    kind: str
    name: str
    remove: Callable[[], object]


@dataclass(frozen=True)
class Names:
    """What things of an endpoint are called."""

    endpoint: str

    @property
    def dashboard(self) -> str:
        """The dashboard's name; it takes letters, digits, hyphens and underscores only."""
        return f"{naming.MADE_BY}-{self.endpoint}"

    @property
    def folder(self) -> str:
        """What the queries' names begin with; the console shows it as a folder."""
        return f"{naming.MADE_BY}/{self.endpoint}/"


def ensure(aws: Aws, endpoint: str) -> list[str]:
    """Make dashboard and queries what they should be; gives the names of those that were not.

    Raises:
        DeployError: AWS does not let them be made.
    """
    changed: list[str] = []
    name, body = Names(endpoint).dashboard, dashboard.body(endpoint, aws.region)
    if _dashboard(aws, name) != body:
        text = json.dumps(body)
        aws.write("cloudwatch", "PutDashboard", DashboardName=name, DashboardBody=text)
        changed.append(name)
    there = {each["name"]: each for each in _queries(aws, endpoint)}
    for request in requests(endpoint):
        found = there.get(request["name"])
        if found is None or any(found.get(key) != value for key, value in request.items()):
            known = {"queryDefinitionId": found["queryDefinitionId"]} if found else {}
            aws.write("logs", "PutQueryDefinition", **request, **known)
            changed.append(request["name"])
    return changed


def existing(aws: Aws, endpoint: str) -> Iterator[Thing]:
    """Find what there is of both.

    Raises:
        DeployError: AWS does not say.
    """
    name = Names(endpoint).dashboard
    if _dashboard(aws, name) is not None:
        delete = partial(_gone, aws, "cloudwatch", "DeleteDashboards", DashboardNames=[name])
        yield Thing("dashboard", name, delete)
    for each in list(_queries(aws, endpoint)):
        known = {"queryDefinitionId": each["queryDefinitionId"]}
        delete = partial(_gone, aws, "logs", "DeleteQueryDefinition", **known)
        yield Thing("query", each["name"], delete)


def remove(aws: Aws, endpoint: str) -> list[str]:
    """Delete what there is of both; gives the names.

    Raises:
        DeployError: AWS does not let something be deleted.
    """
    found = list(existing(aws, endpoint))
    for each in found:
        each.remove()
    return [each.name for each in found]


def requests(endpoint: str) -> Iterator[dict[str, Any]]:
    """The PutQueryDefinition of each query."""
    for query in QUERIES:
        yield {
            "name": f"{Names(endpoint).folder}{query.name}",
            "queryString": query.text,
            "logGroupNames": [log_group(endpoint)],
        }


def _gone(aws: Aws, service: str, operation: str, **parameters: Any) -> None:
    """Delete something that may be gone."""
    try:
        aws.write(service, operation, **parameters)
    except MissingError:
        return


def _dashboard(aws: Aws, name: str) -> Any:
    """The body of a dashboard; None where there is none."""
    try:
        found = aws.read("cloudwatch", "GetDashboard", DashboardName=name)
    except MissingError:
        return None
    try:
        return json.loads(found["DashboardBody"])
    except ValueError:
        return {}  # somebody's, and not what it should be


def _queries(aws: Aws, endpoint: str) -> Iterator[Mapping[str, Any]]:
    """The queries of an endpoint that are there."""
    asked: dict[str, Any] = {
        "queryDefinitionNamePrefix": Names(endpoint).folder,
        "maxResults": _PAGE,
    }
    while True:
        answer = aws.read("logs", "DescribeQueryDefinitions", **asked)
        yield from answer.get("queryDefinitions", ())
        if not (token := answer.get("nextToken")):
            return
        asked["nextToken"] = token
