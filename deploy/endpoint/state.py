"""How an endpoint stands, and what is done to one that is there: waited for, deleted.

Creating ──▶ InService ◀──▶ Updating, SystemUpdating, RollingBack
    └──────▶ Failed, OutOfService ──▶ Deleting ──▶ gone
"""

from collections.abc import Mapping
from typing import Any, Final

from deploy.errors import MissingError
from deploy.options import Common
from deploy.waiting import Wait

MOVING: Final = ("Creating", "Updating", "SystemUpdating", "RollingBack", "Deleting")
FAILED: Final = "Failed"
DEAD: Final = (FAILED, "OutOfService")
IN_SERVICE: Final = "InService"

_DELETE_SECONDS: Final = 900.0

Described = Mapping[str, Any]


def describe(common: Common, name: str) -> Described | None:
    """Give what SageMaker says of an endpoint, None where there is none.

    Raises:
        DeployError: AWS does not say.
    """
    try:
        return common.aws.read("sagemaker", "DescribeEndpoint", EndpointName=name)
    except MissingError:
        return None


def remove(common: Common, name: str, every: float = 5.0) -> None:
    """Delete an endpoint and wait until it is gone; one that is gone is no fault.

    Raises:
        DeployError: AWS does not let it be deleted, or it does not go.
    """
    settle(common, name, _DELETE_SECONDS, every)  # what moves cannot be deleted
    try:
        common.aws.write("sagemaker", "DeleteEndpoint", EndpointName=name)
    except MissingError:
        return
    if not common.aws.plan:
        settle(common, name, _DELETE_SECONDS, every)


def settle(common: Common, name: str, seconds: float, every: float = 5.0) -> Described | None:
    """Wait for an endpoint to stand still; gives how it stands, None where it is gone.

    Raises:
        OverdueError: It does not.
    """
    if common.aws.plan:
        return describe(common, name)
    return Wait(f"endpoint {name}", common.screen, seconds, every).until(
        lambda: describe(common, name),
        lambda found: found is None or found["EndpointStatus"] not in MOVING,
        _standing,
    )


def _standing(described: Described | None) -> str:
    """How it stands, in a few words."""
    if described is None:
        return "gone"
    pending = described.get("PendingDeploymentSummary", {}).get("ProductionVariants", [])
    steps = {each["Status"] for variant in pending for each in variant.get("VariantStatus", [])}
    return " ".join((described["EndpointStatus"], *(f"({step})" for step in sorted(steps))))
