"""A typed client of an endpoint: scans in, answers out.

    client = Client(runtime(boto3.Session()), "blerssi")
    for answer in client.predict([[-200, -73, ...], {"b3006": -78}]):
        print(answer.label, answer.position, answer.uncertainty)

Many rows go in as many requests as the platform's limits ask for. What goes wrong is raised as a
sentence; the rows that the model refuses are named, counted over all of them.
"""

import json
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError, ReadTimeoutError

from deploy import answers
from deploy.answers import Answer
from deploy.errors import DeployError, MissingError, OverdueError, explained
from deploy.refusal import InvocationError, is_model_error, unfold
from deploy.retrying import Retry
from deploy.rows import Row, parts, plain
from model.errors import Problem

OPERATION: Final = "sagemaker:InvokeEndpoint"
SECONDS: Final = 70.0  # what the platform advises clients to wait at most (C1.31)
JSON: Final = "application/json"

_DEFAULT_RETRY: Final = Retry()


@dataclass(frozen=True)
class Target:
    """What is asked, where an endpoint has more than one thing to ask.

    Attributes:
        endpoint: Its name.
        variant: One of its production variants; None lets the weights decide.
        model: One of its models, on a multi-model endpoint: the archive's name.
    """

    endpoint: str
    variant: str | None = None
    model: str | None = None

    @property
    def parameters(self) -> dict[str, str]:
        """As the API names them."""
        found = {
            "EndpointName": self.endpoint,
            "TargetVariant": self.variant,
            "TargetModel": self.model,
        }
        return {name: value for name, value in found.items() if value is not None}


@dataclass(frozen=True)
class Reply:
    """An answer as it came.

    Attributes:
        body: The bytes.
        content_type: As the model wrote it.
        variant: The production variant that answered; may be empty.
        request_id: Under which the container's log and the data capture have it (C4.35).
    """

    body: bytes
    content_type: str
    variant: str
    request_id: str


@dataclass(frozen=True)
class Refused:
    """A row that the model did not take.

    Attributes:
        problems: Why.
    """

    problems: tuple[Problem, ...]


def runtime(session: Any) -> Any:
    """Make the boto3 client for `Client`: patient, and never repeating a request by itself.

    Args:
        session: A `boto3.Session`; AWS_ENDPOINT_URL and its like are followed.

    Raises:
        DeployError: There is no region, or the endpoint's URL is none.
    """
    config = Config(
        retries={"total_max_attempts": 1},
        connect_timeout=10,
        read_timeout=SECONDS,
        user_agent_extra="blerssi-client",
    )
    try:
        return session.client("sagemaker-runtime", config=config)
    except (BotoCoreError, ValueError) as error:  # ValueError: an endpoint that is no URL
        raise explained(error, "sagemaker-runtime") from error


