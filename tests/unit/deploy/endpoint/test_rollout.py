import pytest

from deploy.endpoint.rollout import ALL_AT_ONCE, CANARY, KINDS, LINEAR, Rollout


def routing(rollout: Rollout) -> dict[str, object]:
    found: dict[str, object] = rollout.request(["a"])["BlueGreenUpdatePolicy"][
        "TrafficRoutingConfiguration"
    ]
    return found


def test_all_at_once_bakes_after_its_only_step() -> None:
    assert routing(Rollout(ALL_AT_ONCE, bake_seconds=60)) == {
        "Type": "ALL_AT_ONCE",
        "WaitIntervalInSeconds": 60,
    }


@pytest.mark.parametrize(("kind", "member"), [(CANARY, "CanarySize"), (LINEAR, "LinearStepSize")])
def test_a_share_of_the_capacity_moves_first(kind: str, member: str) -> None:
    found = routing(Rollout(kind, percent=20))
    assert found["Type"] == kind.upper()
    assert found[member] == {"Type": "CAPACITY_PERCENT", "Value": 20}


def test_alarms_take_the_traffic_back() -> None:
    assert Rollout(CANARY).request(["one", "two"])["AutoRollbackConfiguration"] == {
        "Alarms": [{"AlarmName": "one"}, {"AlarmName": "two"}]
    }


@pytest.mark.parametrize(
    ("rollout", "alarms"), [(Rollout(CANARY, rollback=False), ["one"]), (Rollout(CANARY), [])]
)
def test_nothing_takes_it_back_without_alarms(rollout: Rollout, alarms: list[str]) -> None:
    assert "AutoRollbackConfiguration" not in rollout.request(alarms)


@pytest.mark.parametrize("kind", KINDS)
def test_sagemaker_is_given_more_time_than_it_has_to_wait(kind: str) -> None:
    rollout = Rollout(kind, percent=25, bake_seconds=100, keep_seconds=50)
    steps = {ALL_AT_ONCE: 1, CANARY: 2, LINEAR: 4}[kind]
    assert rollout.steps == steps
    limit = rollout.request(["a"])["BlueGreenUpdatePolicy"]["MaximumExecutionTimeoutInSeconds"]
    assert limit > steps * 100 + 50


@pytest.mark.parametrize(
    ("rollout", "instances", "words"),
    [
        (Rollout(CANARY, percent=51), 2, "--step 51"),
        (Rollout(LINEAR, percent=9), 2, "--step 9"),
        (Rollout(LINEAR, percent=0), 2, "--step 0"),
        (Rollout(CANARY, bake_seconds=3601), 2, "--bake 3601"),
        (Rollout(CANARY, keep_seconds=-1), 2, "--keep-old -1"),
        (Rollout(LINEAR, percent=10, bake_seconds=3600), 2, "wait 36000 s"),
        (Rollout(CANARY), 1, "two instances"),
        (Rollout(LINEAR), None, "serverless"),
    ],
)
def test_what_sagemaker_would_refuse_is_said(
    rollout: Rollout, instances: int | None, words: str
) -> None:
    assert any(words in each for each in rollout.problems(instances))


@pytest.mark.parametrize(
    ("rollout", "instances"),
    [(Rollout(), 1), (Rollout(), None), (Rollout(CANARY, 50), 2), (Rollout(LINEAR, 50, 3600), 9)],
)
def test_what_it_takes_is_sound(rollout: Rollout, instances: int | None) -> None:
    assert rollout.problems(instances) == []
