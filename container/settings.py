"""The server's settings, each declared once: variable, default, parser and documentation.

An empty variable counts as unset (C1.4). Every wrong one is reported at once.
"""

import dataclasses
import logging
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from container import contract, logs
from container.errors import UserError

Parser = Callable[[str], Any]
Measuring = Literal["auto", "on", "off"]

ENDPOINT = "BLERSSI_ENDPOINT_NAME"


def setting(default: Any, parse: Parser, *variables: str, allowed: str, text: str) -> Any:
    """Declare a field of `Settings`.

    Args:
        default: The value where no variable is set.
        parse: Turns a variable's text into the value, or raises ValueError.
        variables: Names in the order in which they are asked.
        allowed: What the parser takes, for people.
        text: One sentence for the documentation.
    """
    metadata = {"parse": parse, "variables": variables, "allowed": allowed, "text": text}
    return dataclasses.field(default=default, metadata=metadata)


def _whole(minimum: int, maximum: int) -> Parser:
    def parse(text: str) -> int:
        value = int(text)
        if not minimum <= value <= maximum:
            raise ValueError(text)
        return value

    return parse


def _switch(text: str) -> bool:
    return {"true": True, "1": True, "false": False, "0": False}[text.lower()]


def _level(text: str) -> int:
    if text.isdigit():
        return int(text)
    return logging.getLevelNamesMapping()[text.upper()]


def _media_type(text: str) -> str:
    if not re.fullmatch(r"[\w.+-]+/[\w.+-]+", text, re.ASCII):
        raise ValueError(text)
    return text.lower()


def _style(text: str) -> logs.Style:
    styles: dict[str, logs.Style] = {"plain": "plain", "json": "json"}
    return styles[text.lower()]


def _measuring(text: str) -> Measuring:
    choices: dict[str, Measuring] = {"auto": "auto", "on": "on", "off": "off"}
    return choices[text.lower()]


def _endpoint(text: str) -> str:
    if not re.fullmatch(r"[a-zA-Z0-9](-*[a-zA-Z0-9]){0,62}", text, re.ASCII):
        raise ValueError(text)
    return text


