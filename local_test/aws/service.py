"""Services of our own: operations registered by name, checked by botocore's models of them.

    @SAGEMAKER.operation("CreateModel")
    def create_model(cloud: Cloud, given: Mapping[str, Any]) -> Mapping[str, Any]: ...

An operation gets an input that AWS would accept, with the members' names of the API, and gives an
output of which times may be datetimes and members None. It refuses with AwsError.
"""

import functools
import json
from collections.abc import Callable, Mapping
from typing import Any

from container.errors import AlgorithmError
from local_test.aws import shapes
from local_test.aws.cloud import Cloud
from local_test.aws.errors import AwsError, constraints

Given = Mapping[str, Any]
Operation = Callable[[Cloud, Given], Mapping[str, Any] | None]
Hook = Callable[[Cloud], None]


class Service:
    """One AWS service with JSON 1.1 as its protocol.

    Args:
        name: As boto3 knows it.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self._operations: dict[str, Operation] = {}
        self._hooks: list[Hook] = []

    @property
    def operations(self) -> frozenset[str]:
        """The names of what it can do."""
        return frozenset(self._operations)

    @functools.cached_property
    def model(self) -> Any:
        """The service's model, as botocore has it."""
        import botocore.session

        return botocore.session.get_session().get_service_model(self.name)

    def operation(self, name: str) -> Callable[[Operation], Operation]:
        """Register a function as the operation of a name.

        Raises:
            AlgorithmError: Two functions claim the same operation.
        """

        def register(function: Operation) -> Operation:
            if name in self._operations:
                raise AlgorithmError(f"{name} of {self.name} is registered twice.")
            self._operations[name] = function
            return function

        return register

    def at_start(self, function: Hook) -> Hook:
        """Register a function that brings back what ran before a restart.

        It is called once everything answers, and should return soon: long work is for tasks.
        """
        self._hooks.append(function)
        return function

    def start(self, cloud: Cloud) -> None:
        """Call what was registered for the start."""
        for function in self._hooks:
            function(cloud)

    def call(self, cloud: Cloud, name: str, body: bytes) -> bytes:
        """Answer a request.

        Args:
            cloud: Where.
            name: Of the operation.
            body: JSON.

        Returns:
            JSON.

        Raises:
            AwsError: The request is refused.
        """
        given = self.checked(name, body)
        operation = self.model.operation_model(name)
        found = self._operations[name](cloud, given) or {}
        if operation.output_shape is None:
            return b""
        return json.dumps(shapes.output(operation.output_shape, found)).encode()

    def checked(self, name: str, body: bytes) -> Given:
        """Read an operation's input and hold it against the model.

        Raises:
            AwsError: There is no such operation here, or the input violates constraints; all of
                them are named.
        """
        if name not in self._operations:
            raise AwsError(
                "UnknownOperationException",
                f"The laptop's AWS has no {name} of {self.name}; "
                f"it has {', '.join(sorted(self._operations)) or 'none'}.",
            )
        try:
            given = json.loads(body or b"{}")
        except ValueError as error:
            raise AwsError("SerializationException", f"The body is not JSON: {error}.") from error
        shape = self.model.operation_model(name).input_shape
        if not isinstance(given, dict):
            raise AwsError("SerializationException", "The body is not a JSON object.")
        if shape is None:
            return {}
        if found := list(shapes.problems(shape, given)):
            raise constraints(found)
        return {key: each for key, each in given.items() if each is not None}


SAGEMAKER = Service("sagemaker")
