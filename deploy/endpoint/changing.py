"""Makes an endpoint, or moves one to another configuration, and judges what came of it."""

from typing import Any, Final

from deploy import naming
from deploy.endpoint import alarms, config, failure, scaling, state, waking
from deploy.endpoint.state import Described
from deploy.endpoint.task import Task
from deploy.errors import DeployError, OverdueError
from deploy.waiting import Wait

_CALM_SECONDS: Final = 300.0  # for an alarm to go off by itself, beside its period
_NOTICE_SECONDS: Final = 120.0
_RETAIN: Final = {  # a scaled endpoint keeps the number of instances that it has grown to
    "RetainAllVariantProperties": True,
    "ExcludeRetainedVariantProperties": [
        {"VariantPropertyType": "DesiredWeight"},
        {"VariantPropertyType": "DataCaptureConfig"},
    ],
}

_Calls = list[tuple[str, dict[str, Any]]]


def create(task: Task, config_name: str) -> None:
    """Make the endpoint and wait until it is in service.

    Raises:
        DeployError: AWS refuses, or it did not come into service.
    """
    task.aws.write(
        *("sagemaker", "CreateEndpoint"),
        EndpointName=task.name,
        EndpointConfigName=config_name,
        Tags=naming.as_list(task.tags),
    )
    what = f"endpoint {task.name}"
    task.changes.append(what)
    task.made.add(what, lambda: state.remove(task.common, task.name, task.every))
    if task.aws.plan:
        return
    described = task.settled()
    if described is None:
        raise failure.gone(task.name, "created")
    if described["EndpointStatus"] != state.IN_SERVICE:
        raise failure.not_made(task.aws, described, task.since)


def update(task: Task, before: Described, config_name: str, watching: list[str]) -> None:
    """Move the endpoint to another configuration and wait until it serves that.

    Args:
        task: The run.
        before: How the endpoint stands.
        config_name: Where it goes.
        watching: Names of the alarms that take it back.

    Raises:
        RolledBackError: It serves as before.
        DeployError: AWS refuses, or it is not in service.
    """
    rollout = task.wanted.rollout
    if rollout.rollback and watching:
        _be_calm(task)
    taken, retain = _release_scaling(task, before)
    guarded = not task.wanted.serverless
    try:
        task.aws.write(
            *("sagemaker", "UpdateEndpoint"),
            EndpointName=task.name,
            EndpointConfigName=config_name,
            **(_RETAIN if retain else {}),
            **({"DeploymentConfig": rollout.request(watching)} if guarded else {}),
        )
        task.changes.append(f"endpoint {task.name}")
        if not task.aws.plan:
            _see_begin(task, before)
            _judge(task, config_name)
    except DeployError as error:
        _bring_back(task, taken, error)
        raise


def _see_begin(task: Task, before: Described) -> None:
    """Wait until DescribeEndpoint knows of the update: an older answer looks like a rollback."""
    Wait(f"update of {task.name}", task.common.screen, _NOTICE_SECONDS, task.every).until(
        lambda: state.describe(task.common, task.name),
        lambda found: (
            found is None
            or found["EndpointStatus"] in state.MOVING
            or found["LastModifiedTime"] != before["LastModifiedTime"]
        ),
        lambda _: "not seen yet",
    )


def _judge(task: Task, config_name: str) -> None:
    described = task.settled()
    if described is None:
        raise failure.gone(task.name, "updated")
    if described["EndpointStatus"] != state.IN_SERVICE:
        task.made.forget()  # it may use them
        raise failure.not_made(task.aws, described, task.since)
    if described["EndpointConfigName"] != config_name:
        on = alarms.ringing(task.aws, task.name)
        raise failure.rolled_back(task.aws, described, config_name, on, task.since)


def _be_calm(task: Task) -> None:
    """Wait for alarms that are on: they would take the update back at once."""
    limits = task.wanted.limits
    if task.aws.plan or limits is None:
        return
    seconds = _CALM_SECONDS + limits.period_seconds
    try:
        Wait(f"alarms of {task.name}", task.common.screen, seconds, task.every).until(
            lambda: alarms.ringing(task.aws, task.name),
            lambda on: not on,
            lambda on: f"on: {', '.join(on)}",
        )
    except OverdueError as error:
        raise DeployError(
            f"{error.message} An update would be rolled back at once.",
            hint="Give --no-rollback if the update is what mends it.",
        ) from error


def _release_scaling(task: Task, before: Described) -> tuple[_Calls, bool]:
    """Take the scaling away where it forbids the update; tells whether counts are to stay."""
    if scaling.registered(task.aws, task.name) is None:
        return [], False
    if task.wanted.scaling and _same_type(task, before):
        return [], True
    return scaling.remove(task.aws, task.name), False


def _same_type(task: Task, before: Described) -> bool:
    """Whether the instance type stays: a change is refused while the variant is scaled."""
    there = config.variant(task.aws, before["EndpointConfigName"])
    wanted = task.wanted.configuration.hosting.request()
    return there.get("InstanceType") == wanted.get("InstanceType")


def _bring_back(task: Task, taken: _Calls, error: DeployError) -> None:
    """Scale an endpoint again that stays as it was."""
    try:
        scaling.restore(task.aws, taken)
        if any(given.get("PolicyName") == waking.POLICY for _, given in taken):
            waking.ensure(task.aws, task.name, task.tags)  # its alarm calls the new policy
    except DeployError as second:
        error.hint = f"{error.hint}\nIts scaling is not back: {second.message}".lstrip()
