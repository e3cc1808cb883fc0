"""Brings an endpoint about: finds what is there, makes what is missing, moves it to a new version.

    model ──▶ configuration ──▶ alarms ──▶ endpoint ──▶ scaling
    looked for   by content      before the      made, moved, or left as it is
    before all                   update they guard

A run that is repeated changes nothing; one that was broken off is taken up where it stands; one
that fails removes what it had made.
"""

import datetime
from typing import Any, Final

from deploy import naming
from deploy.endpoint import alarms, config, failure, model, scaling, state
from deploy.endpoint.made import Made
from deploy.endpoint.state import Described
from deploy.endpoint.wanted import Wanted
from deploy.errors import DeployError, ExistsError, OverdueError, RefusedError
from deploy.options import Common
from deploy.waiting import Wait

_ATTEMPTS: Final = 3  # where somebody else changes the endpoint at the same time
_CALM_SECONDS: Final = 300.0  # for an alarm to go off by itself, beside its period
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
        return _Deployment(common, wanted, made, seconds, every).run()
    except DeployError as error:
        if not common.aws.plan:
            made.undo(error)
        raise


class _Deployment:
    """One run."""

    def __init__(
        self, common: Common, wanted: Wanted, made: Made, seconds: float, every: float
    ) -> None:
        self._common, self._aws, self._screen = common, common.aws, common.screen
        self._wanted, self._made = wanted, made
        self._seconds, self._every = seconds, every
        self._tags = wanted.tags(common.tags)
        self._since = datetime.datetime.now(datetime.UTC)
        self._changes: list[str] = []

    def run(self) -> dict[str, Any]:
        wanted, name = self._wanted, self._wanted.name
        found = model.find(self._aws, wanted.model)
        model_name = wanted.model_name(found)
        content = wanted.configuration.request(name, model_name)
        config_name = wanted.config_name(content)
        self._own(self._settled())
        if model.ensure(self._aws, model_name, found.content, self._tags):
            self._note_made(f"model {model_name}", lambda: model.remove(self._aws, model_name))
        if config.ensure(self._aws, config_name, content, self._tags):
            self._note_made(
                f"configuration {config_name}", lambda: config.remove(self._aws, config_name)
            )
        watching = self._watch()
        action = self._endpoint(config_name, watching)
        scaled = self._scale()
        described = state.describe(self._common, name) or {}
        return {
            "endpoint": name,
            "arn": described.get("EndpointArn"),
            "status": described.get("EndpointStatus"),
            "action": "planned" if self._aws.plan else action,
            "changes": self._changes,
            "config": config_name,
            "model": model_name,
            "image": found.image,
            "digest": found.digest,
            "artifact": wanted.model.artifact,
            "alarms": watching,
            "scaling": scaled,
            "notes": wanted.notes(),
            **({"plan": self._aws.planned} if self._aws.plan else {}),
        }

    # --- Parts ----------------------------------------------------------------------------------

    def _watch(self) -> list[str]:
        wanted = self._wanted
        names, new = alarms.ensure(self._aws, wanted.name, wanted.limits, self._tags)
        if new:
            self._note_made(f"alarms {', '.join(new)}", lambda: alarms.remove(self._aws, new))
        return names

    def _endpoint(self, config_name: str, watching: list[str]) -> str:
        """Make it, update it or leave it; somebody else may do so at the same time."""
        for _ in range(_ATTEMPTS):
            described = self._own(self._settled())
            if described is not None and described["EndpointStatus"] in state.DEAD:
                self._screen.say(f"The endpoint {self._wanted.name} has failed before; it goes.")
                state.remove(self._common, self._wanted.name, self._every)
                described = None
            try:
                if described is None:
                    return self._create(config_name)
                if described["EndpointConfigName"] == config_name:
                    return "unchanged"
                return self._update(described, config_name, watching)
            except ExistsError:
                continue
            except RefusedError as error:
                if _IN_PROGRESS not in error.reason:
                    raise
        raise DeployError(
            f"The endpoint {self._wanted.name} is being changed by somebody else all the time."
        )

    def _create(self, config_name: str) -> str:
        name = self._wanted.name
        self._aws.write(
            *("sagemaker", "CreateEndpoint"),
            EndpointName=name,
            EndpointConfigName=config_name,
            Tags=naming.as_list(self._tags),
        )
        self._changes.append(f"endpoint {name}")
        self._made.add(f"endpoint {name}", lambda: state.remove(self._common, name, self._every))
        if self._aws.plan:
            return "created"
        described = self._settled()
        if described is None:
            raise failure.gone(name, "created")
        if described["EndpointStatus"] != state.IN_SERVICE:
            raise failure.not_made(self._aws, described, self._since)
        return "created"

    def _update(self, before: Described, config_name: str, watching: list[str]) -> str:
        name, rollout = self._wanted.name, self._wanted.rollout
        if rollout.rollback and watching:
            self._be_calm()
        taken, retain = self._release_scaling(before)
        deployment = (
            {} if self._wanted.serverless else {"DeploymentConfig": rollout.request(watching)}
        )
        try:
            self._aws.write(
                *("sagemaker", "UpdateEndpoint"),
                EndpointName=name,
                EndpointConfigName=config_name,
                **(_RETAIN if retain else {}),
                **deployment,
            )
            self._changes.append(f"endpoint {name}")
            if not self._aws.plan:
                self._judge_update(config_name)
        except DeployError:
            scaling.restore(self._aws, taken)
            raise
        return "updated"

    def _judge_update(self, config_name: str) -> None:
        name = self._wanted.name
        described = self._settled()
        if described is None:
            raise failure.gone(name, "updated")
        if described["EndpointStatus"] != state.IN_SERVICE:
            self._made.forget()  # it may use them
            raise failure.not_made(self._aws, described, self._since)
        if described["EndpointConfigName"] != config_name:
            on = alarms.ringing(self._aws, name)
            raise failure.rolled_back(self._aws, described, config_name, on, self._since)

    def _scale(self) -> dict[str, Any] | None:
        wanted = self._wanted
        if wanted.scaling is None:
            if not wanted.serverless and scaling.remove(self._aws, wanted.name):
                self._changes.append("scaling taken away")
            return None
        if scaling.ensure(self._aws, wanted.name, wanted.scaling, asynchronous=wanted.asynchronous):
            self._changes.append("scaling")
        return {
            "least": wanted.scaling.least,
            "most": wanted.scaling.most,
            "target": wanted.scaling.target,
        }

    # --- Small steps ----------------------------------------------------------------------------

    def _settled(self) -> Described | None:
        return state.settle(self._common, self._wanted.name, self._seconds, self._every)

    def _own(self, described: Described | None) -> Described | None:
        """See that an endpoint of that name is ours to change."""
        if described is not None:
            found = self._aws.pages(
                "sagemaker", "ListTags", "Tags", ResourceArn=described["EndpointArn"]
            )
            project = self._common.tags[naming.TAG_PROJECT]
            if not naming.ours(naming.as_mapping(found), project):
                raise DeployError(
                    f"There is an endpoint {self._wanted.name} that was not made by "
                    f"{naming.MADE_BY} for the project {project}; it is left alone.",
                    hint="Choose another --name.",
                )
        return described

    def _be_calm(self) -> None:
        """Wait for alarms that are on: they would take the update back at once."""
        name, limits = self._wanted.name, self._wanted.limits
        if self._aws.plan or limits is None:
            return
        try:
            Wait(
                f"alarms of {name}",
                self._screen,
                _CALM_SECONDS + limits.period_seconds,
                self._every,
            ).until(
                lambda: alarms.ringing(self._aws, name),
                lambda on: not on,
                lambda on: f"on: {', '.join(on)}",
            )
        except OverdueError as error:
            raise DeployError(
                f"{error.message} An update would be rolled back at once.",
                hint="Give --no-rollback if the update is what mends it.",
            ) from error

    def _release_scaling(self, before: Described) -> tuple[list[tuple[str, dict[str, Any]]], bool]:
        """Take the scaling away where it forbids the update; tells whether counts are to stay."""
        wanted = self._wanted
        if scaling.registered(self._aws, wanted.name) is None:
            return [], False
        if wanted.scaling and self._same_hosting(before):
            return [], True
        return scaling.remove(self._aws, wanted.name), False

    def _same_hosting(self, before: Described) -> bool:
        """Whether the instance type stays: a change is refused while the variant is scaled."""
        there = config.variant(self._aws, before["EndpointConfigName"])
        hosting = self._wanted.configuration.hosting
        return there.get("InstanceType") == hosting.request().get("InstanceType")

    def _note_made(self, name: str, undo: Any) -> None:
        self._made.add(name, undo)
        self._changes.append(name)
        if not self._aws.plan:
            self._screen.say(f"Made {name}.")


_RETAIN: Final = {  # a scaled endpoint keeps the number of instances that it has grown to
    "RetainAllVariantProperties": True,
    "ExcludeRetainedVariantProperties": [
        {"VariantPropertyType": "DesiredWeight"},
        {"VariantPropertyType": "DataCaptureConfig"},
    ],
}
