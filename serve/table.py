"""Names and urls of the loaded models on disk, one file each, so that they outlive a process."""

import contextlib
import hashlib
import json
import logging
from pathlib import Path

_SUFFIX = ".json"

_log = logging.getLogger("blerssi.serve")


class Table:
    """A folder of small files; each is complete or not there.

    Args:
        folder: Ours alone; made where it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        folder.mkdir(parents=True, exist_ok=True)

    def read(self) -> dict[str, str]:
        """The url of every model by name."""
        found: dict[str, str] = {}
        for path in self._folder.glob(f"*{_SUFFIX}"):
            name, url = json.loads(path.read_bytes())
            found[name] = url
        return found

    def add(self, name: str, url: str) -> None:
        """Note a model; without a place for that it is only not loaded again after a crash."""
        path = self._path(name)
        partial = path.with_suffix(".partial")
        try:
            partial.write_text(json.dumps([name, url]))
            partial.replace(path)
        except OSError as error:
            _log.warning("The model %r cannot be noted on disk: %s.", name, error)

    def remove(self, name: str) -> None:
        """Forget a model."""
        with contextlib.suppress(OSError):
            self._path(name).unlink(missing_ok=True)

    def _path(self, name: str) -> Path:
        """A name may hold anything; that of its file may not."""
        return self._folder / (hashlib.sha256(name.encode()).hexdigest() + _SUFFIX)