class Client:
    """Asks one endpoint; safe to use from several threads.

    Args:
        client: boto3's client of `sagemaker-runtime`; see `runtime`.
        target: The endpoint's name, or what of it is meant.
        retry: When to ask again.
    """

    def __init__(self, client: Any, target: str | Target, *, retry: Retry = _DEFAULT_RETRY) -> None:
        self._client = client
        self._target = Target(target) if isinstance(target, str) else target
        self._retry = retry

    def predict(
        self, rows: Sequence[Row], *, top_k: int = 3, request_id: str | None = None
    ) -> list[Answer]:
        """Ask where scans were taken; gives one answer a row, in order.

        Args:
            rows: Readings in the order of the model's signature, or by name; None, NaN, -200 and a
                name that is left out mean "not heard".
            top_k: How many candidates an answer lists.
            request_id: To find the request again in log and data capture; 1 to 55 visible
                characters. None makes one.

        Raises:
            InvocationError: The model refused rows, or failed; its `refusal` names every row.
            DeployError: The endpoint cannot be asked.
        """
        found: list[Answer] = []
        whole = request_id or uuid.uuid4().hex
        for number, (start, part) in enumerate(parts(rows, top_k)):
            part_id = f"{whole}-{number}" if number else whole
            try:
                found += self._ask(part, top_k, part_id)
            except InvocationError as error:
                raise error.shifted(start) from error
        return found

    def predict_each(self, rows: Sequence[Row], *, top_k: int = 3) -> list[Answer | Refused]:
        """Ask for what can be answered; gives an answer or the problems of each row, in order.

        Rows that the model refuses are left out, and the others are asked again.

        Raises:
            InvocationError: The model failed, or refused without naming a row.
            DeployError: The endpoint cannot be asked.
        """
        refused: dict[int, Refused] = {}
        while True:
            left = [place for place in range(len(rows)) if place not in refused]
            try:
                found = self.predict([rows[place] for place in left], top_k=top_k)
            except InvocationError as error:
                if not error.refusal.rows:
                    raise
                refused |= _by_place(error.refusal.problems, left)
            else:
                whole: dict[int, Answer | Refused] = {**refused}
                whole |= dict(zip(left, found, strict=True))
                return [whole[place] for place in range(len(rows))]

    def invoke(
        self,
        body: bytes,
        content_type: str = JSON,
        *,
        accept: str = JSON,
        attributes: str | None = None,
        request_id: str | None = None,
    ) -> Reply:
        """Send one body as it is, and give the answer as it comes.

        Args:
            body: The request.
            content_type: Its media type.
            accept: Of the answer.
            attributes: Custom attributes such as `top_k=5` (C1.40).
            request_id: At most 64 visible characters (C1.37); None makes one.

        Raises:
            InvocationError: The model answered with an error.
            DeployError: The endpoint cannot be asked.
        """
        request_id = request_id or uuid.uuid4().hex
        parameters: dict[str, Any] = {
            **self._target.parameters,
            "Body": body,
            "ContentType": content_type,
            "Accept": accept,
            "InferenceId": request_id,
        }
        if attributes is not None:
            parameters["CustomAttributes"] = attributes
        try:
            return self._retry.call(lambda: self._once(parameters))
        except (BotoCoreError, ClientError) as error:
            raise self._explained(error, request_id) from error

    def _ask(self, rows: Sequence[Row], top_k: int, request_id: str) -> list[Answer]:
        document = {"instances": [plain(row) for row in rows]}
        body = json.dumps(document, allow_nan=False).encode()
        reply = self.invoke(body, attributes=f"top_k={top_k}", request_id=request_id)
        return answers.predictions(reply.body, len(rows))

    def _once(self, parameters: Mapping[str, Any]) -> Reply:
        found = self._client.invoke_endpoint(**parameters)
        return Reply(
            found["Body"].read(),
            found.get("ContentType", ""),
            found.get("InvokedProductionVariant", ""),
            parameters["InferenceId"],
        )

    def _explained(self, error: Exception, request_id: str) -> DeployError:
        endpoint = self._target.endpoint
        if isinstance(error, ClientError):
            if is_model_error(error):
                return InvocationError(endpoint, unfold(error))
            reason = str(error.response.get("Error", {}).get("Message", ""))
            if "not found" in reason.lower():  # a ValidationError like any other
                return MissingError(
                    f"There is no endpoint {endpoint}: {reason}",
                    hint="`python -m deploy endpoint` makes one.",
                    operation=OPERATION,
                    reason=reason,
                )
        if isinstance(error, ReadTimeoutError):
            return OverdueError(
                f"Endpoint {endpoint} did not answer within {SECONDS:.0f} s "
                f"(request id {request_id}).",
                hint="It was not asked again, as the model may still be computing. Send fewer rows "
                "at once, or see its log.",
            )
        return explained(error, OPERATION, {"EndpointName": endpoint})


def _by_place(problems: Sequence[Problem], places: Sequence[int]) -> dict[int, Refused]:
    """Collect problems under the places that their rows had among all rows."""
    found: dict[int, list[Problem]] = {}
    for each in problems:
        if each.row is not None:
            place = places[each.row]
            found.setdefault(place, []).append(replace(each, row=place))
    return {place: Refused(tuple(several)) for place, several in found.items()}
