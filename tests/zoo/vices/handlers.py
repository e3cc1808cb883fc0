"""Vices of containers that run their users' programs."""

import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.zoo.handlers import Context, Program
from tests.zoo.http import Request
from tests.zoo.server import Server
from tests.zoo.vice import vice


class _NoContext(Program):
    def call(self, name: str, *arguments: Any, context: Context) -> Any:  # noqa: ARG002
        return self.functions[name](*arguments)


@vice("handlers-without-context", "C6.10", "C9.14", group="sdk-harness")
class HandlersWithoutContext(Server):
    """Calls with a fixed number of arguments, so that nobody reaches the headers either."""

    program = _NoContext


class _NoReader(Program):
    def call(self, name: str, *arguments: Any, context: Context) -> Any:
        return (
            arguments[0] if name == "input_fn" else super().call(name, *arguments, context=context)
        )


@vice("bodies-unread", "C6.10", group="sdk-harness")
class BodiesUnread(Server):
    """Hands bodies to predict_fn as they came."""

    program = _NoReader


class _PairAsText(Program):
    def parts(self, result: Any, accept: str) -> tuple[bytes, str]:
        text = str(result) if isinstance(result, tuple) else result
        return super().parts(text, accept)


@vice("pair-as-text", "C6.11", group="sdk-harness")
class PairAsText(Server):
    """Sends the text of a tuple."""

    program = _PairAsText


class _ExactTypes(Program):
    def body(self, request: Request) -> str | bytes:
        exact = request.headers.get("content-type", "") in {"text/csv", "application/json"}
        return request.body.decode() if exact else request.body


@vice("charset-makes-bytes", "C6.12", group="sdk-harness")
class CharsetMakesBytes(Server):
    """Compares the Content-Type as AWS's toolkit does."""

    program = _ExactTypes


class _CodeAlone(Program):
    def find(self) -> Path | None:
        if self.variables.get("SAGEMAKER_SUBMIT_DIRECTORY"):
            return super().find()
        path = self.base / "model" / "code" / "inference.py"
        return path if path.is_file() else None


@vice("program-in-one-place", "C6.20", group="sdk-harness")
class ProgramInOnePlace(Server):
    """Looks for one name in one folder."""

    program = _CodeAlone


class _Trusting(Program):
    def folders(self) -> list[Path]:
        named = self.variables.get("SAGEMAKER_SUBMIT_DIRECTORY")
        return super().folders()[: 1 if named else None]


@vice("trusts-submit-directory", "C7.26", group="sdk-harness")
class TrustsSubmitDirectory(Server):
    """Looks nowhere else."""

    program = _Trusting


class _Installing(Program):
    def load(self) -> bool:
        wanted = self.base / "model" / "code" / "requirements.txt"
        if wanted.is_file():
            pip = [sys.executable, "-m", "pip", "install", "--no-index", "-r", str(wanted)]
            subprocess.run(pip, check=True)
        return super().load()


@vice("installs-at-start", "C6.21", group="sdk-harness")
class InstallsAtStart(Server):
    """Ends where pip fails."""

    program = _Installing


class _TwoHeaders(Program):
    def context(self, request: Request) -> Context:
        kept = {"content-type", "accept"}
        return Context({n: each for n, each in request.headers.items() if n in kept})


@vice("two-headers", "C9.14", group="sdk-harness")
class TwoHeaders(Server):
    """Hands over two headers and drops the rest."""

    program = _TwoHeaders


@vice("only-two-verbs", "C7.24", group="sdk-harness")
class OnlyTwoVerbs(Server):
    """Knows train and serve."""

    def execute(self, command: list[str]) -> int:
        print(f"{command[0]} is neither train nor serve.", file=sys.stderr)
        return 2
