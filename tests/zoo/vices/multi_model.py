"""Vices of servers with many models: of loading, listing, describing and asking."""

import json
import time
from pathlib import Path
from typing import Any

from tests.zoo.http import Answer, Refused, Request, as_json
from tests.zoo.models import Models
from tests.zoo.server import CSV, Server
from tests.zoo.vice import vice

_WARM_UP = 0.3  # seconds


@vice("wants-a-model", "C3.2", group="multi-model")
class WantsAModel(Server):
    """Is healthy with a model only."""

    def ping(self, request: Request) -> Answer:
        return super().ping(request) if self.models.loaded else Answer(503)


@vice("no-empty-list", "C3.9", group="multi-model")
class NoEmptyList(Models):
    """Knows the route once there is something to list."""

    def list(self, request: Request) -> Answer:
        if not self.loaded:
            raise Refused(404, "No model is loaded")
        return super().list(request)


@vice("loads-behind", "C3.4", group="multi-model")
class LoadsBehind(Models):
    """Says 200 and goes on loading."""

    def read(self, name: str, folder: Path) -> dict[str, Any]:
        return {**super().read(name, folder), "from": time.monotonic() + _WARM_UP}

    def invoke(self, name: str, request: Request) -> Answer:
        if self._known(name)[1]["from"] > time.monotonic():
            raise Refused(503, "I am still loading")
        return super().invoke(name, request)


@vice("short-names", "C3.3", group="multi-model")
class ShortNames(Models):
    """Has a rule of its own for names."""

    def folder(self, name: str, url: str) -> Path:
        if len(name) > 20:
            raise Refused(400, "A name has up to 20 characters")
        return super().folder(name, url)


@vice("no-conflict", "C3.5", group="multi-model")
class NoConflict(Models):
    """Loads again what is loaded."""

    def load(self, request: Request) -> Answer:
        self.loaded.pop(json.loads(request.body).get("model_name"), None)
        return super().load(request)


@vice("missing-url-is-500", "C3.6", group="multi-model")
class MissingUrlIs500(Models):
    """Runs into a KeyError."""

    def load(self, request: Request) -> Answer:
        _ = json.loads(request.body)["url"]
        return super().load(request)


@vice("absent-folder-is-500", "C3.6", group="multi-model")
class AbsentFolderIs500(Models):
    """Finds out while it loads."""

    def folder(self, name: str, url: str) -> Path:
        try:
            return super().folder(name, url)
        except Refused as refusal:
            raise Refused(500, "The model cannot be loaded") from refusal


@vice("other-members", "C3.7", "C3.8", group="multi-model")
class OtherMembers(Models):
    """Calls name and url as Python would."""

    def list(self, request: Request) -> Answer:
        answer = super().list(request)
        assert isinstance(answer.body, bytes)
        answer.body = answer.body.replace(b"modelName", b"model_name")
        return answer


@vice("token-at-the-end", "C3.8", group="multi-model")
class TokenAtTheEnd(Models):
    """Is off by one where the count is a multiple of the page."""

    def list(self, request: Request) -> Answer:
        answer = super().list(request)
        assert isinstance(answer.body, bytes)
        page = json.loads(answer.body)
        start = int(request.query.get("next_page_token", ["0"])[0])
        limit = int(request.query.get("limit", ["100"])[0])
        if len(page["models"]) == limit:
            page["nextPageToken"] = str(start + limit)
        return as_json(page)


@vice("page-skips-one", "C3.8", group="multi-model")
class PageSkipsOne(Models):
    """Begins the next page one too late."""

    def list(self, request: Request) -> Answer:
        answer = super().list(request)
        assert isinstance(answer.body, bytes)
        page = json.loads(answer.body)
        if "nextPageToken" in page:
            page["nextPageToken"] = str(int(page["nextPageToken"]) + 1)
        return as_json(page)


@vice("described-by-a-list", "C3.10", group="multi-model")
class DescribedByAList(Models):
    """Answers as AWS's own server does."""

    def answer(self, request: Request) -> Answer:
        answer = super().answer(request)
        if request.method == "GET" and request.path.count("/") == 2:
            assert isinstance(answer.body, bytes)
            answer.body = b"[%b]" % answer.body
        return answer


@vice("unloads-anything", "C3.11", group="multi-model")
class UnloadsAnything(Models):
    """Is pleased to unload what nobody loaded."""

    def unload(self, name: str) -> Answer:
        try:
            return super().unload(name)
        except Refused:
            return as_json({"status": "done"})


@vice("answers-after-unload", "C3.11", group="multi-model")
class AnswersAfterUnload(Models):
    """Keeps a reference in a cache."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self.cache: dict[str, dict[str, Any]] = {}

    def invoke(self, name: str, request: Request) -> Answer:
        if name in self.loaded:
            self.cache[name] = self.loaded[name][1]
        if name in self.cache:
            return self.server.invoke(self.cache[name], request)
        return super().invoke(name, request)


@vice("fewer-formats", "C3.12", group="multi-model")
class FewerFormats(Models):
    """Has a second implementation of /invocations."""

    def invoke(self, name: str, request: Request) -> Answer:
        if request.media_type != CSV:
            raise Refused(415, "Models take CSV")
        return super().invoke(name, request)


@vice("unknown-is-500", "C3.11", "C3.12", "C3.16", group="multi-model")
class UnknownIs500(Models):
    """Runs into a KeyError for what is not loaded."""

    def invoke(self, name: str, request: Request) -> Answer:
        _ = self.loaded[name]
        return super().invoke(name, request)
