"""Data capture: what endpoints are asked and answer, as JSON lines in S3 (C4.33).

    DESTINATION/ENDPOINT/VARIANT/YYYY/MM/DD/HH/MM-SS-mmm-UUID.jsonl

A body is kept as text only if its media type is listed as CSV or JSON, else as base64.
"""

import base64
import json
import threading
import uuid
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from local_test.aws.cloud import Cloud
from local_test.aws.sagemaker.balance import Balance

_LISTS = {"CSV": "CsvContentTypes", "JSON": "JsonContentTypes"}
_MODES = {"Input": ("INPUT",), "Output": ("OUTPUT",), "InputAndOutput": ("INPUT", "OUTPUT")}


@dataclass(frozen=True)
class _Place:
    """Where lines of one kind go: under which prefix, and by whose rights."""

    destination: str
    endpoint: str
    variant: str
    role: str


@dataclass
class Captured:
    """Lines that wait to be written; one of these for a whole laptop."""

    lines: defaultdict[_Place, list[str]] = field(default_factory=lambda: defaultdict(list))
    samples: defaultdict[str, Balance[bool]] = field(default_factory=lambda: defaultdict(Balance))
    lock: threading.Lock = field(default_factory=threading.Lock)


@dataclass(frozen=True)
class Exchange:
    """A request and its answer.

    Attributes:
        variant: That answered.
        given: The operation's input.
        body: That the caller sent.
        answer: That the container gave.
        returned: The headers that the caller got.
    """

    variant: str
    given: Mapping[str, Any]
    body: bytes
    answer: bytes
    returned: Mapping[str, str]


def record(captured: Captured, document: Mapping[str, Any], exchange: Exchange) -> None:
    """Note a request and its answer, if the endpoint captures and this one is in the sample."""
    config = document.get("DataCaptureConfig")
    if not config or not config.get("EnableCapture", True):
        return
    name, percentage = document["EndpointName"], config["InitialSamplingPercentage"]
    with captured.lock:
        if not captured.samples[name].choose({True: percentage, False: 100 - percentage}):
            return
    line = {
        "captureData": _data(config, exchange),
        "eventMetadata": _metadata(exchange.given, exchange.returned),
        "eventVersion": "0",
    }
    role = _role(document, exchange.variant)
    place = _Place(config["DestinationS3Uri"], name, exchange.variant, role)
    with captured.lock:
        captured.lines[place].append(json.dumps(line))


def write(cloud: Cloud, captured: Captured) -> None:
    """Write to S3 what was noted; what cannot be written is kept for the next time.

    Raises:
        ClientError: S3 refuses.
        BotoCoreError: It does not answer.
        AwsError: The endpoint's role is gone.
    """
    with captured.lock:
        places = list(captured.lines)
    for place in places:
        with captured.lock:
            lines = captured.lines.pop(place, [])
        try:
            _write(cloud, place, lines)
        except BaseException:
            with captured.lock:
                captured.lines[place][:0] = lines
            raise


def _write(cloud: Cloud, place: _Place, lines: Sequence[str]) -> None:
    now = datetime.now(UTC)
    url = urlsplit(place.destination)
    key = (
        f"{url.path.strip('/')}/{place.endpoint}/{place.variant}/{now:%Y/%m/%d/%H/%M-%S}-"
        f"{now.microsecond // 1000:03d}-{uuid.uuid4()}.jsonl"
    ).lstrip("/")
    text = "".join(f"{line}\n" for line in lines)
    client = cloud.client("s3", role=place.role)
    client.put_object(Bucket=url.netloc, Key=key, Body=text.encode())


def _data(config: Mapping[str, Any], exchange: Exchange) -> dict[str, dict[str, str]]:
    """Input and output, as far as they are wanted."""
    types = _types(config.get("CaptureContentTypeHeader", {}))
    modes = {mode for each in config["CaptureOptions"] for mode in _MODES[each["CaptureMode"]]}
    found = {}
    if "INPUT" in modes:
        media_type = exchange.given.get("ContentType")
        found["endpointInput"] = _side("INPUT", media_type, exchange.body, types)
    if "OUTPUT" in modes:
        media_type = exchange.returned.get("Content-Type")
        found["endpointOutput"] = _side("OUTPUT", media_type, exchange.answer, types)
    return found


def _role(document: Mapping[str, Any], variant: str) -> str:
    """The execution role of a variant, old or new."""
    pending = document.get("Pending") or {}
    rows = (*document["Variants"], *pending.get("Variants", ()))
    roles = (each["ExecutionRoleArn"] for each in rows if each["VariantName"] == variant)
    role: str = next(roles)
    return role


def _side(
    mode: str, media_type: str | None, body: bytes, types: Mapping[str, str]
) -> dict[str, str]:
    """The input or the output of one request."""
    encoding = types.get((media_type or "").lower(), "BASE64")
    try:
        text = body.decode() if encoding != "BASE64" else base64.b64encode(body).decode("ascii")
    except UnicodeDecodeError:
        encoding, text = "BASE64", base64.b64encode(body).decode("ascii")
    return {
        "observedContentType": media_type or "",
        "mode": mode,
        "data": text,
        "encoding": encoding,
    }


def _types(listed: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """The encoding by media type, exactly as it is listed: parameters make another type."""
    found = {encoding: listed.get(member, ()) for encoding, member in _LISTS.items()}
    return {each.lower(): encoding for encoding, types in found.items() for each in types}


def _metadata(given: Mapping[str, Any], returned: Mapping[str, str]) -> dict[str, Any]:
    now = datetime.now(UTC)
    found: dict[str, Any] = {
        "eventId": str(uuid.uuid4()),
        "inferenceTime": f"{now:%Y-%m-%dT%H:%M:%SZ}",
    }
    if "InferenceId" in given:
        found["inferenceId"] = given["InferenceId"]
    attributes = [
        each
        for each in (
            given.get("CustomAttributes"),
            returned.get("X-Amzn-SageMaker-Custom-Attributes"),
        )
        if each
    ]
    if attributes:
        found["customAttributes"] = attributes
    return found
