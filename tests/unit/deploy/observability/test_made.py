"""What of a dashboard and queries is written, at the other end of a stub."""

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.stub import Stubber

from deploy.aws import Aws
from deploy.errors import DeniedError
from deploy.observability import dashboard, made
from deploy.screen import Screen

NAME = "blerssi-deploy-mine"
WANTED = [
    {**request, "queryDefinitionId": f"id-{number}", "lastModified": 1}
    for number, request in enumerate(made.requests("mine"))
]


class Clouds:
    """CloudWatch and its logs."""

    def __init__(self) -> None:
        self.aws = Aws(Screen(io.StringIO()), region="eu-west-1")
        self.dashboards = Stubber(self.aws.client("cloudwatch"))
        self.logs = Stubber(self.aws.client("logs"))
        self.dashboards.activate()
        self.logs.activate()

    def dashboard(self, body: str | None) -> None:
        asked = {"DashboardName": NAME}
        if body is None:
            self.dashboards.add_client_error("get_dashboard", "ResourceNotFound")
        else:
            self.dashboards.add_response("get_dashboard", {"DashboardBody": body}, asked)

    def put_dashboard(self) -> None:
        body = json.dumps(dashboard.body("mine", "eu-west-1"))
        asked = {"DashboardName": NAME, "DashboardBody": body}
        self.dashboards.add_response("put_dashboard", {}, asked)

    def queries(self, *pages: list[dict[str, Any]]) -> None:
        for number, page in enumerate(pages):
            asked: dict[str, Any] = {
                "queryDefinitionNamePrefix": "blerssi-deploy/mine/",
                "maxResults": 1000,
            }
            if number:
                asked["nextToken"] = str(number)
            answer: dict[str, Any] = {"queryDefinitions": page}
            if number + 1 < len(pages):
                answer["nextToken"] = str(number + 1)
            self.logs.add_response("describe_query_definitions", answer, asked)

    def put_query(self, request: dict[str, Any], **more: str) -> None:
        kept = {key: request[key] for key in ("name", "queryString", "logGroupNames")}
        answer = {"queryDefinitionId": "new"}
        self.logs.add_response("put_query_definition", answer, {**kept, **more})

    def done(self) -> None:
        self.dashboards.assert_no_pending_responses()
        self.logs.assert_no_pending_responses()


@pytest.fixture
def clouds() -> Iterator[Clouds]:
    found = Clouds()
    yield found
    found.done()


def test_what_is_missing_is_made(clouds: Clouds) -> None:
    clouds.dashboard(None)
    clouds.put_dashboard()
    clouds.queries([])
    for each in WANTED:
        clouds.put_query(each)
    assert made.ensure(clouds.aws, "mine") == [NAME, *(each["name"] for each in WANTED)]


def test_what_is_as_it_should_be_is_left_alone_on_whatever_page_it_stands(clouds: Clouds) -> None:
    clouds.dashboard(json.dumps(dashboard.body("mine", "eu-west-1"), indent=1))
    clouds.queries(WANTED[:1], WANTED[1:])
    assert made.ensure(clouds.aws, "mine") == []


@pytest.mark.parametrize("body", ['{"widgets": []}', "no JSON"])
def test_what_differs_is_written_again_in_its_place(clouds: Clouds, body: str) -> None:
    clouds.dashboard(body)
    clouds.put_dashboard()
    old = {**WANTED[1], "queryString": "fields @message"}
    clouds.queries([WANTED[0], old, *WANTED[2:]])
    clouds.put_query(WANTED[1], queryDefinitionId="id-1")
    assert made.ensure(clouds.aws, "mine") == [NAME, old["name"]]


def test_all_of_it_is_removed(clouds: Clouds) -> None:
    clouds.dashboard("{}")
    clouds.dashboards.add_response("delete_dashboards", {}, {"DashboardNames": [NAME]})
    clouds.queries(WANTED)
    for each in WANTED:
        asked = {"queryDefinitionId": each["queryDefinitionId"]}
        clouds.logs.add_response("delete_query_definition", {"success": True}, asked)
    assert made.remove(clouds.aws, "mine") == [NAME, *(each["name"] for each in WANTED)]


def test_nothing_there_is_no_fault_of_removing(clouds: Clouds) -> None:
    clouds.dashboard(None)
    clouds.queries([])
    assert made.remove(clouds.aws, "mine") == []


def test_a_right_that_is_missing_is_named(clouds: Clouds) -> None:
    clouds.dashboards.add_client_error("get_dashboard", "AccessDenied")
    with pytest.raises(DeniedError, match="cloudwatch:GetDashboard"):
        made.ensure(clouds.aws, "mine")
