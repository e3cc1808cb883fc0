"""InvokeEndpointAsync: requests that wait in a queue, read from S3 and answered into S3.

    accept ──▶ a document in the store ──▶ dispatch ──▶ container ──▶ OutputLocation
                                                                  └─▶ FailureLocation

The queue is in the store, so that requests that a restart interrupts are answered after it. Topics
of SNS are not told: the laptop has none.
"""

import base64
import json
import uuid
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from botocore.exceptions import BotoCoreError, ClientError
from werkzeug.wrappers import Request, Response

from local_test.aws.cloud import Cloud
from local_test.aws.errors import AwsError
from local_test.aws.sagemaker import answering, hosting, logs
from local_test.aws.sagemaker import invocation_headers as headers
from local_test.aws.sagemaker.answering import InvocationError
from local_test.aws.sagemaker.forwarding import Call
from local_test.aws.sagemaker.metrics import NAMESPACE
from local_test.aws.sagemaker.resources import ENDPOINT, now
from local_test.aws.store import Document, Table

OPERATION = "InvokeEndpointAsync"
LARGEST_INLINE_BODY = 128_000  # bytes (C4.8)
DEFAULT_SECONDS = 900  # for an answer (C4.9)
DEFAULT_TTL = 21600  # seconds in the queue (C4.9)
DEFAULT_CONCURRENCY = 4  # requests of an instance at once, where nobody says otherwise


def accept(
    cloud: Cloud, document: Document, given: Mapping[str, Any], request: Request
) -> Response:
    """Queue a request and say where its answer will be.

    Raises:
        AwsError: The endpoint is not asynchronous, or the input is given twice or not at all.
    """
    config, name = document.get("AsyncInferenceConfig"), document["EndpointName"]
    if not config:
        raise headers.invalid(f"Endpoint {name} of account {cloud.account} is not asynchronous.")
    body = request.get_data()
    if bool(body) == ("InputLocation" in given):
        raise headers.invalid("Exactly one of InputLocation and Body must be given.")
    if len(body) > LARGEST_INLINE_BODY:
        raise headers.invalid(f"The Body has more than {LARGEST_INLINE_BODY} bytes.")
    identity = str(uuid.uuid4())
    file = given.get("Filename", f"{identity}.out")
    paths = config["OutputConfig"]
    output = _join(paths.get("S3OutputPath", ""), given.get("S3OutputPathExtension", ""), file)
    failure = _join(paths.get("S3FailurePath", ""), f"{identity}-error.out")
    _queue(cloud).put(
        f"{now():%Y%m%dT%H%M%S.%f}-{identity}",
        {
            "EndpointName": name,
            "Given": dict(given),
            "Body": base64.b64encode(body).decode("ascii"),
            "Output": output,
            "Failure": failure,
            "CreationTime": now(),
        },
    )
    answer = {"InferenceId": given.get("InferenceId", identity)}
    response = Response(json.dumps(answer), 202, content_type="application/json")
    for header, location in (("OutputLocation", output), ("FailureLocation", failure)):
        if location:
            response.headers[f"X-Amzn-SageMaker-{header}"] = location
    return response


def dispatch(cloud: Cloud) -> None:
    """Hand queued requests to instances, the oldest first, as many as they may have at once."""
    answering_now = hosting.of(cloud).answering
    for identity, queued in _queue(cloud).items():
        name = queued["EndpointName"]
        endpoint = ENDPOINT.table(cloud).get(name)
        if endpoint is None:
            _queue(cloud).delete(identity)
        elif cloud.tasks.stopping.is_set():
            return
        elif identity not in answering_now and _has_room(cloud, endpoint):
            answering_now[identity] = name
            work = partial(_answer, cloud, identity, queued)
            cloud.tasks.start(f"asynchronous request {identity}", work)


