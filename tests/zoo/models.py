"""Many models behind one server (C3)."""

import json
import runpy
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from tests.zoo import limits
from tests.zoo.http import Answer, Refused, Request, as_json

if TYPE_CHECKING:
    from tests.zoo.server import Server

PAGE = 100
LEAST_ROOM = 24 << 20  # bytes


class Models:
    """Loads, lists, unloads and asks models; correct but for what a vice overrides.

    Args:
        server: Has the folder, the reader of models and the answers.
    """

    def __init__(self, server: "Server") -> None:
        self.server = server
        self.loaded: dict[str, tuple[str, dict[str, Any]]] = {}
        self.lock = threading.Lock()

    def answer(self, request: Request) -> Answer:
        """Find what answers below /models."""
        parts = [unquote(each) for each in request.path.split("/")[2:]]
        match request.method, parts:
            case "POST", []:
                return self.load(request)
            case "GET", []:
                return self.list(request)
            case "GET", [name]:
                url, _ = self._known(name)
                return as_json({"modelName": name, "modelUrl": url})
            case "DELETE", [name]:
                return self.unload(name)
            case "POST", [name, "invoke"]:
                return self.invoke(name, request)
        status = 405 if not parts or parts[1:] in ([], ["invoke"]) else 404
        raise Refused(status, f"{request.method} {request.path} is not part of the API")

    def load(self, request: Request) -> Answer:
        """Load a model before saying 200 (C3.4 - C3.6)."""
        try:
            wanted = json.loads(request.body)
            name, url = str(wanted["model_name"]), str(wanted["url"])
        except (ValueError, KeyError, TypeError) as error:
            raise Refused(400, "model_name and url are needed, as JSON") from error
        folder = self.folder(name, url)
        with self.lock:
            if name in self.loaded:
                raise Refused(409, f"Model {name} is loaded already")
            self.loaded[name] = (url, self.read(name, folder))
        return as_json({"status": f"Model {name} is loaded"})

    def read(self, name: str, folder: Path) -> dict[str, Any]:
        """Read a model with its program and its ballast, where there is room (C3.5)."""
        if self.room() < LEAST_ROOM:
            raise Refused(507, f"There is no room for model {name}")
        try:
            model = self.server.load(folder)
            model["program"] = self.program(folder / "code")
        except Exception as error:
            raise Refused(500, f"Model {name} cannot be loaded: {error}") from error
        model["ballast"] = b"\1" * (int(model.get("megabytes", 0)) << 20)
        return model

    def room(self) -> int:
        """Bytes that are still to be had."""
        return limits.room()

    def program(self, code: Path) -> Any:
        """A model's own transform_fn, its modules known to nobody else (C3.15)."""
        if not (code / "inference.py").is_file():
            return None
        before = set(sys.modules)
        sys.path.insert(0, str(code))
        try:
            return runpy.run_path(str(code / "inference.py"))["transform_fn"]
        finally:
            sys.path.remove(str(code))
            for name in set(sys.modules) - before:
                del sys.modules[name]

    def folder(self, name: str, url: str) -> Path:
        """Check name and folder (C3.17)."""
        if "/" in name or name in {"", ".", ".."}:
            raise Refused(400, f"{name!r} is no name for a model")
        folder, root = Path(url).resolve(), (self.server.base / "models").resolve()
        if root not in folder.parents:
            raise Refused(400, f"{url} is not below {root}")
        if not folder.is_dir():
            raise Refused(404, f"There is nothing at {url}")
        return folder

    def list(self, request: Request) -> Answer:
        """Give one page (C3.7, C3.8)."""
        with self.lock:
            every = sorted((name, url) for name, (url, _) in self.loaded.items())
        try:
            start = int(request.query.get("next_page_token", ["0"])[0])
            limit = int(request.query.get("limit", [str(PAGE)])[0])
        except ValueError as error:
            raise Refused(400, "next_page_token and limit are numbers") from error
        end = start + (limit if 0 < limit <= PAGE else PAGE)
        page = [{"modelName": name, "modelUrl": url} for name, url in every[start:end]]
        token = {"nextPageToken": str(end)} if end < len(every) else {}
        return as_json({"models": page, **token})

    def unload(self, name: str) -> Answer:
        """Forget a model (C3.11)."""
        with self.lock:
            if self.loaded.pop(name, None) is None:
                raise Refused(404, f"Model {name} is not loaded")
        return as_json({"status": f"Model {name} is unloaded"})

    def invoke(self, name: str, request: Request) -> Answer:
        """Ask a model (C3.12)."""
        _, model = self._known(name)
        if model["program"] is None:
            return self.server.invoke(model, request)
        body, media_type = model["program"](model, request.body, request.media_type, "*/*")
        return Answer(200, body.encode(), media_type)

    def _known(self, name: str) -> tuple[str, dict[str, Any]]:
        found = self.loaded.get(name)
        if found is None:
            raise Refused(404, f"Model {name} is not loaded")
        return found
