"""How traffic moves from the version that serves to a new one.

    blue  ████████████████▒▒▒▒▒▒▒▒              all-at-once: one step, then the bake
    green                 ▒▒▒▒▒▒▒▒██████████    canary: a small share, the bake, the rest
                                                linear: equal steps, a bake after each

SageMaker starts a second fleet (green) beside the first (blue) and watches the alarms while it
bakes; one alarm, and all traffic returns to blue. An endpoint without instances of its own
(serverless) has no such guard rails: SageMaker moves its traffic at once.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

ALL_AT_ONCE: Final = "all-at-once"
CANARY: Final = "canary"
LINEAR: Final = "linear"
KINDS: Final = (ALL_AT_ONCE, CANARY, LINEAR)

_LONGEST_WAIT: Final = 3600
_EXECUTION: Final = range(600, 28_801)  # MaximumExecutionTimeoutInSeconds
_START_SECONDS: Final = 1800  # for both fleets' instances to come and go
_SHARES: Final = {CANARY: range(1, 51), LINEAR: range(10, 51)}


@dataclass(frozen=True)
class Rollout:
    """One way to move the traffic.

    Attributes:
        kind: One of `KINDS`.
        percent: The canary's or a step's share of the capacity.
        bake_seconds: How long the alarms are watched after each step.
        keep_seconds: How long the old fleet stays after the last step.
        rollback: Whether an alarm takes the traffic back.
    """

    kind: str = ALL_AT_ONCE
    percent: int = 10
    bake_seconds: int = 300
    keep_seconds: int = 0
    rollback: bool = True

    @property
    def steps(self) -> int:
        """How many times traffic moves."""
        if self.kind == LINEAR:
            return math.ceil(100 / self.percent)
        return 2 if self.kind == CANARY else 1

    @property
    def seconds(self) -> int:
        """How long SageMaker may take before it gives up, fleets included."""
        return self.steps * self.bake_seconds + self.keep_seconds + _START_SECONDS

    def problems(self, instances: int | None) -> list[str]:
        """What is wrong with it, in words; empty where nothing is.

        Args:
            instances: How many there will be; None for a serverless endpoint.
        """
        found = [
            f"{option} {value} is not from 0 to {_LONGEST_WAIT} seconds"
            for option, value in (("--bake", self.bake_seconds), ("--keep-old", self.keep_seconds))
            if not 0 <= value <= _LONGEST_WAIT
        ]
        share = _SHARES.get(self.kind)
        if share and self.percent not in share:
            found.append(
                f"--step {self.percent} is not a percentage from {share[0]} to {share[-1]} "
                f"({self.kind})"
            )
        elif self.seconds not in _EXECUTION:
            found.append(
                f"the rollout would wait {self.seconds - _START_SECONDS} s in all; at most "
                f"{_EXECUTION[-1] - _START_SECONDS} s are possible"
            )
        if share and instances is None:
            found.append(f"--rollout {self.kind} is not for serverless endpoints")
        if share and instances == 1:
            found.append(f"--rollout {self.kind} needs two instances or more")
        return found

    def request(self, alarms: Sequence[str]) -> dict[str, Any]:
        """The DeploymentConfig of an UpdateEndpoint.

        Args:
            alarms: Names of those that take the traffic back.
        """
        size = {"Type": "CAPACITY_PERCENT", "Value": self.percent}
        routing = {
            "Type": self.kind.upper().replace("-", "_"),
            "WaitIntervalInSeconds": self.bake_seconds,
            **({"CanarySize": size} if self.kind == CANARY else {}),
            **({"LinearStepSize": size} if self.kind == LINEAR else {}),
        }
        policy = {
            "TrafficRoutingConfiguration": routing,
            "TerminationWaitInSeconds": self.keep_seconds,
            "MaximumExecutionTimeoutInSeconds": self.seconds,
        }
        guard = {"Alarms": [{"AlarmName": name} for name in alarms]}
        rollback = {"AutoRollbackConfiguration": guard} if alarms and self.rollback else {}
        return {"BlueGreenUpdatePolicy": policy, **rollback}
