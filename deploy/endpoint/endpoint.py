"""Brings an endpoint about: finds what is there, makes what is missing, moves it to a new version.

    model ──▶ configuration ──▶ alarms ──▶ endpoint ──▶ scaling
    looked for   by content      before the      made, moved, or left as it is
    before all                   update they guard

A run that is repeated changes nothing; one that was broken off is taken up where it stands; one
that fails removes what it had made.
"""

import time
from typing import Any, Final

from deploy import naming
from deploy.endpoint import alarms, changing, config, failure, model, scaling, state, waking
from deploy.endpoint.made import Made
from deploy.endpoint.state import Described
from deploy.endpoint.task import Task
from deploy.endpoint.wanted import Wanted
from deploy.errors import DeployError, ExistsError, MissingError, RefusedError
from deploy.options import Common

_ATTEMPTS: Final = 3  # where somebody else changes it, or AWS does not see yet what was just made
_IN_PROGRESS: Final = "in-progress"  # SageMaker's word for an endpoint that moves


def bring_about(
    common: Common, wanted: Wanted, *, keep: bool = False, seconds: float, every: float = 5.0
) -> dict[str, Any]:
    """Make, update or leave an endpoint, and all that belongs to it.

    Args:
        common: AWS, screen and tags.
        wanted: The endpoint.
        keep: Leave what was made, even when it fails.
        seconds: How long one change of the endpoint may take.
        every: Seconds between two questions how it stands.

    Returns:
        What there is now, and what was changed.

    Raises:
        UserError: Such an endpoint cannot be had.
        DeployError: It did not come about; what was made is removed again.
    """
    wanted.check()
    made = Made(common.screen, keep=keep)
    try:
        return _run(Task(common, wanted, made, seconds, every))
    except DeployError as error:
        if not common.aws.plan:
            made.undo(error)
        raise


def _run(task: Task) -> dict[str, Any]:
    aws, wanted = task.aws, task.wanted
    found = model.find(aws, wanted.model)
    model_name = wanted.model_name(found)
    content = wanted.configuration.request(task.name, model_name)
    config_name = wanted.config_name(content)
    _own(task, task.settled())
    if model.ensure(aws, model_name, found.content, task.tags):
        task.has_made(f"model {model_name}", lambda: model.remove(aws, model_name))
    if config.ensure(aws, config_name, content, task.tags):
        task.has_made(f"configuration {config_name}", lambda: config.remove(aws, config_name))
    watching, new = alarms.ensure(aws, task.name, wanted.limits, task.tags)
    if new:
        task.has_made(f"alarms {', '.join(new)}", lambda: alarms.remove(aws, new))
    action = _endpoint(task, config_name, watching)
    scaled = _scale(task)
    described = state.describe(task.common, task.name) or {}
    return {
        "endpoint": task.name,
        "arn": described.get("EndpointArn"),
        "status": described.get("EndpointStatus"),
        "action": "planned" if aws.plan else action,
        "changes": task.changes,
        "config": config_name,
        "model": model_name,
        "image": found.image,
        "digest": found.digest,
        "artifact": wanted.model.artifact,
        "alarms": watching,
        "scaling": scaled,
        "notes": wanted.notes(),
        **({"plan": aws.planned} if aws.plan else {}),
    }


def _endpoint(task: Task, config_name: str, watching: list[str]) -> str:
    """Make it, move it or leave it; somebody else may do so at the same time."""
    for _ in range(_ATTEMPTS - 1):
        try:
            return _step(task, config_name, watching)
        except RefusedError as error:
            if not (isinstance(error, ExistsError | MissingError) or _IN_PROGRESS in error.reason):
                raise
        time.sleep(task.every)
    return _step(task, config_name, watching)


def _step(task: Task, config_name: str, watching: list[str]) -> str:
    described = _own(task, task.settled())
    if described is not None and described["EndpointStatus"] == state.FAILED:
        task.common.screen.say(f"The endpoint {task.name} has failed before; it is removed.")
        state.remove(task.common, task.name, task.every)
        described = None
    if described is None:
        changing.create(task, config_name)
        return "created"
    if described["EndpointConfigName"] != config_name:
        changing.update(task, described, config_name, watching)
        return "updated"
    if described["EndpointStatus"] in state.DEAD:
        raise failure.not_made(task.aws, described, task.since)
    return "unchanged"


def _scale(task: Task) -> dict[str, Any] | None:
    wanted, bounds = task.wanted, task.wanted.scaling
    if wanted.serverless:
        return None
    sleeps = bounds is not None and bounds.least == 0
    if not sleeps and waking.remove(task.aws, task.name):
        task.changes.append("waking taken away")
    if bounds is None:
        if scaling.remove(task.aws, task.name):
            task.changes.append("scaling taken away")
        return None
    if scaling.ensure(task.aws, task.name, bounds, asynchronous=wanted.asynchronous):
        task.changes.append("scaling")
    if sleeps and waking.ensure(task.aws, task.name, task.tags):
        task.changes.append("waking")
    return {"least": bounds.least, "most": bounds.most, "target": bounds.target}


def _own(task: Task, described: Described | None) -> Described | None:
    """See that an endpoint of that name is ours to change."""
    if described is None:
        return None
    arn = described["EndpointArn"]
    found = naming.as_mapping(task.aws.pages("sagemaker", "ListTags", "Tags", ResourceArn=arn))
    project = task.common.tags[naming.TAG_PROJECT]
    if not naming.ours(found, project):
        raise DeployError(
            f"There is an endpoint {task.name} that was not made by {naming.MADE_BY} for the "
            f"project {project}; it is left alone.",
            hint="Choose another --name.",
        )
    return described
