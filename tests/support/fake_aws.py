"""An AWS in memory for `deploy.endpoint`: what a laptop cannot be made to do at the right moment.

A test overrides an operation to let it fail, or to let somebody else be faster.
"""

import io
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from deploy import naming
from deploy.endpoint import endpoint
from deploy.endpoint.config import Configuration, Instances
from deploy.endpoint.model import Model
from deploy.endpoint.wanted import Wanted
from deploy.errors import ExistsError, MissingError
from deploy.options import Common
from deploy.screen import Screen

if TYPE_CHECKING:
    from deploy.aws import Aws

Operation = Callable[..., Any]
ARN = "arn:aws:sagemaker:us-east-1:123456789012:endpoint/blerssi"
ROLE = "arn:aws:iam::123456789012:role/sagemaker"


class FakeAws:
    """Models, configurations, alarms and one endpoint; an endpoint is in service at once.

    Attributes:
        calls: Names of the operations that changed something, in order.
        operations: By AWS's names; a test replaces some.
        endpoint: What DescribeEndpoint says; None for no endpoint.
        tags: Of the endpoint.
        sees_updates: Whether DescribeEndpoint knows of an update at once.
    """

    def __init__(self) -> None:
        self.plan = False
        self.planned: list[dict[str, Any]] = []
        self.region, self.account = "us-east-1", "123456789012"
        self.calls: list[str] = []
        self.sees_updates = True
        self.endpoint: dict[str, Any] | None = None
        self.tags: list[dict[str, str]] = []
        self.things: dict[str, dict[str, Any]] = {}
        self.alarms: dict[str, dict[str, Any]] = {}
        self.operations: dict[str, Operation] = {
            "HeadObject": lambda **_: {"ContentLength": 1, "ETag": '"1"'},
            "GetRole": lambda **_: {"Role": {"Arn": ROLE}},
            "DescribeScalableTargets": lambda **_: {"ScalableTargets": []},
            "DescribeScalingPolicies": lambda **_: {"ScalingPolicies": []},
            "DescribeLogStreams": self._no_log,
            "DescribeAlarms": lambda **_: list(self.alarms.values()),
            "PutMetricAlarm": self._put_alarm,
            "DeleteAlarms": self._delete_alarms,
            "ListTags": lambda **_: self.tags,
            "DescribeEndpoint": self._describe_endpoint,
            "CreateEndpoint": self.create_endpoint,
            "UpdateEndpoint": self.update_endpoint,
            "DeleteEndpoint": self._delete_endpoint,
        }
        for kind in ("Model", "EndpointConfig"):
            self.operations |= {
                f"Describe{kind}": self._describer(kind),
                f"Create{kind}": self._creator(kind),
                f"Delete{kind}": self._deleter(kind),
            }

    def read(self, _: str, operation: str, /, **parameters: Any) -> Any:
        """Answer a question."""
        return self.operations[operation](**parameters)

    def write(self, _: str, operation: str, /, **parameters: Any) -> Any:
        """Change something, and note it."""
        self.calls.append(operation)
        answer = self.operations[operation](**parameters)
        if operation == "UpdateEndpoint" and self.endpoint and self.sees_updates:
            self.endpoint["LastModifiedTime"] = len(self.calls)
        return answer

    def pages(self, _: str, operation: str, __: str, /, **parameters: Any) -> Iterator[Any]:
        """Give a listing."""
        yield from self.operations[operation](**parameters)

    def create_endpoint(self, **given: Any) -> None:
        """Make the endpoint."""
        if self.endpoint is not None:
            raise ExistsError("It exists.")
        self.tags = given.get("Tags", [])
        self.endpoint = {
            "EndpointName": given["EndpointName"],
            "EndpointArn": ARN,
            "EndpointConfigName": given["EndpointConfigName"],
            "EndpointStatus": "InService",
            "LastModifiedTime": 0,
        }

    def update_endpoint(self, **given: Any) -> None:
        """Move the endpoint."""
        assert self.endpoint is not None
        self.endpoint["EndpointConfigName"] = given["EndpointConfigName"]

    def _describe_endpoint(self, **_: Any) -> Mapping[str, Any]:
        if self.endpoint is None:
            raise MissingError("It is not there.")
        return dict(self.endpoint)

    def _delete_endpoint(self, **_: Any) -> None:
        if self.endpoint is None:
            raise MissingError("It is not there.")
        self.endpoint = None

    def _put_alarm(self, **given: Any) -> None:
        self.alarms[given["AlarmName"]] = {**given, "StateValue": "OK"}

    def _delete_alarms(self, **given: Any) -> None:
        for name in given["AlarmNames"]:
            self.alarms.pop(name, None)

    def _describer(self, kind: str) -> Operation:
        def describe(**given: Any) -> Any:
            if (name := given[f"{kind}Name"]) not in self.things:
                raise MissingError("It is not there.")
            return self.things[name]

        return describe

    def _creator(self, kind: str) -> Operation:
        def create(**given: Any) -> None:
            self.things[given[f"{kind}Name"]] = given

        return create

    def _deleter(self, kind: str) -> Operation:
        def delete(**given: Any) -> None:
            if self.things.pop(given[f"{kind}Name"], None) is None:
                raise MissingError("It is not there.")

        return delete

    @staticmethod
    def _no_log(**_: Any) -> Any:
        raise MissingError("There is no log.")


def common(aws: FakeAws, screen: io.StringIO | None = None) -> Common:
    """What a command works with."""
    return Common(cast("Aws", aws), Screen(screen or io.StringIO()), naming.tags(owner="me"), {})


def wanted(**changes: Any) -> Wanted:
    """An endpoint that can be had."""
    model = Model("blerssi-sagemaker", "s3://bucket/model.tar.gz", ROLE)
    return Wanted(**{"name": "blerssi", "model": model, "configuration": _TWO, **changes})


_TWO = Configuration(Instances())


def bring_about(aws: FakeAws, description: Wanted | None = None, **more: Any) -> dict[str, Any]:
    """Bring an endpoint about without waiting long for anything."""
    return endpoint.bring_about(common(aws), description or wanted(), seconds=5, every=0.01, **more)
