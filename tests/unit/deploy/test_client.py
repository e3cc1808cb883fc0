import boto3
import numpy as np
import pytest
from botocore import exceptions as boto

from container.errors import UserError
from deploy.answers import Answer
from deploy.client import Client, Refused, Target, runtime
from deploy.errors import DeniedError, DeployError, MissingError, OverdueError, UnreachableError
from deploy.refusal import InvocationError
from deploy.retrying import ONCE, Retry
from tests.support.runtime import Runtime, aws_error, model_error, prediction, problem, refusal


def client(fake: Runtime, **more: str) -> Client:
    retry = Retry(sleep=lambda _: None)
    return Client(fake, Target("blerssi", **more), retry=retry)


def test_a_row_a_request_and_an_answer() -> None:
    fake = Runtime([{"predictions": [prediction("K05"), prediction("K06")]}])
    found = Client(fake, "blerssi").predict([[-70, None, float("nan")], {"b3006": -78.5}], top_k=5)
    assert [each.label for each in found] == ["K05", "K06"]
    assert fake.rows == [[[-70, None, None], {"b3006": -78.5}]]
    (asked,) = fake.requests
    assert asked["EndpointName"] == "blerssi"
    assert asked["CustomAttributes"] == "top_k=5"
    assert (asked["ContentType"], asked["Accept"]) == ("application/json", "application/json")
    assert len(asked["InferenceId"]) == 32


def test_arrays_and_what_json_does_not_know_are_written_as_json_has_it() -> None:
    fake = Runtime()
    rows = np.array([[-70.5, np.nan]], dtype=np.float32)
    client(fake).predict([*rows, ["abc", float("inf")]])
    assert fake.rows == [[[-70.5, None], ["abc", "inf"]]]


def test_a_variant_and_a_model_are_named() -> None:
    fake = Runtime()
    client(fake, variant="canary", model="a.tar.gz").predict([[-70]], request_id="r1")
    (asked,) = fake.requests
    assert (asked["TargetVariant"], asked["TargetModel"]) == ("canary", "a.tar.gz")
    assert asked["InferenceId"] == "r1"


@pytest.mark.parametrize(
    ("rows", "top_k", "sizes"),
    [
        (0, 3, []),
        (10_001, 3, [10_000, 1]),
        (1_000, 105, [670, 330]),  # a record is some 5 kB then, and an answer at most 4 MB (C4.1)
    ],
)
def test_many_rows_go_in_as_many_requests_as_the_limits_ask_for(
    rows: int, top_k: int, sizes: list[int]
) -> None:
    fake = Runtime()
    found = client(fake).predict([[-70 - i % 5] for i in range(rows)], top_k=top_k, request_id="r")
    assert len(found) == rows
    assert [len(each) for each in fake.rows] == sizes
    assert [row for part in fake.rows for row in part] == [[-70 - i % 5] for i in range(rows)]
    ids = [each["InferenceId"] for each in fake.requests]
    assert ids == [f"r-{number}" if number else "r" for number in range(len(sizes))]


def test_refused_rows_are_counted_over_all_requests() -> None:
    rows = [[-70]] * 673 + [[7]]
    with pytest.raises(InvocationError) as caught:
        client(Runtime()).predict(rows, top_k=105)
    assert caught.value.refusal.rows == {673}


def test_busy_models_are_asked_again_and_the_id_stays_the_same() -> None:
    fake = Runtime([model_error(503, refusal(code="overloaded")), aws_error("Throttling")])
    assert len(client(fake).predict([[-70]])) == 1
    assert len({each["InferenceId"] for each in fake.requests}) == 1
    assert len(fake.requests) == 3


def test_the_good_rows_are_answered_where_others_are_refused() -> None:
    rows = [[-70], [1], [-71], [2], [3], [-72]]  # the body has room for two problems only
    found = client(Runtime()).predict_each(rows)
    kinds = [type(each) for each in found]
    assert kinds == [Answer, Refused, Answer, Refused, Refused, Answer]
    refused = found[4]
    assert isinstance(refused, Refused)
    assert [(each.row, each.got) for each in refused.problems] == [(4, 3)]


def test_a_refusal_of_the_request_as_a_whole_is_an_error() -> None:
    fake = Runtime([model_error(400, refusal(problem(None)))])
    with pytest.raises(InvocationError):
        client(fake).predict_each([[-70]])


def test_nothing_to_ask_is_no_request() -> None:
    fake = Runtime()
    assert client(fake).predict_each([]) == []
    assert not fake.requests


@pytest.mark.parametrize(
    ("error", "kind", "said"),
    [
        (aws_error("ValidationError", "Endpoint blerssi not found."), MissingError, "There is no"),
        (aws_error("AccessDeniedException"), DeniedError, "IAM"),
        (aws_error("ValidationError", "Too long."), DeployError, "Too long"),
        (boto.ReadTimeoutError(endpoint_url="x"), OverdueError, "request id r1"),
        (boto.EndpointConnectionError(endpoint_url="x"), UnreachableError, "no answer"),
        (model_error(500, "oops"), InvocationError, "500: oops"),
    ],
    ids=repr,
)
def test_every_failure_is_a_sentence(error: Exception, kind: type, said: str) -> None:
    with pytest.raises(kind, match=said):
        Client(Runtime([error]), "blerssi", retry=ONCE).invoke(b"x", request_id="r1")


def test_a_body_goes_and_comes_as_it_is() -> None:
    fake = Runtime([b"\x93NUMPY"])
    found = client(fake).invoke(b"1,2", "text/csv", accept="application/x-npy", request_id="r1")
    assert (found.body, found.variant, found.request_id) == (b"\x93NUMPY", "AllTraffic", "r1")
    assert "CustomAttributes" not in fake.requests[0]


def test_top_k_has_to_be_one_at_least() -> None:
    with pytest.raises(UserError, match="top_k is 0"):
        client(Runtime()).predict([[-70]], top_k=0)


def test_boto_neither_repeats_nor_gives_up_early() -> None:
    made = runtime(boto3.Session(region_name="us-east-1"))
    config = made.meta.config
    assert config.retries["total_max_attempts"] == 1
    assert config.read_timeout == 70


def test_a_region_that_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_CONFIG_FILE", "/nowhere")
    with pytest.raises(DeployError, match="region"):
        runtime(boto3.Session())