def measure(cloud: Cloud) -> None:
    """Put the lengths of the queues to CloudWatch, which scaling goes by."""
    waiting = [queued["EndpointName"] for _, queued in _queue(cloud).items()]
    data = []
    for endpoint in ENDPOINT.table(cloud).list():
        if endpoint.get("AsyncInferenceConfig"):
            name = endpoint["EndpointName"]
            length, instances = waiting.count(name), _instances(cloud, name)
            shared = {
                "Dimensions": [{"Name": "EndpointName", "Value": name}],
                "Timestamp": datetime.now(UTC),
            }
            values = {
                "ApproximateBacklogSize": length,
                "ApproximateBacklogSizePerInstance": length / max(instances, 1),
                "HasBacklogWithoutCapacity": int(length > 0 and instances == 0),
            }
            data += [{"MetricName": key, "Value": each, **shared} for key, each in values.items()]
    if data:
        logs.put_metrics(cloud.client("cloudwatch"), NAMESPACE, data)


def _answer(cloud: Cloud, identity: str, queued: Document) -> None:
    """Answer one request; it stays in the queue when there is nobody to ask now."""
    try:
        document = ENDPOINT.table(cloud).get(queued["EndpointName"])
        if document is None:
            return
        role = document["Variants"][0]["ExecutionRoleArn"]
        try:
            found, location = _asked(cloud, document, queued, role), queued["Output"]
        except InvocationError as error:
            text = error.error.original_message or error.error.message
            found, location = text.encode(), queued["Failure"]
        except (ClientError, BotoCoreError) as error:
            found, location = str(error).encode(), queued["Failure"]
        except AwsError as error:
            if error.status >= 500:
                return  # no instance yet
            found, location = error.message.encode(), queued["Failure"]
        if location:
            _put(cloud, role, location, found)
        _queue(cloud).delete(identity)
    finally:
        hosting.of(cloud).answering.pop(identity, None)


def _asked(cloud: Cloud, document: Document, queued: Document, role: str) -> bytes:
    """The container's answer.

    Raises:
        AwsError, InvocationError, ClientError, BotoCoreError: There is none.
    """
    given = queued["Given"]
    age = datetime.now(UTC) - queued["CreationTime"]
    if age > timedelta(seconds=given.get("RequestTTLSeconds", DEFAULT_TTL)):
        raise headers.invalid("The request expired before an instance could take it.")
    body = base64.b64decode(queued["Body"])
    if "InputLocation" in given:
        body = _input(cloud, role, given["InputLocation"])
    seconds = given.get("InvocationTimeoutSeconds", DEFAULT_SECONDS)
    call = Call(headers.for_container(OPERATION, given), body, seconds)
    with answering.asked(cloud, document, call, None) as invocation:
        return invocation.body(cloud, document["EndpointName"])


def _input(cloud: Cloud, role: str, location: str) -> bytes:
    url = urlsplit(location)
    found = cloud.client("s3", role=role).get_object(Bucket=url.netloc, Key=url.path.lstrip("/"))
    if found["ContentLength"] > answering.LARGEST_ASYNCHRONOUS_BODY:
        raise headers.invalid(f"The input at {location} is larger than 1 GB.")
    body: bytes = found["Body"].read()
    return body


def _put(cloud: Cloud, role: str, location: str, body: bytes) -> None:
    url = urlsplit(location)
    client = cloud.client("s3", role=role)
    client.put_object(Bucket=url.netloc, Key=url.path.lstrip("/"), Body=body)


def _has_room(cloud: Cloud, endpoint: Document) -> bool:
    client = endpoint["AsyncInferenceConfig"].get("ClientConfig", {})
    most = client.get("MaxConcurrentInvocationsPerInstance", DEFAULT_CONCURRENCY)
    name = endpoint["EndpointName"]
    busy = sum(each == name for each in hosting.of(cloud).answering.values())
    return bool(busy < most * _instances(cloud, name))


def _instances(cloud: Cloud, name: str) -> int:
    live = hosting.of(cloud).find(name)
    colours = live.traffic.colours if live else []
    return sum(fleet.size for colour in colours for fleet in colour.fleets.values())


def _queue(cloud: Cloud) -> Table:
    return cloud.store.table("asynchronous-request")


def _join(path: str, *parts: str) -> str:
    """Put names behind an S3 path; empty where there is no path."""
    if not path:
        return ""
    return "/".join([path.rstrip("/"), *(each.strip("/") for each in parts if each)])
