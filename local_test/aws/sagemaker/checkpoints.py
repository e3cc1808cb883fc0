"""A host's checkpoint folder and its copy in S3: restored before, kept alike while it runs (C5.43).

with Checkpoints(client, "s3://bucket/prefix", folder):     what S3 has is downloaded
    ...                                                     changes go up, deletions too
                                                            a last time at the end
"""

import logging
import threading
from pathlib import Path
from typing import Any, Final, Self

from local_test.aws.sagemaker.sources import FAULTS, parsed

_PAUSE: Final = 1.0  # seconds between two looks at the folder
_LOG = logging.getLogger(__name__)
_Stamp = tuple[int, int]


class Checkpoints:
    """Synchronises one folder; hosts of a job share the prefix, so each deletes only its own.

    Args:
        client: Of S3, with the role's rights.
        uri: The job's S3Uri.
        folder: It exists.

    Attributes:
        fault: Why the last look could not be finished; None where it could.
    """

    def __init__(self, client: Any, uri: str, folder: Path) -> None:
        self.fault: Exception | None = None
        self._client = client
        self._bucket, prefix = parsed(uri)
        self._prefix = f"{prefix.rstrip('/')}/" if prefix else ""
        self._folder = folder
        self._known: dict[str, _Stamp] = {}
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._follow, name="checkpoints", daemon=True)

    def restore(self) -> None:
        """Download what an earlier run has left.

        Raises:
            ClientError: S3 refuses.
            BotoCoreError: It does not answer.
            OSError: The folder cannot be written.
        """
        pages = self._client.get_paginator("list_objects_v2")
        for page in pages.paginate(Bucket=self._bucket, Prefix=self._prefix):
            for each in page.get("Contents", ()):
                name = each["Key"].removeprefix(self._prefix)
                if name.endswith("/") or ".." in name.split("/"):
                    continue
                path = self._folder / name
                path.parent.mkdir(parents=True, exist_ok=True)
                self._client.download_file(self._bucket, each["Key"], str(path))
        self._known = self._stamps()

    def look(self) -> None:
        """Bring S3 to what the folder is now; a fault is kept, and the next look tries again."""
        try:
            now = self._stamps()
            for name, stamp in now.items():
                if self._known.get(name) != stamp and self._upload(name):
                    self._known[name] = stamp
            for name in self._known.keys() - now.keys():
                self._client.delete_object(Bucket=self._bucket, Key=self._prefix + name)
                del self._known[name]
        except (*FAULTS, OSError) as error:
            _LOG.warning("Checkpoints did not reach s3://%s: %s", self._bucket, error)
            self.fault = error
        else:
            self.fault = None

    def __enter__(self) -> Self:
        self.restore()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._thread.join()
        self.look()

    def _follow(self) -> None:
        while not self._closing.wait(_PAUSE):
            self.look()

    def _upload(self, name: str) -> bool:
        """Upload a file, unless it has gone meanwhile."""
        try:
            with (self._folder / name).open("rb") as file:
                self._client.upload_fileobj(file, self._bucket, self._prefix + name)
        except FileNotFoundError:
            return False
        return True

    def _stamps(self) -> dict[str, _Stamp]:
        """Size and time of change of every file, by name."""
        stamps = {}
        for path in self._folder.rglob("*"):
            try:
                state = path.lstat()
            except FileNotFoundError:
                continue
            if path.is_file() and not path.is_symlink():
                name = path.relative_to(self._folder).as_posix()
                stamps[name] = (state.st_size, state.st_mtime_ns)
        return stamps
