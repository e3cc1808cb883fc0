"""Programs of users beside the model, called as AWS's toolkits call them (C6.10 - C6.21)."""

import importlib.util
import inspect
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from tests.zoo.http import Answer, Request

TEXT = {"application/json", "text/csv", "application/jsonlines"}


class Context:
    """The request's headers, and those of the answer."""

    def __init__(self, headers: Mapping[str, str] | None = None) -> None:
        self.headers = headers or {}
        self.answered: dict[str, str] = {}

    def get_request_header(self, _index: int, name: str) -> str | None:
        return self.headers.get(name.lower())

    def set_response_header(self, _index: int, name: str, value: str) -> None:
        self.answered[name] = value


class Program:
    """A program; correct but for what a vice overrides.

    Args:
        base: What is /opt/ml inside.
        variables: The process's environment variables.
    """

    def __init__(self, base: Path, variables: Mapping[str, str]) -> None:
        self.base = base
        self.variables = variables
        self.functions: dict[str, Callable[..., Any]] = {}
        self.model: Any = None

    def load(self) -> bool:
        """Find and start it; False where there is none."""
        path = self.find()
        if path is None:
            return False
        sys.path.insert(0, str(path.parent))
        spec = importlib.util.spec_from_file_location("users_program", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        self.functions = {n: each for n, each in vars(module).items() if n.endswith("_fn")}
        self.model = self.call("model_fn", str(self.base / "model"), context=Context())
        return True

    def folders(self) -> list[Path]:
        """Where it may be (C6.20, C7.26)."""
        submitted = self.variables.get("SAGEMAKER_SUBMIT_DIRECTORY", "").removeprefix("file://")
        model = self.base / "model"
        return [*([Path(submitted)] if submitted else []), model / "code", model]

    def find(self) -> Path | None:
        """The first one there is."""
        name = self.variables.get("SAGEMAKER_PROGRAM") or "inference.py"
        name = name if name.endswith(".py") else f"{name}.py"
        return next((each / name for each in self.folders() if (each / name).is_file()), None)

    def call(self, name: str, *arguments: Any, context: Context) -> Any:
        """Call a function, with the context where it takes one more."""
        function = self.functions[name]
        takes = len(inspect.signature(function).parameters)
        return function(*arguments, *([context] if takes > len(arguments) else []))

    def body(self, request: Request) -> str | bytes:
        """Text for JSON and CSV (C6.12)."""
        return request.body.decode() if request.media_type in TEXT else request.body

    def answer(self, request: Request) -> Answer:
        """Ask it."""
        context = self.context(request)
        data, kind = self.body(request), request.media_type
        accept = request.headers.get("accept", "*/*").replace("*/*", "application/json")
        if "transform_fn" in self.functions:
            result = self.call("transform_fn", self.model, data, kind, accept, context=context)
        else:
            read = self.call("input_fn", data, kind, context=context)
            predicted = self.call("predict_fn", read, self.model, context=context)
            result = self.call("output_fn", predicted, accept, context=context)
        body, media_type = self.parts(result, accept)
        return Answer(200, body, media_type, context.answered)

    def context(self, request: Request) -> Context:
        """What the functions may ask for (C9.14)."""
        return Context(request.headers)

    def parts(self, result: Any, accept: str) -> tuple[bytes, str]:
        """Body and type, whatever form they came in (C6.11)."""
        body, media_type = result if isinstance(result, tuple) else (result, accept)
        return body.encode() if isinstance(body, str) else bytes(body), media_type
