"""The acceptance of a safe update: a bad version goes back by itself, and no request is lost."""

import threading

import pytest

from local_test.aws.laptop import Laptop
from tests.process.deploy.endpoint.conftest import Run
from tests.support import endpoints
from tests.support.waiting import until

FAILS = 'raise ValueError("this version is bad")'


@pytest.fixture
def serving(run: Run, good: str) -> str:
    """Bring a good version into service on two instances; gives its configuration."""
    ended = run(good, "--instances", 2, "--json")
    assert ended.code == 0, ended.err
    config: str = ended.document["config"]
    return config


@pytest.mark.parametrize("rollout", ["canary", "linear"])
def test_a_bad_version_is_rolled_back_under_traffic(
    aws: Laptop, name: str, bucket: str, run: Run, serving: str, rollout: str
) -> None:
    bad = endpoints.put(aws, bucket, "bad", endpoints.handler("bad", FAILS))
    with endpoints.crowd(aws, name) as crowd:
        until(lambda: crowd.answers["good"] > endpoints.CLIENTS, "traffic")
        ended = run(bad, "--instances", 2, "--rollout", rollout, "--step", 10, "--bake", 30)
        after = crowd.answers["good"]
        until(lambda: crowd.answers["good"] > after + endpoints.CLIENTS, "traffic afterwards")
    assert ended.code == 1
    assert "was rolled back" in ended.err
    assert f"blerssi-deploy/{name}/5xx" in ended.err
    assert "this version is bad" in ended.err  # the log's last lines say why
    assert crowd.lost == []
    assert crowd.counted == crowd.sent  # every request has got an answer of a model
    assert crowd.answers.keys() == {"good"}
    assert 0 < crowd.refusals.total() < crowd.sent / 5  # the canary's share and no more
    found = aws.client("sagemaker").describe_endpoint(EndpointName=name)
    assert (found["EndpointStatus"], found["EndpointConfigName"]) == ("InService", serving)
    configs = aws.client("sagemaker").list_endpoint_configs(NameContains=name)
    assert [each["EndpointConfigName"] for each in configs["EndpointConfigs"]] == [serving]


def test_a_slow_version_is_rolled_back_and_every_request_is_answered(
    aws: Laptop, name: str, bucket: str, run: Run, good: str
) -> None:
    """Latency alone, without one error."""
    slow = endpoints.put(
        aws, bucket, "slow", endpoints.handler("slow", "__import__('time').sleep(2.5)")
    )
    assert run(good, "--instances", 2, "--max-p99", 2).code == 0
    with endpoints.crowd(aws, name, clients=4) as crowd:
        ended = run(slow, "--instances", 2, "--max-p99", 2, "--bake", 60)
    assert ended.code == 1
    assert f"blerssi-deploy/{name}/latency-p99" in ended.err
    assert (crowd.lost, crowd.refusals) == ([], {})
    assert crowd.answers.keys() == {"good", "slow"}
    assert endpoints.ask(aws, name) == "good"


def test_a_good_version_takes_over_under_traffic(
    aws: Laptop, name: str, bucket: str, run: Run, serving: str
) -> None:
    better = endpoints.put(aws, bucket, "better", endpoints.handler("better"))
    with endpoints.crowd(aws, name) as crowd:
        until(lambda: crowd.answers["good"] > endpoints.CLIENTS, "traffic")
        ended = run(better, "--instances", 2, "--json")
        assert ended.code == 0, ended.err
        before = crowd.answers["better"]
        until(lambda: crowd.answers["better"] > before + endpoints.CLIENTS, "the new version")
    assert ended.document["action"] == "updated"
    assert crowd.lost == []
    assert crowd.counted == crowd.sent
    assert crowd.refusals == {}
    assert crowd.answers.keys() == {"good", "better"}
    found = aws.client("sagemaker").describe_endpoint(EndpointName=name)
    assert found["EndpointConfigName"] == ended.document["config"] != serving


def test_an_endpoint_deleted_in_mid_update(
    aws: Laptop, name: str, bucket: str, run: Run, serving: str
) -> None:
    better = endpoints.put(aws, bucket, "better", endpoints.handler("better"))
    sagemaker = aws.client("sagemaker")

    def status() -> str:
        found: str = sagemaker.describe_endpoint(EndpointName=name)["EndpointStatus"]
        return found

    def delete() -> None:
        until(lambda: status() == "Updating", "the update")
        sagemaker.delete_endpoint(EndpointName=name)

    somebody = threading.Thread(target=delete)
    somebody.start()
    ended = run(better, "--instances", 2, "--bake", 60)
    somebody.join()
    assert ended.code == 1
    assert f"The endpoint {name} was deleted while it was being updated." in ended.err
    assert "Removed again: configuration" in ended.err
    configs = sagemaker.list_endpoint_configs(NameContains=name)["EndpointConfigs"]
    assert [each["EndpointConfigName"] for each in configs] == [serving]
