import argparse

import pytest

from container.errors import UserError
from deploy.endpoint import command
from deploy.endpoint.config import Asynchronous, Instances, Serverless
from deploy.endpoint.rollout import ALL_AT_ONCE, CANARY, LINEAR
from deploy.endpoint.wanted import Wanted

NEEDED = ("--image", "image", "--artifact", "s3://bucket/models/model.tar.gz", "--role", "role")


def wanted(*options: str) -> Wanted:
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    found = command.wanted_by(parser.parse_args([*NEEDED, *options]))
    found.check()
    return found


def test_two_instances_a_canary_and_alarms_are_the_default() -> None:
    found = wanted()
    assert found.name == "blerssi"
    assert found.configuration.hosting == Instances()
    assert found.rollout.kind == CANARY
    assert found.limits is not None
    assert found.limits.latency_seconds == 1.0
    assert (found.scaling, found.configuration.capture) == (None, None)
    assert found.model.isolated  # no network where none is needed
    assert found.notes() == []


def test_one_instance_is_said_to_be_one() -> None:
    found = wanted("--instances", "1")
    assert "no zone redundancy" in found.notes()[0]
    assert found.rollout.kind == ALL_AT_ONCE


def test_a_version_that_nothing_takes_back_is_said_to_be_one() -> None:
    assert "nothing takes a bad version back" in wanted("--no-alarms").notes()[0]


def test_serverless() -> None:
    found = wanted("--serverless", "2048", "--concurrency", "20")
    assert found.configuration.hosting == Serverless(2048, 20)
    assert found.rollout.kind == ALL_AT_ONCE
    assert not found.model.isolated  # C4.5


def test_asynchronous_requests_have_no_limit_of_latency() -> None:
    found = wanted("--async-to", "s3://bucket/async", "--scale", "0:4", "--target", "5")
    assert found.configuration.asynchronous == Asynchronous("s3://bucket/async")
    assert found.limits is not None
    assert found.limits.latency_seconds is None
    assert found.scaling is not None
    assert found.scaling.target == 5


def test_captured_traffic_goes_to_the_artefacts_bucket() -> None:
    capture = wanted("--capture", "10").configuration.capture
    assert capture is not None
    assert capture.destination == "s3://bucket/capture"
    capture = wanted("--capture", "10", "--capture-to", "s3://other/x").configuration.capture
    assert capture is not None
    assert capture.destination == "s3://other/x"


def test_all_options_arrive() -> None:
    found = wanted(
        *("--name", "staging", "--instance-type", "ml.c6i.xlarge", "--instances", "4"),
        *("--start-seconds", "120", "--scale", "2:8", "--scale-out-seconds", "1"),
        *("--scale-in-seconds", "2", "--max-5xx", "0.02", "--max-errors", "0.5"),
        *("--max-p99", "0.25", "--alarm-period", "300", "--alarm-topic", "arn:x"),
        *("--rollout", "linear", "--step", "25", "--bake", "60", "--keep-old", "30"),
        *("--no-rollback", "--env", "A=b=c", "--network", "--model-name", "m"),
    )
    assert found.configuration.hosting == Instances("ml.c6i.xlarge", 4, 120)
    assert found.scaling is not None
    assert (found.scaling.least, found.scaling.most) == (2, 8)
    assert (found.scaling.out_seconds, found.scaling.in_seconds) == (1, 2)
    limits = found.limits
    assert limits is not None
    assert (limits.server_errors, limits.errors, limits.latency_seconds) == (0.02, 0.5, 0.25)
    assert (limits.period_seconds, limits.topic) == (300, "arn:x")
    rollout = found.rollout
    assert (rollout.kind, rollout.percent, rollout.bake_seconds) == (LINEAR, 25, 60)
    assert (rollout.keep_seconds, rollout.rollback) == (30, False)
    assert found.model.variables["A"] == "b=c"
    assert not found.model.isolated
    assert found.model_stem == "m"


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (("--scale", "2-8"), "--scale takes LEAST:MOST"),
        (("--target", "5"), "need --scale"),
        (("--capture-to", "s3://bucket/x"), "needs --capture"),
        (("--concurrency", "5"), "--serverless or --async-to"),
        (("--serverless", "1024", "--instances", "2"), "leave out"),
        (("--serverless", "1024", "--capture", "5"), "--capture is not"),
        (("--serverless", "1024", "--scale", "1:2"), "--scale is not"),
        (("--serverless", "1024", "--rollout", "canary"), "not for serverless"),
        (("--serverless", "1024", "--network"), ""),
        (("--scale", "0:4"), "from 1"),
        (("--name", "a_b"), "--name"),
        (("--name", "x" * 64), "--name"),
        (("--model-name", "x" * 53), "--model-name"),
        (("--env", "novalue"), "--env"),
    ],
)
def test_what_does_not_go_together_is_said(options: tuple[str, ...], words: str) -> None:
    if not words:
        wanted(*options)
        return
    with pytest.raises(UserError, match=words):
        wanted(*options)


def test_long_names_leave_room_for_the_digits_of_the_content() -> None:
    found = wanted("--name", "x" * 63)
    assert len(found.config_name({})) == 63
