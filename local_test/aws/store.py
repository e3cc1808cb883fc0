"""Tables of JSON documents in files, so that what was made is still there after a restart.

    store = Store(folder)
    models = store.table("models")          one folder of files, one file a document
    models.create("m", {"CreationTime": now})

A file is replaced in one step, so a crash leaves the old document or the new one. Documents may
hold times, which come back as times. What is read is a copy: to change it, put it back, or use
`change`, which no other thread interrupts.
"""

import copy
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote

Document = dict[str, Any]
_SUFFIX = ".json"
_TIME = "$time"


class Store:
    """All tables below a folder, made as they are asked for.

    Args:
        folder: Where they are; made if it is missing.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tables: dict[str, Table] = {}
        self._lock = threading.Lock()

    def table(self, name: str) -> "Table":
        """Give the table of a name, always the same object."""
        with self._lock:
            if name not in self._tables:
                self._tables[name] = Table(self._folder / name)
            return self._tables[name]


class Table:
    """Documents by name, in the order of their names; any text that a file name can hold quoted.

    Args:
        folder: Where its files are; what stands there already is read at once.
    """

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._lock = threading.RLock()
        self._documents = {
            unquote(path.name.removesuffix(_SUFFIX)): _decode(path.read_text(encoding="utf-8"))
            for path in folder.glob(f"*{_SUFFIX}")
        }

    def __contains__(self, name: str) -> bool:
        return name in self._documents

    def __len__(self) -> int:
        return len(self._documents)

    def get(self, name: str) -> Document | None:
        """Give a copy of a document; None where there is none."""
        with self._lock:
            return copy.deepcopy(self._documents.get(name))

    def items(self) -> list[tuple[str, Document]]:
        """Give copies of all documents with their names, by name."""
        with self._lock:
            return [(name, copy.deepcopy(self._documents[name])) for name in sorted(self)]

    def list(self) -> "list[Document]":
        """Give copies of all documents, by name."""
        return [document for _, document in self.items()]

    def put(self, name: str, document: Mapping[str, Any]) -> None:
        """Write a document, over an older one if there is one."""
        with self._lock:
            text = _encode(document)
            _replace(self._path(name), text)
            self._documents[name] = _decode(text)

    def create(self, name: str, document: Mapping[str, Any]) -> bool:
        """Write a document unless there is one of this name already; says whether it did."""
        with self._lock:
            if name in self._documents:
                return False
            self.put(name, document)
            return True

    def change(self, name: str, function: Callable[[Document], None]) -> Document | None:
        """Let a function change a document in place and write it, uninterrupted.

        Gives a copy of what it is now; None, and nothing is called, where there is no document.
        """
        with self._lock:
            document = self.get(name)
            if document is not None:
                function(document)
                self.put(name, document)
            return document

    def delete(self, name: str) -> bool:
        """Remove a document; says whether there was one."""
        with self._lock:
            self._path(name).unlink(missing_ok=True)
            return self._documents.pop(name, None) is not None

    def __iter__(self) -> Iterator[str]:
        with self._lock:
            return iter(list(self._documents))

    def _path(self, name: str) -> Path:
        return self._folder / f"{quote(name, safe='')}{_SUFFIX}"


def _replace(path: Path, text: str) -> None:
    """Write a file in one step; its folder is ours alone and the table is locked."""
    partial = path.with_suffix(".partial")
    partial.write_text(text, encoding="utf-8")
    partial.replace(path)


def _encode(document: Mapping[str, Any]) -> str:
    return json.dumps(document, default=_plain, indent=1)


def _plain(value: object) -> object:
    if isinstance(value, datetime):
        return {_TIME: value.astimezone(UTC).isoformat()}
    raise TypeError(f"A document cannot hold a {type(value).__name__}: {value!r}.")


def _decode(text: str) -> Document:
    document: Document = json.loads(text, object_hook=_revive)
    return document


def _revive(value: dict[str, Any]) -> Any:
    return datetime.fromisoformat(value[_TIME]) if value.keys() == {_TIME} else value
