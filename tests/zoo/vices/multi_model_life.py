"""Vices of servers with many models at work: of broken models, full memory, many workers."""

import os
import sys
from pathlib import Path
from typing import Any

from tests.zoo.http import Answer, Refused, Request
from tests.zoo.models import Models
from tests.zoo.vice import vice

_WORKERS = 50


@vice("never-full", "C3.5", group="multi-model", docker=True)
class NeverFull(Models):
    """Loads until the kernel ends it."""

    def room(self) -> int:
        return 1 << 40


@vice("lazy-load", "C3.6", "C3.16", group="multi-model")
class LazyLoad(Models):
    """Believes that every model can be loaded when it is asked for."""

    def read(self, _name: str, folder: Path) -> dict[str, Any]:
        return {"folder": folder}

    def invoke(self, name: str, request: Request) -> Answer:
        url, model = self._known(name)
        if "folder" in model:
            self.loaded[name] = (url, super().read(name, model["folder"]))
        return super().invoke(name, request)


@vice("dies-of-a-model", "C3.6", "C3.16", group="multi-model")
class DiesOfAModel(Models):
    """Falls over a broken model, and all others with it."""

    def read(self, name: str, folder: Path) -> dict[str, Any]:
        try:
            return super().read(name, folder)
        except Refused:
            os._exit(1)


@vice("one-lock", "C3.13", group="multi-model")
class OneLock(Models):
    """Lets nobody in while somebody loads."""

    def invoke(self, name: str, request: Request) -> Answer:
        with self.lock:
            return super().invoke(name, request)


@vice("html-errors-of-models", "C3.14", group="multi-model")
class HtmlErrorsOfModels(Models):
    """Lets its framework write the errors of routes that nobody tries."""

    def answer(self, request: Request) -> Answer:
        try:
            return super().answer(request)
        except Refused as refusal:
            return Answer(refusal.status, b"<h1>Error</h1>", "text/html")


@vice("no-405-of-models", "C3.14", group="multi-model")
class No405OfModels(Models):
    """Does not find what it does not know."""

    def answer(self, request: Request) -> Answer:
        try:
            return super().answer(request)
        except Refused as refusal:
            status = 404 if refusal.status == 405 else refusal.status
            raise Refused(status, str(refusal)) from refusal


@vice("shares-modules", "C3.15", group="multi-model")
class SharesModules(Models):
    """Imports as Python does: once."""

    def program(self, code: Path) -> Any:
        found = super().program(code)
        if found is not None:
            who = sys.modules.setdefault("who", found.__globals__["who"])
            found.__globals__["who"] = who
        return found


@vice("half-made-model", "C3.16", group="multi-model")
class HalfMadeModel(Models):
    """Writes the name down before it has the model."""

    def read(self, name: str, folder: Path) -> dict[str, Any]:
        try:
            return super().read(name, folder)
        except Refused:
            self.loaded[name] = (str(folder), {})
            raise


@vice("url-anywhere", "C3.17", group="multi-model")
class UrlAnywhere(Models):
    """Loads whatever folder it is told."""

    def folder(self, name: str, url: str) -> Path:
        folder = Path(url)
        return folder if folder.is_dir() and "/" not in name else super().folder(name, url)


@vice("slashes-in-names", "C3.17", group="multi-model")
class SlashesInNames(Models):
    """Takes any name."""

    def folder(self, _name: str, url: str) -> Path:
        return super().folder("any", url)


@vice("names-stay-encoded", "C3.17", group="multi-model")
class NamesStayEncoded(Models):
    """Compares names as they came in the path."""

    def answer(self, request: Request) -> Answer:
        request.path = request.path.replace("%", "%25")
        return super().answer(request)


@vice("marks-what-it-loads", "C3.18", group="multi-model")
class MarksWhatItLoads(Models):
    """Writes beside the model's files where it may."""

    def read(self, name: str, folder: Path) -> dict[str, Any]:
        found = super().read(name, folder)
        (folder / "loaded").touch()
        return found


@vice("one-worker-knows-nothing", "C3.19", group="multi-model")
class OneWorkerKnowsNothing(Models):
    """Has fifty workers, of which one never hears of a load."""

    turns = 0

    def answer(self, request: Request) -> Answer:
        if request.method == "GET" and request.path.count("/") == 2:
            self.turns += 1
            if self.turns % _WORKERS == 0:
                raise Refused(404, "This worker knows no such model")
        return super().answer(request)
