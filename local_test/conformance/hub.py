"""A server of many models, as the platform speaks to it (C3)."""

import contextlib
import itertools
import json
import os
import shutil
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from container import contract
from local_test.conformance import patience
from local_test.conformance.http import Reply
from local_test.conformance.lab import Lab
from local_test.conformance.materials import Payload
from local_test.conformance.registry import DOCKER, NotChecked, Violation
from local_test.conformance.subject import Container

TARGET_MODEL = "X-Amzn-SageMaker-Target-Model"
_PAUSE = 0.02
_numbers = itertools.count(1)


class Hub:
    """A ready server in multi-model mode, and the models that are placed for it.

    Args:
        lab: Has the model.
        server: Its base folder has a folder `models`.
    """

    def __init__(self, lab: Lab, server: Container) -> None:
        self.server = server
        self._lab = lab
        self._model = lab.model

    @property
    def folder(self) -> Path:
        """Where models are placed, as this machine sees it."""
        return self.server.base / contract.MODELS

    def place(self, name: str = "") -> tuple[str, Path]:
        """Place a copy of the model, as the platform does before it asks for a load (C3.3).

        Args:
            name: Empty for one that was not there before.

        Returns:
            The name, and the model's folder, which may still be changed.
        """
        name = name or f"m{next(_numbers):06}"
        folder = self.folder / name / contract.MODEL
        shutil.copytree(self._model, folder)
        return name, folder

    def place_many(self, number: int) -> list[str]:
        """Place so many models that share their files on disk."""
        names = [f"m{next(_numbers):06}" for _ in range(number)]
        first, *others = (self.folder / name / contract.MODEL for name in names)
        shutil.copytree(self._model, first)
        for each in others:
            shutil.copytree(first, each, copy_function=os.link)
        return names

    def url(self, name: str) -> str:
        """A model's folder as the container sees it."""
        return self.server.path(f"{contract.MODELS}/{name}/{contract.MODEL}")

    def load(self, name: str, url: str | None = None) -> Reply:
        """POST /models (C3.4)."""
        wanted = {"model_name": name, "url": self.url(name) if url is None else url}
        return self.post(wanted)

    def post(self, wanted: Mapping[str, Any]) -> Reply:
        """POST /models with any JSON."""
        headers = {"Content-Type": "application/json"}
        return self.server.post(contract.MODELS_ROUTE, json.dumps(wanted).encode(), headers)

    def unload(self, name: str) -> Reply:
        """DELETE /models/NAME (C3.11)."""
        return self.server.request("DELETE", route(name))

    def describe(self, name: str) -> Reply:
        """GET /models/NAME (C3.10)."""
        return self.server.get(route(name))

    def list(self, **query: str) -> Reply:
        """GET /models (C3.7)."""
        return self.server.get(f"{contract.MODELS_ROUTE}{'?' if query else ''}{urlencode(query)}")

    def invoke(self, name: str, payload: Payload | None = None, *, timeout: float = 70) -> Reply:
        """POST /models/NAME/invoke (C3.12)."""
        sent = self._lab.materials.payload if payload is None else payload
        headers = {**sent.headers, TARGET_MODEL: f"{name}.tar.gz"}
        return self.server.post(f"{route(name)}/invoke", sent.body, headers, timeout=timeout)

    @contextlib.contextmanager
    def loaded(self) -> Iterator[str]:
        """A model that is loaded while the block lasts.

        Raises:
            NotChecked: It cannot be loaded, which is a violation for the check of that alone.
        """
        name, _ = self.place()
        if (reply := self.load(name)).status != 200:
            raise NotChecked(f"loading a model is answered by {reply.status}; see C3.4")
        try:
            self._settle(name)
            yield name
        finally:
            self.unload(name)

    def _settle(self, name: str) -> None:
        """Wait for a model that is not ready when its load is answered; C3.4 alone is to see it."""
        deadline = time.monotonic() + patience.SETTLE_SECONDS
        while self.invoke(name).status != 200 and time.monotonic() < deadline:
            time.sleep(_PAUSE)


def route(name: str) -> str:
    """The path of a model."""
    return f"{contract.MODELS_ROUTE}/{quote(name, safe='')}"


def hub(lab: Lab) -> Hub:
    """The shared server; who loads a model there unloads it again.

    Raises:
        NotChecked: It is not meant to serve many models, or is not healthy without one.
    """
    require_multi_model(lab)
    return Hub(lab, lab.server(**{contract.MULTI_MODEL: "true"}))


def require_multi_model(lab: Lab) -> None:
    """Raise NotChecked where neither the image's label nor the user says multi-model."""
    wanted = has_label(lab) if lab.materials.multi_model is None else lab.materials.multi_model
    if not wanted:
        raise NotChecked("it is not made for multi-model endpoints (label, or `multi_model`)")


def has_label(lab: Lab) -> bool:
    """Whether an image says that it can; a command cannot say (C3.1)."""
    if DOCKER not in lab.subject.offers:
        return False
    labels = (lab.subject.inspect().get("Config") or {}).get("Labels") or {}
    return bool(labels.get(contract.LABEL_MULTI_MODELS) == "true")


def require(reply: Reply, *statuses: int) -> Reply:
    """Raise Violation where an answer has another status."""
    if reply.status not in statuses:
        wanted = " or ".join(map(str, statuses))
        raise Violation(f"status {reply.status}, not {wanted}: {reply.request}", reply)
    return reply


def as_object(reply: Reply) -> dict[str, Any]:
    """An answer's JSON object.

    Raises:
        Violation: It is none.
    """
    try:
        found = json.loads(reply.body)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise Violation(f"no JSON object: {reply.request}", reply)
    return found
