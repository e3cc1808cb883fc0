"""What the user brings along, as written in a conformance.toml; paths are relative to it.

model = "model.tar.gz"                          # or a folder
wait = 115                                      # seconds until a server is ready
multi_model = true                              # default: what the image's label says
handlers = true                                 # optional: it runs code/inference.py of users

[[payload]]                                     # the usual one first
file = "rows.csv"
content_type = "text/csv"
accept = "application/json"                     # optional
streams = true                                  # optional: its answer comes in parts

[streaming]                                     # optional: where another model does that
model = "streaming/"                            # an archive or a folder, beside the usual one
file = "rows.csv"
content_type = "text/csv"

[training]
channels = { training = "scans/" }
hyperparameters = { epochs = "2" }              # short, and ends well
long = { epochs = "10000" }                     # added: takes a minute at least
wrong = { epochs = "none" }                     # added: has to fail
metrics = ["loss=([0-9.]+)"]                    # printed by training
pipe = true                                     # optional: it reads pipes, too
seconds = 300                                   # for the short one

[environment]
NAME = "value"

[accepted]                                      # advisory clauses that are not held, and why
"C1.29" = "Our operators want to see every ping."
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from container.errors import UserError
from local_test.conformance.lab import START_SECONDS
from local_test.conformance.materials import TRAIN_SECONDS, Materials, Payload, Streaming

_ALLOWED: Mapping[str, Mapping[str, type | tuple[type, ...]]] = {
    "": {
        "model": str,
        "wait": (int, float),
        "multi_model": bool,
        "handlers": bool,
        "payload": list,
        "streaming": dict,
        "training": dict,
        "environment": dict,
        "accepted": dict,
    },
    "payload": {"file": str, "content_type": str, "accept": str, "streams": bool},
    "streaming": {"model": str, "file": str, "content_type": str, "accept": str},
    "training": {
        "channels": dict,
        "hyperparameters": dict,
        "long": dict,
        "wrong": dict,
        "metrics": list,
        "pipe": bool,
        "seconds": (int, float),
    },
}
_TEXTS = ("environment", "accepted", "channels", "hyperparameters", "long", "wrong")


@dataclass(frozen=True)
class Configuration:
    """What a conformance.toml says; empty without one.

    Attributes:
        materials: For the checks, but for the model; that of streaming may be an archive yet.
        model: An archive or a folder.
        wait: Seconds until a server is ready.
        accepted: Reasons by clause for advisory failures that are meant.
    """

    materials: Materials = field(default_factory=Materials)
    model: Path | None = None
    wait: float = START_SECONDS
    accepted: Mapping[str, str] = field(default_factory=dict)


def read(path: Path) -> Configuration:
    """Read a conformance.toml.

    Raises:
        UserError: It cannot be read, or something in it is wrong; every fault is named.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read: {error}.") from error
    if faults := _faults(content):
        raise UserError(f"{path} is not usable: {'; '.join(faults)}.")
    folder, training = path.parent, content.get("training", {})
    materials = Materials(
        payloads=tuple(_payload(folder, each) for each in content.get("payload", ())),
        streaming=_streaming(folder, content["streaming"]) if "streaming" in content else None,
        channels={name: folder / each for name, each in training.get("channels", {}).items()},
        hyperparameters=training.get("hyperparameters", {}),
        long=training.get("long", {}),
        wrong=training.get("wrong", {}),
        metrics=tuple(training.get("metrics", ())),
        pipe=training.get("pipe", False),
        train_seconds=float(training.get("seconds", TRAIN_SECONDS)),
        handlers=content.get("handlers", False),
        multi_model=content.get("multi_model"),
        variables=content.get("environment", {}),
    )
    model = folder / content["model"] if "model" in content else None
    wait = float(content.get("wait", START_SECONDS))
    return Configuration(materials, model, wait, content.get("accepted", {}))


def payload(path: Path, content_type: str, accept: str | None = None, *, streams: bool) -> Payload:
    """Read a payload's file.

    Raises:
        UserError: It cannot be read.
    """
    try:
        body = path.read_bytes()
    except OSError as error:
        raise UserError(f"The payload {path} cannot be read: {error.strerror}.") from error
    return Payload(body, content_type, accept, streams, path.name)


def _payload(folder: Path, entry: Mapping[str, Any]) -> Payload:
    return payload(
        folder / entry["file"],
        entry["content_type"],
        entry.get("accept"),
        streams=entry.get("streams", False),
    )


def _streaming(folder: Path, entry: Mapping[str, Any]) -> Streaming:
    return Streaming(_payload(folder, {**entry, "streams": True}), folder / entry["model"])


def _faults(content: Mapping[str, Any]) -> list[str]:
    """Everything that is not as the module's description has it."""
    payloads = content.get("payload", ())
    training = content.get("training", {})
    faults = _table("", content)
    for entry in payloads if isinstance(payloads, list) else ():
        faults += _table("payload", entry)
        faults += _lacks("a payload", entry, "content_type", "file")
    if isinstance(streaming := content.get("streaming"), dict):
        faults += _table("streaming", streaming)
        faults += _lacks("streaming", streaming, "content_type", "file", "model")
    if isinstance(training, dict):
        faults += _table("training", training)
        if not all(isinstance(each, str) for each in training.get("metrics", ())):
            faults.append("metrics holds something that is not a text")
    return faults


def _lacks(name: str, table: Any, *keys: str) -> list[str]:
    return [f"{name} lacks {key}" for key in keys if isinstance(table, dict) and key not in table]


def _table(name: str, table: Any) -> list[str]:
    if not isinstance(table, dict):
        return [f"{name} is not a table"]
    faults = []
    for key, value in table.items():
        wanted = _ALLOWED[name].get(key)
        if wanted is None:
            faults.append(f"{key} is unknown, allowed are {', '.join(_ALLOWED[name])}")
        elif not isinstance(value, wanted) or (wanted is not bool and isinstance(value, bool)):
            faults.append(f"{key} is {value!r}")
        elif isinstance(value, dict) and key in _TEXTS and not _is_text(value):
            faults.append(f"{key} holds something that is not a text; quote it")
    return faults


def _is_text(table: Mapping[str, Any]) -> bool:
    return all(isinstance(each, str) for each in table.values())
