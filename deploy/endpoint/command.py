"""`python -m deploy endpoint`: model, endpoint configuration, endpoint, and what watches over it.

    image + model.tar.gz + role ──▶ model ──▶ configuration ──▶ endpoint ──▶ alarms, scaling

The options say what there is to be, all of it: what is missing is made, what differs is changed,
and a second run changes nothing. A new version takes over step by step, and an alarm takes the
traffic back.
"""

import argparse
import re
from collections.abc import Mapping
from typing import Any, Final

from container.errors import UserError
from container.settings import ENDPOINT
from deploy import options as shared
from deploy.endpoint import arguments as declared
from deploy.endpoint import endpoint, rollout, s3
from deploy.endpoint.alarms import Limits
from deploy.endpoint.capture import Capture
from deploy.endpoint.config import Asynchronous, Configuration, Instances, Serverless
from deploy.endpoint.model import Model
from deploy.endpoint.rollout import Rollout
from deploy.endpoint.scaling import Scaling
from deploy.endpoint.wanted import Wanted

HELP = "make, update or leave a SageMaker endpoint with all that belongs to it"
EXAMPLES = """examples:
  python -m deploy endpoint --image URI --artifact s3://bucket/models/model.tar.gz --role NAME
  python -m deploy endpoint ... --plan
  python -m deploy endpoint ... --scale 2:8 --capture 10 --rollout linear --step 25 --bake 600
  python -m deploy endpoint ... --serverless 2048 --concurrency 20
  python -m deploy endpoint ... --async-to s3://bucket/async --scale 0:4 --target 5
"""
_SCALE: Final = re.compile(r"(\d{1,5}):(\d{1,5})")
_LEAST_SECONDS: Final = 3600.0
_SPARE_SECONDS: Final = 1800.0  # beyond what SageMaker grants a rollout


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the command's options."""
    declared.add(parser)


def run(arguments: argparse.Namespace, variables: Mapping[str, str]) -> int:
    """Bring the endpoint about.

    Raises:
        UserError: The options do not go together.
        DeployError: The endpoint did not come about.
    """
    wanted = wanted_by(arguments)
    wanted.check()  # before anybody is asked for credentials
    common = shared.common(arguments, variables)
    for note in wanted.notes():
        common.screen.say(f"Note: {note}")
    seconds = arguments.timeout or max(_LEAST_SECONDS, wanted.rollout.seconds + _SPARE_SECONDS)
    outcome = endpoint.bring_about(
        common, wanted, keep=arguments.keep, seconds=seconds, every=arguments.poll
    )
    common.screen.say(_summary(outcome))
    common.screen.result(outcome)
    return 0


def wanted_by(given: argparse.Namespace) -> Wanted:
    """Read the options of `add_arguments` as a description of an endpoint.

    Raises:
        UserError: Some cannot be read.
    """
    hosting = _hosting(given)
    asynchronous = (
        Asynchronous(given.async_to, **_known(concurrency=given.concurrency))
        if given.async_to
        else None
    )
    instances = hosting.count if isinstance(hosting, Instances) else None
    kind = given.rollout or (rollout.CANARY if (instances or 0) > 1 else rollout.ALL_AT_ONCE)
    return Wanted(
        name=given.name,
        model=model_by(given, isolated=not (given.network or given.serverless)),
        configuration=Configuration(hosting, asynchronous, _capture(given)),
        limits=None if given.no_alarms else _limits(given),
        scaling=_scaling(given),
        rollout=Rollout(kind, given.step, given.bake, given.keep_old, not given.no_rollback),
        model_stem=given.model_name or "",
        config_stem=given.config_name or "",
    )


def model_by(given: argparse.Namespace, *, isolated: bool) -> Model:
    """Read the options of `add_model`.

    Raises:
        UserError: Some cannot be read.
    """
    return Model(
        image=given.image,
        artifact=given.artifact,
        role=given.role,
        variables={ENDPOINT: given.name, **shared.assignments(given.env, "--env")},
        isolated=isolated,
    )


# --- What they come to ----------------------------------------------------------------------------


def _hosting(given: argparse.Namespace) -> Instances | Serverless:
    machines = _known(
        type=given.instance_type, count=given.instances, start_seconds=given.start_seconds
    )
    if given.serverless is None:
        if given.concurrency is not None and not given.async_to:
            raise UserError("--concurrency is about --serverless or --async-to.")
        return Instances(**machines)
    if machines:
        raise UserError(
            "--serverless has no instances; leave out --instance-type, --instances and "
            "--start-seconds."
        )
    return Serverless(given.serverless, **_known(concurrency=given.concurrency))


def _capture(given: argparse.Namespace) -> Capture | None:
    if not given.capture:
        if given.capture_to:
            raise UserError("--capture-to needs --capture PERCENT.")
        return None
    bucket, _ = s3.split(given.artifact)
    return Capture(given.capture, given.capture_to or f"s3://{bucket}/capture")


def _limits(given: argparse.Namespace) -> Limits:
    found = _known(
        server_errors=given.max_5xx,
        errors=given.max_errors,
        latency_seconds=given.max_p99,
        period_seconds=given.alarm_period,
        topic=given.alarm_topic,
    )
    if given.async_to:  # an hour may be well (C4.9)
        found.setdefault("latency_seconds", None)
    return Limits(**found)


def _scaling(given: argparse.Namespace) -> Scaling | None:
    more = _known(
        target=given.target,
        out_seconds=given.scale_out_seconds,
        in_seconds=given.scale_in_seconds,
    )
    if not given.scale:
        if more:
            raise UserError(
                "--target, --scale-out-seconds and --scale-in-seconds need --scale LEAST:MOST."
            )
        return None
    if not (found := _SCALE.fullmatch(given.scale)):
        raise UserError(f"--scale takes LEAST:MOST, such as 2:8, got {given.scale!r}.")
    return Scaling(int(found[1]), int(found[2]), **more)


def _known(**values: Any) -> dict[str, Any]:
    """Leave out what was not given, so that the defaults stand in one place."""
    return {name: value for name, value in values.items() if value is not None}


def _summary(outcome: Mapping[str, Any]) -> str:
    name, changes = outcome["endpoint"], outcome["changes"]
    if outcome["action"] == "planned":
        first = (
            f"The endpoint {name} would change: {', '.join(changes)}."
            if changes
            else f"The endpoint {name} is as it should be."
        )
    elif changes:
        first = f"The endpoint {name} is {outcome['status']} ({outcome['action']})."
    else:
        first = f"The endpoint {name} is {outcome['status']}; nothing had to be changed."
    rows = [
        ("configuration", outcome["config"]),
        ("model", outcome["model"]),
        ("image", outcome["image"]),
        ("artefact", outcome["artifact"]),
        ("alarms", ", ".join(outcome["alarms"]) or "none"),
    ]
    return "\n".join((first, *(f"  {title:<14} {value}" for title, value in rows)))
