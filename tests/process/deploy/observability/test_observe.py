"""An endpoint that is observed: its dashboard, its queries, and what its container counts."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest

from container import embedded_metrics as embedded
from deploy.observability import dashboard
from deploy.observability.queries import ERRORS, log_group
from local_test.aws.laptop import Laptop
from tests.support import deploys, emf, endpoints, library
from tests.support.deploys import Ended
from tests.support.waiting import until

NAME = "observed"
ROW = ",".join(["-70", "-80", *[""] * 11])
SILENT = "," * 12


@pytest.fixture(scope="module")
def endpoint(aws: Laptop, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the name of an endpoint of `deploy endpoint`, with a model that has a signature."""
    packed = library.archive(tmp_path_factory.mktemp("library") / "model.tar.gz")
    aws.client("s3").create_bucket(Bucket=NAME)
    made = deploys.deploy(
        *("endpoint", "--name", NAME, "--image", endpoints.IMAGE),
        *("--role", endpoints.role(aws, f"{NAME}-role")),
        *("--artifact", endpoints.put(aws, NAME, "model", packed.read_bytes())),
        *("--instances", 1, "--no-alarms", "--poll", 0.2),
        *("--env", "SAGEMAKER_MODEL_SERVER_WORKERS=1"),
        variables=aws.variables,
    )
    assert made.code == 0, made.err
    yield NAME
    deploys.deploy("destroy", "--name", NAME, "--yes", variables=aws.variables)


def observe(aws: Laptop, endpoint: str, *options: str) -> Ended:
    return deploys.deploy(
        "observe", "--endpoint", endpoint, "--json", *options, variables=aws.variables
    )


def there(aws: Laptop) -> list[str]:
    """The names of all dashboards and queries."""
    dashboards = aws.client("cloudwatch").list_dashboards()["DashboardEntries"]
    queries = aws.client("logs").describe_query_definitions()["queryDefinitions"]
    return [*(each["DashboardName"] for each in dashboards), *(each["name"] for each in queries)]


def body(aws: Laptop) -> Any:
    found = aws.client("cloudwatch").get_dashboard(DashboardName=f"blerssi-deploy-{NAME}")
    return json.loads(found["DashboardBody"])


def test_from_nothing_to_nothing(aws: Laptop, endpoint: str) -> None:
    plan = observe(aws, endpoint, "--plan")
    assert plan.code == 0, plan.err
    assert [each["operation"] for each in plan.document["plan"]] == [
        "cloudwatch:PutDashboard",
        *["logs:PutQueryDefinition"] * 3,
    ]
    assert there(aws) == []
    first = observe(aws, endpoint)
    assert first.code == 0, first.err
    assert set(first.document["changes"]) == set(there(aws))
    assert set(there(aws)) == {first.document["dashboard"], *first.document["queries"]}
    assert body(aws) == dashboard.body(NAME, aws.cloud.region)
    assert observe(aws, endpoint).document["changes"] == []
    aws.client("cloudwatch").put_dashboard(
        DashboardName=f"blerssi-deploy-{NAME}", DashboardBody='{"widgets": []}'
    )
    assert observe(aws, endpoint).document["changes"] == [f"blerssi-deploy-{NAME}"]
    assert body(aws) == dashboard.body(NAME, aws.cloud.region)
    removed = observe(aws, endpoint, "--remove").document["changes"]
    assert set(removed) == set(first.document["changes"])
    assert there(aws) == []


def test_an_endpoint_that_is_not_there(aws: Laptop) -> None:
    ended = observe(aws, "nowhere")
    assert ended.code == 1
    assert "There is no endpoint nowhere in" in ended.err
    assert "--endpoint" in ended.err


def test_what_the_container_counts_reaches_cloudwatch(aws: Laptop, endpoint: str) -> None:
    runtime, logs = aws.client("sagemaker-runtime"), aws.client("logs")
    assert observe(aws, endpoint).code == 0
    for text in (ROW, SILENT):
        runtime.invoke_endpoint(EndpointName=endpoint, ContentType="text/csv", Body=f"{text}\n")
    with pytest.raises(runtime.exceptions.ModelError):
        runtime.invoke_endpoint(EndpointName=endpoint, ContentType="text/csv", Body="5,5\n")
    gone = deploys.deploy("destroy", "--name", endpoint, "--yes", variables=aws.variables)
    assert gone.code == 0, gone.err  # a worker's last report comes when it is stopped
    assert there(aws) == []

    def metrics() -> dict[str, Any]:
        found = aws.client("cloudwatch").list_metrics(Namespace=embedded.NAMESPACE)["Metrics"]
        return {each["MetricName"]: each["Dimensions"] for each in found}

    until(lambda: embedded.PREDICTIONS.name in metrics(), "metrics of the container")
    names = {each.name for each in embedded.METRICS if not each.by_field}
    fields = {embedded.MISSING.of(f"b{number}") for number in range(3001, 3014)}
    assert metrics().keys() == names | fields
    dimensions = [{"Name": "EndpointName", "Value": endpoint}]
    assert all(each == dimensions for each in metrics().values())

    events = logs.filter_log_events(logGroupName=log_group(endpoint))["events"]
    log = "\n".join(each["message"] for each in events)
    (document,) = emf.found_in(log)
    assert (document["Predictions"], document["NoSignal"]) == (2, 1)
    assert len(document["Latency"]) == 3
    (pattern,) = re.findall(r"parse @message /(.+)/$", ERRORS.text, re.MULTILINE)
    found = [each["answer_code"] for each in re.finditer(pattern.replace("(?<", "(?P<"), log)]
    assert found == ["ok", "ok", "invalid_input"]


def test_a_name_that_is_none(aws: Laptop) -> None:
    ended = observe(aws, "not a name")
    assert ended.code == 1
    assert "--endpoint is 'not a name'" in ended.err
