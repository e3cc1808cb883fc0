"""How an update moves the traffic: steps with the time to watch each, from a DeploymentConfig."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

MAXIMUM_SECONDS = 28800.0  # an update may take, where nobody says otherwise
_DEFAULT: Mapping[str, Any] = {
    "BlueGreenUpdatePolicy": {
        "TrafficRoutingConfiguration": {"Type": "ALL_AT_ONCE", "WaitIntervalInSeconds": 0}
    }
}
_WAIT = "WaitIntervalInSeconds"
_MOST_CANARY = 0.5  # of the capacity; the API's own words
_LINEAR = (0.1, 0.5)


@dataclass(frozen=True)
class Step:
    """One move of traffic.

    Attributes:
        part: Of all requests that the new fleet gets from here on, above 0 and at most 1.
        bake_seconds: How long the alarms are watched then.
    """

    part: float
    bake_seconds: float


@dataclass(frozen=True)
class Policy:
    """An update as it will go.

    Attributes:
        steps: The last one moves everything.
        linger_seconds: How long the old fleet is kept after that.
        maximum_seconds: When an update that is not done is rolled back.
        alarms: Names of CloudWatch alarms that roll it back.
    """

    steps: tuple[Step, ...]
    linger_seconds: float
    maximum_seconds: float
    alarms: tuple[str, ...]


def read(config: Mapping[str, Any] | None, instances: int) -> Policy:
    """Read a DeploymentConfig.

    A rolling update moves the traffic as a linear one does; on the laptop both fleets are whole
    until it is over, while AWS would exchange instances batch by batch.

    Args:
        config: As the API takes it; None for everything at once.
        instances: How many the endpoint has, for sizes that count instances.
    """
    config = config or _DEFAULT
    blue_green, rolling = config.get("BlueGreenUpdatePolicy"), config.get("RollingUpdatePolicy")
    update = rolling or blue_green or _DEFAULT["BlueGreenUpdatePolicy"]
    routing = update.get("TrafficRoutingConfiguration", {})
    wait = float(update.get("WaitIntervalInSeconds", routing.get("WaitIntervalInSeconds", 0)))
    alarms = config.get("AutoRollbackConfiguration", {}).get("Alarms", ())
    return Policy(
        tuple(Step(part, wait) for part in _parts(update, routing, instances)),
        float(update.get("TerminationWaitInSeconds", 0)),
        float(update.get("MaximumExecutionTimeoutInSeconds", MAXIMUM_SECONDS)),
        tuple(each["AlarmName"] for each in alarms if "AlarmName" in each),
    )


def problems(config: Mapping[str, Any], instances: int) -> Iterator[str]:
    """Say what AWS refuses of a DeploymentConfig that its model allows."""
    blue_green, rolling = config.get("BlueGreenUpdatePolicy"), config.get("RollingUpdatePolicy")
    if blue_green and rolling:
        yield "Either BlueGreenUpdatePolicy or RollingUpdatePolicy can be given, not both."
        return
    routing = (blue_green or {}).get("TrafficRoutingConfiguration", {})
    kind = routing.get("Type")
    yield from _time_problems(blue_green or rolling or {}, routing)
    for member, wanted in (("CanarySize", "CANARY"), ("LinearStepSize", "LINEAR")):
        if kind == wanted and not routing.get(member):
            yield f"{member} is required for traffic routing of type {kind}."
        elif kind and kind != wanted and routing.get(member):
            yield f"{member} is not allowed for traffic routing of type {kind}."
    if canary := kind == "CANARY" and routing.get("CanarySize"):
        yield from _size_problems("CanarySize", _part(canary, instances), 0.0, _MOST_CANARY)
    if linear := kind == "LINEAR" and routing.get("LinearStepSize"):
        yield from _size_problems("LinearStepSize", _part(linear, instances), *_LINEAR)


def _time_problems(update: Mapping[str, Any], routing: Mapping[str, Any]) -> Iterator[str]:
    waits = (update, "TerminationWaitInSeconds"), (update, _WAIT), (routing, _WAIT)
    waiting = sum(place.get(member, 0) for place, member in waits)
    if (most := update.get("MaximumExecutionTimeoutInSeconds")) is not None and most <= waiting:
        yield (
            f"MaximumExecutionTimeoutInSeconds is {most}; it must be more than the {waiting} s "
            "of all waiting."
        )


def _size_problems(member: str, part: float, least: float, most: float) -> Iterator[str]:
    if not least <= part <= most:
        yield (
            f"{member} is {part:.0%} of the variant's capacity; "
            f"allowed are {least:.0%} to {most:.0%}."
        )


def _parts(
    update: Mapping[str, Any], routing: Mapping[str, Any], instances: int
) -> Iterator[float]:
    """What part of the traffic the new fleet has after each step."""
    size = update.get("MaximumBatchSize") or routing.get("LinearStepSize")
    if routing.get("Type") == "CANARY":
        yield _part(routing["CanarySize"], instances)
    elif size:
        step, number = _part(size, instances), 1
        while step * number < 1 - 1e-9:
            yield step * number
            number += 1
    yield 1.0


def _part(size: Mapping[str, Any], instances: int) -> float:
    value = float(size["Value"])
    if size["Type"] == "CAPACITY_PERCENT":
        return min(value / 100, 1.0)
    return min(value / max(instances, 1), 1.0)
