"""Vices of starting."""

import sys
import tempfile
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests.zoo.http import Answer, Refused, Request
from tests.zoo.server import Server
from tests.zoo.vice import vice


@vice("green-before-load", "C1.25", group="serve")
class GreenBeforeLoad(Server):
    """Is healthy once it has seen the model's file, and still warming up."""

    def start_loading(self) -> None:
        super().start_loading()
        self.seen, self.model = self.model, None
        threading.Timer(0.6, self.finish).start()

    def finish(self) -> None:
        self.model = self.seen

    def ping(self, _request: Request) -> Answer:
        return Answer(200 if self.seen is not None else 503)


@vice("loads-on-first-request", "C9.4", group="serve")
class LoadsOnFirstRequest(Server):
    """Is healthy while there is a file of the right name, whatever is in it."""

    def start_loading(self) -> None:
        pass

    def ping(self, _request: Request) -> Answer:
        found = [*(self.base / "model").glob("**/weights.json")]
        return Answer(200 if found else 503)

    def invocations(self, request: Request) -> Answer:
        if self.model is None:
            self.model = self.load(self.base / "model")
        return super().invocations(request)

    def route(self, request: Request) -> Answer:
        if request.path == "/ping" and not (self.base / "model").is_dir():
            print("There is no model.", file=sys.stderr)
        return super().route(request)


@vice("crashes-without-model", "C1.11", group="serve")
class CrashesWithoutModel(Server):
    """Ends where it finds nothing."""

    def start_loading(self) -> None:
        if not (self.base / "model").is_dir():
            sys.exit("There is no model.")
        super().start_loading()


@vice("silent-without-model", "C1.11", group="serve")
class SilentWithoutModel(Server):
    """Stays red and keeps the reason to itself."""

    def start_loading(self) -> None:
        if (self.base / "model").is_dir():
            super().start_loading()


@vice("top-folder-only", "C1.12", group="serve")
class TopFolderOnly(Server):
    """Looks for the model in one place."""

    def load(self, folder: Path) -> dict[str, Any]:
        if not (folder / "weights.json").is_file():
            raise OSError("weights.json is missing")
        return super().load(folder)


@vice("confused-by-folders", "C1.13", group="serve")
class ConfusedByFolders(Server):
    """Believes to know all that can be below /opt/ml."""

    def start_loading(self) -> None:
        if strangers := {each.name for each in self.base.iterdir()} - {"model"}:
            sys.exit(f"What is {', '.join(strangers)}?")
        super().start_loading()


@vice("writes-into-model", "C1.10", group="serve")
class WritesIntoModel(Server):
    """Leaves a cache beside the model."""

    def invocations(self, request: Request) -> Answer:
        (self.base / "model" / "cache.bin").write_bytes(b"\0")
        return super().invocations(request)


@vice("stale-pid-file", "C1.14", group="serve")
class StalePidFile(Server):
    """Takes the file of a server that was killed for a server that runs."""

    def run(self) -> int:
        file = Path(tempfile.gettempdir()) / f"zoo-{str(self.base).replace('/', '-')}.pid"
        if file.exists():
            file.unlink()
            sys.exit("It runs already.")
        file.touch()
        code = super().run()
        file.unlink()
        return code


@vice("dies-of-line-breaks", "C1.4", group="serve")
class DiesOfLineBreaks(Server):
    """Passes its environment through a file of lines."""

    def __init__(self, variables: Mapping[str, str]) -> None:
        if any("\n" in each for each in variables.values()):
            sys.exit("A variable has a line break.")
        super().__init__(variables)


class _DiesOf(Server):
    variable = ""

    def __init__(self, variables: Mapping[str, str]) -> None:
        if self.variable in variables:
            sys.exit(f"{self.variable} is not what I can work with.")
        super().__init__(variables)


@vice("asks-for-metadata", "C1.59", group="serve")
class AsksForMetadata(_DiesOf):
    """Takes the address of a metadata service for a promise."""

    variable = "ECS_CONTAINER_METADATA_URI"


@vice("downloads-its-code", "C1.60", group="serve")
class DownloadsItsCode(_DiesOf):
    """Wants the code from S3, though it lies beside the model."""

    variable = "SAGEMAKER_SUBMIT_DIRECTORY"


@vice("wants-two-workers", "C6.22", group="serve")
class WantsTwoWorkers(_DiesOf):
    """Cannot work alone."""

    variable = "SAGEMAKER_MODEL_SERVER_WORKERS"


@vice("wants-no-timeout", "C6.23", group="serve")
class WantsNoTimeout(_DiesOf):
    """Has an opinion on timeouts."""

    variable = "SAGEMAKER_MODEL_SERVER_TIMEOUT"


@vice("wants-no-java", "C6.24", group="serve")
class WantsNoJava(_DiesOf):
    """Refuses the arguments of another virtual machine."""

    variable = "SAGEMAKER_MODEL_SERVER_VMARGS"


@vice("wants-no-nginx", "C6.25", group="serve")
class WantsNoNginx(_DiesOf):
    """Refuses the settings of another server."""

    variable = "SAGEMAKER_USE_NGINX"


@vice("answers-half", "C1.31", group="serve")
class AnswersHalf(Server):
    """Does not answer one of the payloads that it was said to answer."""

    def negotiate(self, request: Request) -> str:
        if request.headers.get("accept") == "text/event-stream":
            raise Refused(406, "I do not stream")
        return super().negotiate(request)
