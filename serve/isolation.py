"""Imports a user's program so that its modules are its own (C3.15).

Two models may both have a `helper.py`, and a user's `model.py` must not meet our package `model`.
So the modules of a code folder live in `sys.modules` below a package of their own, and code that is
loaded from the folder finds them under their plain names, for its `__import__` looks there first.
"""

import builtins
import importlib
import importlib.util
import itertools
import sys
import threading
from collections.abc import Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from pathlib import Path
from types import ModuleType
from typing import Any

_numbers = itertools.count()
_finders = threading.Lock()  # sys.meta_path is replaced, as other threads may be walking through it


class Isolated:
    """The modules of one user's program.

    Args:
        folders: Where its modules lie; they come before every other module of the same name.
    """

    def __init__(self, folders: Sequence[Path]) -> None:
        sys.dont_write_bytecode = True  # the model's folder is read-only (C1.10)
        self._paths = [str(folder) for folder in folders]
        self._package = f"_user_code_{next(_numbers)}"
        package = ModuleType(self._package)
        package.__path__ = self._paths
        sys.modules[self._package] = package
        self._finder = _Finder(self._package, vars(builtins) | {"__import__": self._import})
        with _finders:
            sys.meta_path = [self._finder, *sys.meta_path]

    def load(self, name: str) -> ModuleType:
        """Import a module of the folders, as whatever its own code raises."""
        return importlib.import_module(f"{self._package}.{name}")

    def close(self) -> None:
        """Forget every module; they go when nothing uses them any more."""
        with _finders:
            sys.meta_path = [each for each in sys.meta_path if each is not self._finder]
        for name in [*sys.modules]:
            if name == self._package or name.startswith(f"{self._package}."):
                del sys.modules[name]

    def _import(
        self,
        name: str,
        globals: Mapping[str, object] | None = None,  # noqa: A002 - the names that Python gives
        locals: Mapping[str, object] | None = None,  # noqa: A002
        fromlist: Sequence[str] | None = (),
        level: int = 0,
    ) -> ModuleType:
        """What `import` statements in the user's modules call."""
        top = name.partition(".")[0]
        if level or not self._has(top):
            return builtins.__import__(name, globals, locals, fromlist or (), level)
        module = importlib.import_module(f"{self._package}.{name}")
        if not fromlist:
            return sys.modules[f"{self._package}.{top}"]
        return builtins.__import__(module.__name__, globals, locals, fromlist, 0)

    def _has(self, top: str) -> bool:
        """Whether a name is one of the user's modules."""
        if f"{self._package}.{top}" in sys.modules:
            return True
        spec = PathFinder.find_spec(top, self._paths)
        if spec is None or spec.origin is not None:
            return spec is not None
        # A folder without __init__.py, `code` for example, stands behind every real module.
        return top not in sys.modules and importlib.util.find_spec(top) is None


class _Finder(MetaPathFinder):
    """Finds the modules below one package, and hands them their own builtins."""

    def __init__(self, package: str, scope: dict[str, Any]) -> None:
        self._prefix = f"{package}."
        self._builtins = scope

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        if not fullname.startswith(self._prefix):
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and isinstance(spec.loader, SourceFileLoader):
            spec.loader = _Loader(self._builtins, spec.loader.name, spec.loader.path)
        return spec


class _Loader(SourceFileLoader):
    def __init__(self, scope: dict[str, Any], name: str, path: str) -> None:
        super().__init__(name, path)
        self._builtins = scope

    def exec_module(self, module: ModuleType) -> None:
        vars(module)["__builtins__"] = self._builtins
        super().exec_module(module)
