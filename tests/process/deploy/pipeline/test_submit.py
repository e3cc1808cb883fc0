"""`python -m deploy pipeline submit` against a server that speaks Kubeflow's API."""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from werkzeug.serving import make_server
from werkzeug.wrappers import Request, Response

from deploy.pipeline import names
from tests.support.deploys import Ended, deploy

API = "/apis/v2beta1"
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "canary-secret"}
PARAMETERS = (
    *("-p", "region=eu-west-1", "-p", "image=i", "-p", "role=r", "-p", "bucket=b"),
    *("-p", "model_artifact_url=s3://b/models", "-p", "train_on=sagemaker"),
)


@dataclass
class Kubeflow:
    """Takes runs.

    Attributes:
        state: What becomes of a run.
        status: Of every answer; above 399 it refuses.
        runs: The bodies of what was submitted.
        tokens: What callers showed.
    """

    url: str = ""
    state: str = "SUCCEEDED"
    status: int = 200
    runs: list[dict[str, Any]] = field(default_factory=list)
    tokens: list[str] = field(default_factory=list)

    def __call__(self, request: Request) -> Response:
        self.tokens.append(request.headers.get("Authorization", ""))
        if self.status >= 400:
            return Response("{}", self.status, content_type="application/json")
        run = {"run_id": "run-1", "display_name": "run", "state": self.state}
        experiment = {"experiment_id": "experiment-1", "display_name": "blerssi"}
        answers: dict[tuple[str, str], Any] = {
            ("GET", "/healthz"): {"multi_user": False},
            ("GET", "/experiments"): {"experiments": [experiment]},
            ("GET", "/experiments/experiment-1"): experiment,
            ("POST", "/experiments"): experiment,
            ("GET", "/runs/run-1"): run,
        }
        found = answers.get((request.method, request.path.removeprefix(API)))
        if (request.method, request.path) == ("POST", f"{API}/runs"):
            self.runs.append(request.get_json())
            found = run
        status = 200 if found is not None else 404
        return Response(json.dumps(found or {}), status, content_type="application/json")


@pytest.fixture
def kubeflow() -> Iterator[Kubeflow]:
    answering = Kubeflow()

    def application(environ: Any, start: Any) -> Any:
        return answering(Request(environ))(environ, start)

    server = make_server("127.0.0.1", 0, application, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    answering.url = f"http://127.0.0.1:{server.port}"
    yield answering
    server.shutdown()
    thread.join()
    server.server_close()


def submit(kubeflow: Kubeflow, *options: str, **more: str) -> Ended:
    variables = {**CREDENTIALS, "KUBEFLOW_HOST": kubeflow.url, **more}
    return deploy("pipeline", "submit", *PARAMETERS, *options, variables=variables)


def test_a_run_is_started_with_its_parameters_and_waited_for(kubeflow: Kubeflow) -> None:
    ended = submit(kubeflow, "--wait", "--json", KUBEFLOW_TOKEN="mine")  # noqa: S106
    assert ended.code == 0, ended.err
    (run,) = kubeflow.runs
    assert run["service_account"] == names.SERVICE_ACCOUNT
    parameters = run["runtime_config"]["parameters"]
    assert parameters["train_on"] == "sagemaker"
    assert parameters["instance_count"] == 2
    assert run["pipeline_spec"]["pipeline_spec"]["pipelineInfo"]["name"] == names.PIPELINE
    assert "platform_spec" in run["pipeline_spec"]
    assert "Bearer mine" in kubeflow.tokens
    assert "canary-secret" not in json.dumps(kubeflow.runs) + ended.out + ended.err


def test_a_run_that_fails_is_a_failure(kubeflow: Kubeflow) -> None:
    kubeflow.state = "FAILED"
    ended = submit(kubeflow, "--wait")
    assert ended.code == 1
    assert "is FAILED" in ended.err


def test_a_cluster_that_refuses_says_how_to_log_in(kubeflow: Kubeflow) -> None:
    kubeflow.status = 403
    ended = submit(kubeflow)
    assert ended.code == 1
    assert "KUBEFLOW_TOKEN" in ended.err


def test_a_cluster_that_is_not_there_is_named(kubeflow: Kubeflow) -> None:
    ended = submit(kubeflow, "--host", "http://127.0.0.1:9")
    assert ended.code == 1
    assert "http://127.0.0.1:9 does not answer" in ended.err


def test_a_plan_asks_nobody(kubeflow: Kubeflow) -> None:
    ended = submit(kubeflow, "--plan")
    assert ended.code == 0, ended.err
    assert not kubeflow.tokens
