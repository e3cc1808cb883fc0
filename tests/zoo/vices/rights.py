"""Vices that only limits bring to light: of rights, memory and disks."""

import os
import sys
import tempfile
from pathlib import Path

from tests.zoo.http import Answer, Request
from tests.zoo.server import Server
from tests.zoo.vice import vice


@vice("needs-capabilities", "C1.64", group="serve", docker=True)
class NeedsCapabilities(Server):
    """Gives files away at its start, which takes a right that root need not have."""

    def start_loading(self) -> None:
        with tempfile.NamedTemporaryFile() as file:
            if os.getuid() == 0:
                os.chown(file.name, 12345, 12345)
        super().start_loading()


@vice("needs-root", "C4.6", group="serverless", docker=True)
class NeedsRoot(Server):
    """Works as root only."""

    def start_loading(self) -> None:
        if os.getuid():
            sys.exit("I am not root.")
        super().start_loading()


@vice("writes-beside-tmp", "C4.6", group="serverless", docker=True)
class WritesBesideTmp(Server):
    """Keeps a file in a folder of the image."""

    def start_loading(self) -> None:
        Path("/var/zoo").write_text("here")
        super().start_loading()


@vice("needs-gigabytes", "C4.4", group="serverless", docker=True)
class NeedsGigabytes(Server):
    """Gives up where it may not have two gigabytes."""

    def start_loading(self) -> None:
        groups = Path("/sys/fs/cgroup")
        for each in (groups / "memory.max", groups / "memory" / "memory.limit_in_bytes"):
            text = each.read_text().strip() if each.is_file() else "max"
            if text != "max" and 1 << 29 < int(text) < 1 << 31:
                sys.exit("I need two gigabytes.")
        super().start_loading()


@vice("leaves-files", "C4.34", group="asynchronous", docker=True)
class LeavesFiles(Server):
    """Spools bodies and forgets them."""

    def invocations(self, request: Request) -> Answer:
        with tempfile.NamedTemporaryFile(delete=False) as file:
            file.write(request.body)
        return super().invocations(request)