@dataclass(frozen=True)
class Settings:
    """How the server runs; made by `from_variables`."""

    port: int = setting(
        contract.PORT,
        _whole(1, 65535),
        contract.BIND_TO_PORT,
        allowed="1 to 65535",
        text="Port to listen on (C1.17, C1.18).",
    )
    workers: int | None = setting(
        None,
        _whole(1, 512),
        "SAGEMAKER_MODEL_SERVER_WORKERS",
        "MODEL_SERVER_WORKERS",
        allowed="1 to 512",
        text="Worker processes; unset: one for each processor of the cgroup, as memory allows "
        "(C6.22).",
    )
    concurrency: int = setting(
        2,
        _whole(1, 256),
        "BLERSSI_CONCURRENCY",
        allowed="1 to 256",
        text="Requests that one worker computes at the same time.",
    )
    queue: int = setting(
        64,
        _whole(0, 4096),
        "BLERSSI_QUEUE",
        allowed="0 to 4096",
        text="Requests that may wait in one worker; one more is answered 503 with Retry-After "
        "(C4.10).",
    )
    timeout_seconds: int | None = setting(
        None,
        _whole(1, 86400),
        "SAGEMAKER_MODEL_SERVER_TIMEOUT_SECONDS",
        "MODEL_SERVER_TIMEOUT",
        allowed="1 to 86400",
        text="Seconds after which a worker that has stopped responding is replaced; beats the "
        "minutes; unset: 3600 (C4.9, C6.25).",
    )
    timeout_minutes: int | None = setting(
        None,
        _whole(1, 1440),
        "SAGEMAKER_MODEL_SERVER_TIMEOUT",
        allowed="1 to 1440",
        text="The same in minutes, as AWS's toolkits read it (C6.23).",
    )
    batch: bool = setting(
        False,
        _switch,
        "SAGEMAKER_BATCH",
        allowed="true or false",
        text="The platform runs a batch transform job: the answer's media type follows the "
        "request's, and an empty body is answered by an empty one (C2.2).",
    )
    multi_model: bool = setting(
        False,
        _switch,
        contract.MULTI_MODEL,
        allowed="true or false",
        text="The platform loads and unloads models through /models (C3.1); one process holds them "
        "all, and the workers only count how many requests it computes at the same time.",
    )
    max_payload_mb: int | None = setting(
        None,
        _whole(0, 1024),
        "SAGEMAKER_MAX_PAYLOAD_IN_MB",
        allowed="0 to 1024",
        text="Largest request body in MiB, 0 for 1024; unset: 25, in batch 100 "
        "(C1.32, C2.5, C4.8).",
    )
    default_accept: str = setting(
        "application/json",
        _media_type,
        "SAGEMAKER_DEFAULT_INVOCATIONS_ACCEPT",
        allowed="a media type without parameters",
        text="Media type of the answer where the request prefers none (C6.14).",
    )
    log_level: int = setting(
        logging.INFO,
        _level,
        "SAGEMAKER_CONTAINER_LOG_LEVEL",
        allowed="a number, or DEBUG, INFO, WARNING, ERROR",
        text="Least level of the records that are logged (C6.24).",
    )
    log_style: logs.Style = setting(  # noqa: RUF009 - a field, as all above; ruff doubts the type
        "plain",
        _style,
        "BLERSSI_LOG_FORMAT",
        allowed="plain or json",
        text="Form of the records, one a line (C1.62).",
    )
    embedded_metrics: Measuring = setting(  # noqa: RUF009 - as above
        "auto",
        _measuring,
        "BLERSSI_EMBEDDED_METRICS",
        allowed="auto, on or off",
        text="Whether a line a minute in the log holds metrics for CloudWatch; auto: on a "
        "SageMaker endpoint, which SAGEMAKER_SAFE_PORT_RANGE shows (C1.19).",
    )
    endpoint: str | None = setting(
        None,
        _endpoint,
        ENDPOINT,
        allowed="an endpoint's name",
        text="What these metrics have as EndpointName, as a container is not told its endpoint; "
        "`deploy endpoint` sets it.",
    )

    @classmethod
    def from_variables(cls, variables: Mapping[str, str]) -> "Settings":
        """Read the settings from a process's variables.

        Raises:
            UserError: One sentence that lists every variable that cannot be used.
        """
        values: dict[str, Any] = {}
        wrong: list[str] = []
        for field in dataclasses.fields(cls):
            for variable in field.metadata["variables"]:
                text = variables.get(variable, "").strip()
                if not text:
                    continue
                try:
                    values[field.name] = field.metadata["parse"](text)
                except (ValueError, KeyError):
                    wrong.append(f"{variable} is {text[:80]!r}, allowed: {_allowed(field)}")
                break
        if wrong:
            raise UserError(f"Wrong settings: {'; '.join(wrong)}.", hint="Change or unset them.")
        return cls(**values)

    def measures(self, variables: Mapping[str, str]) -> bool:
        """Whether metrics are embedded in the log; a batch job is no endpoint.

        Args:
            variables: The process's environment.
        """
        if self.embedded_metrics == "auto":
            return bool(variables.get(contract.SAFE_PORT_RANGE, "").strip()) and not self.batch
        return self.embedded_metrics == "on"

    @property
    def timeout(self) -> int:
        """Seconds after which a worker that has stopped responding is replaced."""
        if self.timeout_seconds is not None:
            return self.timeout_seconds
        return 60 * self.timeout_minutes if self.timeout_minutes is not None else 3600

    @property
    def max_payload(self) -> int:
        """Largest request body in bytes."""
        default = contract.BATCH_PRODUCT_LIMIT_MB if self.batch else 25
        megabytes = default if self.max_payload_mb is None else self.max_payload_mb or 1024
        return megabytes << 20


class SettingDoc(NamedTuple):
    """One row of the settings table in the README."""

    variables: tuple[str, ...]
    default: str
    allowed: str
    text: str


def documentation() -> Iterator[SettingDoc]:
    """Every setting, as the README lists them."""
    for field in dataclasses.fields(Settings):
        match field.default:
            case None:
                default = "unset"
            case bool(value):
                default = str(value).lower()
            case logging.INFO:
                default = "INFO"
            case value:
                default = str(value)
        yield SettingDoc(
            field.metadata["variables"], default, _allowed(field), field.metadata["text"]
        )


def _allowed(field: "dataclasses.Field[Any]") -> str:
    return str(field.metadata["allowed"])
