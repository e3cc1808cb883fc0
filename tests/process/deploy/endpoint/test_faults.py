"""What goes wrong, said in a sentence, and nothing left half-made."""

import threading
from dataclasses import replace
from typing import Any

import pytest

from local_test.aws.laptop import Laptop
from local_test.aws.sagemaker import variants
from tests.process.deploy.endpoint.conftest import Run
from tests.support import endpoints
from tests.support.deploys import Ended, deploy
from tests.support.faults import proxy


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--artifact", "s3://{bucket}/nothing.tar.gz"), "There is no artefact at s3://"),
        (("--artifact", "s3://no-such-bucket-here/m.tar.gz"), "There is no artefact at s3://"),
        (("--role", "nobody"), "There is no role nobody."),
        (("--image", "somebody/elses:1"), "is refused: Requested image somebody/elses:1 not found"),
        (("--image", "111122223333.dkr.ecr.eu-west-1.amazonaws.com/x:1"), "own region only"),
        (("--image", "localhost:1/nothing:1"), "There is no image localhost:1/nothing:1."),
    ],
)
def test_what_is_missing_is_named(
    aws: Laptop, name: str, bucket: str, run: Run, good: str, options: tuple[str, str], words: str
) -> None:
    ended = run(good, options[0], options[1].format(bucket=bucket))
    assert ended.code == 1
    assert words in ended.err
    assert endpoints.left(aws, name) == []


def test_all_that_is_wrong_with_the_options_is_said(name: str, run: Run, good: str) -> None:
    ended = run(good, "--instances", 0, "--step", 99, "--rollout", "linear", "--capture", 101)
    assert ended.code == 1
    for words in ("--instances 0", "--step 99", "--capture 101"):
        assert words in ended.err


def test_an_artefact_that_cannot_be_unpacked(aws: Laptop, name: str, bucket: str, run: Run) -> None:
    broken = endpoints.put(aws, bucket, "broken", endpoints.handler("good")[:-40])
    ended = run(broken, "--instances", 1)
    assert ended.code == 1
    assert f"The endpoint {name} is Failed:" in ended.err
    assert f"Removed again: endpoint {name}" in ended.err
    assert endpoints.left(aws, name) == []


@pytest.fixture
def impatience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the laptop wait five seconds for a container, and not the minute that AWS takes."""
    read = variants.read

    def hurried(document: Any) -> variants.Variant:
        return replace(read(document), startup_seconds=5.0)

    monkeypatch.setattr(variants, "read", hurried)


@pytest.fixture
def never(aws: Laptop, bucket: str) -> str:
    """Give a model without a model in it: /ping answers 503 for good."""
    return endpoints.put(aws, bucket, "never", endpoints.packed({"README": b"nothing here"}))


@pytest.mark.usefixtures("impatience")
def test_a_container_that_never_gets_healthy(aws: Laptop, name: str, run: Run, never: str) -> None:
    ended = run(never, "--instances", 1)
    assert ended.code == 1
    assert "did not pass the ping health check" in ended.err
    assert f"Its log (/aws/sagemaker/Endpoints/{name}) ends:" in ended.err
    assert "blerssi.serve" in ended.err
    assert endpoints.left(aws, name) == []


@pytest.mark.usefixtures("impatience")
def test_it_is_left_for_inspection_where_that_is_asked_for(
    aws: Laptop, name: str, run: Run, never: str, bucket: str
) -> None:
    ended = run(never, "--instances", 1, "--keep")
    assert ended.code == 1
    assert "Left as they are: model" in ended.err
    found = aws.client("sagemaker").describe_endpoint(EndpointName=name)
    assert found["EndpointStatus"] == "Failed"
    good = endpoints.put(aws, bucket, "good", endpoints.handler("good"))
    assert run(good, "--instances", 1).code == 0  # a failed endpoint is made anew
    assert endpoints.ask(aws, name) == "good"


@pytest.mark.usefixtures("impatience")
def test_a_new_version_that_never_gets_healthy_gets_no_request(
    aws: Laptop, name: str, run: Run, good: str, never: str
) -> None:
    assert run(good, "--instances", 1).code == 0
    with endpoints.crowd(aws, name, clients=2) as crowd:
        ended = run(never, "--instances", 1)
    assert ended.code == 1
    assert "was rolled back" in ended.err
    assert crowd.answers.keys() == {"good"}
    assert (crowd.lost, crowd.refusals) == ([], {})


@pytest.mark.parametrize(
    ("denied", "words"),
    [
        ("sagemaker:CreateEndpoint", "IAM does not allow sagemaker:CreateEndpoint"),
        ("cloudwatch:PutMetricAlarm", "IAM does not allow cloudwatch:PutMetricAlarm"),
    ],
)
def test_denied_by_iam_leaves_nothing(
    aws: Laptop, name: str, run: Run, good: str, denied: str, words: str
) -> None:
    variables = endpoints.user(aws, f"user-of-{name}", denied)
    ended = run(good, "--instances", 1, variables=variables)
    assert ended.code == 1
    assert words in ended.err
    assert "Removed again:" in ended.err
    assert endpoints.left(aws, name) == []
    assert variables["AWS_SECRET_ACCESS_KEY"] not in ended.out + ended.err


def test_two_at_the_same_time_make_one_endpoint(
    aws: Laptop, name: str, run: Run, good: str
) -> None:
    ended: list[Ended] = []
    threads = [
        threading.Thread(target=lambda: ended.append(run(good, "--instances", 1, "--json")))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [each.code for each in ended] == [0, 0], [each.err for each in ended]
    names = [{each.document[key] for key in ("endpoint", "config", "model")} for each in ended]
    assert names[0] == names[1]
    assert endpoints.ask(aws, name) == "good"


def test_an_endpoint_that_was_not_made_here(aws: Laptop, name: str, run: Run, good: str) -> None:
    assert run(good, "--instances", 1).code == 0
    sagemaker = aws.client("sagemaker")
    arn = sagemaker.describe_endpoint(EndpointName=name)["EndpointArn"]
    tags = {"Key": "made-by", "Value": "somebody"}
    sagemaker.add_tags(ResourceArn=arn, Tags=[tags])
    ended = run(good, "--instances", 1, "--capture", 10)
    assert (ended.code, "it is left alone" in ended.err) == (1, True)
    gone = deploy("destroy", "--name", name, "--yes", "--json", variables=aws.variables)
    assert gone.document["left"] == [
        {"kind": "endpoint", "name": name, "why": "it was not made here"}
    ]
    assert endpoints.ask(aws, name) == "good"
    sagemaker.add_tags(ResourceArn=arn, Tags=[{**tags, "Value": "blerssi-deploy"}])


@pytest.mark.parametrize("cuts", [False, True])
def test_aws_may_fail_every_third_request(
    aws: Laptop, name: str, run: Run, good: str, cuts: bool
) -> None:
    with proxy(aws.url, lambda number: number % 3 == 0, cuts=cuts) as between:
        addresses = dict.fromkeys(("AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3"), between.endpoint)
        variables = {**aws.variables, **addresses}
        ended = run(good, "--instances", 1, "--scale", "1:2", variables=variables)
        assert ended.code == 0, ended.err
        assert endpoints.ask(aws, name) == "good"
        gone = deploy("destroy", "--name", name, "--yes", variables=variables)
    assert gone.code == 0, gone.err
    assert len(between.failed) > 10
    assert endpoints.left(aws, name) == []
