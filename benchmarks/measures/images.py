"""How large the image is, and what is in it."""

import json
import subprocess
from typing import Final

from benchmarks.bench import Bench, Figures, program

LISTED_MB: Final = 5  # what is smaller goes into the rest


def measure(bench: Bench) -> Figures | None:
    """Look at the image; None where there is no engine or no such image.

    Returns:
        `mb`, `parts`: megabytes by folder, of all above `LISTED_MB`, and `serve_mb` where there is
        an image that only serves.
    """
    size = size_of(bench.image)
    if size is None:
        return None
    found: Figures = {"mb": size / 1e6, "parts": _parts(bench.image)}
    name, colon, tag = bench.image.partition(":")
    if (small := size_of(f"{name}-serve{colon}{tag}")) is not None:
        found["serve_mb"] = small / 1e6
    return found


def size_of(image: str) -> int | None:
    """Bytes of an image; None where no engine answers or it does not exist."""
    told = _docker("image", "inspect", image)
    return None if told is None else int(json.loads(told)[0]["Size"])


def _parts(image: str) -> dict[str, float]:
    """Sizes of what is in the image, each byte in the deepest folder that is listed."""
    script = "du --bytes --one-file-system --separate-dirs / 2>/dev/null || true"
    told = _docker("run", "--rm", "--network", "none", image, "sh", "-c", script) or ""
    own: dict[str, int] = {}
    for line in told.splitlines():
        size, _, path = line.partition("\t")
        own[path] = int(size)
    return parts(own)


def parts(own: dict[str, int], least: float = LISTED_MB * 1e6) -> dict[str, float]:
    """Cut a tree of folders into those that are worth a line.

    Args:
        own: Bytes of each folder without its subfolders.
        least: Bytes of a line.

    Returns:
        Megabytes by folder, largest first; what is left over is `everything else`.
    """
    left = dict(own)
    found: dict[str, float] = {}
    for path in sorted(own, key=lambda each: each.count("/") if each != "/" else 0, reverse=True):
        if path == "/" or left[path] < least:
            parent = path.rpartition("/")[0] or "/"
            if path != "/":
                left[parent] = left.get(parent, 0) + left[path]
            continue
        found[path] = left[path] / 1e6
    rest = left.get("/", 0) / 1e6
    ordered = dict(sorted(found.items(), key=lambda each: -each[1]))
    return {**ordered, "everything else": rest} if own else {}


def _docker(*arguments: str) -> str | None:
    try:
        done = subprocess.run(
            [program("docker"), *arguments],
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
