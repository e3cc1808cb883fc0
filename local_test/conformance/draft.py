"""A training job that is laid out and not yet started, and what can be changed about it."""

import json
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

from container.environment import Environment


@dataclass
class Draft:
    """A job as the platform would start it.

    Attributes:
        base: What will be /opt/ml inside.
        inside: What that is called inside.
        variables: The container's environment.
        arguments: What follows the image's name.
    """

    base: Path
    inside: PurePosixPath
    variables: dict[str, str]
    arguments: tuple[str, ...] = ("train",)

    @property
    def places(self) -> Environment:
        """The platform's folders below the base folder."""
        return Environment(self.base)

    def configure(self, name: str, content: Mapping[str, Any] | bytes) -> None:
        """Write a file of the configuration, as JSON or as it is."""
        data = content if isinstance(content, bytes) else json.dumps(content).encode()
        (self.places.config_dir / name).write_bytes(data)

    def configuration(self, name: str) -> dict[str, Any]:
        """What a file of the configuration says."""
        content: dict[str, Any] = json.loads((self.places.config_dir / name).read_bytes())
        return content

    def remove(self, *paths: Path) -> None:
        """Remove files and folders, as if they had never been there."""
        for path in paths:
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink(missing_ok=True)


Change = Callable[[Draft], None]
