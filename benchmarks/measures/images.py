"""How large the image is, and what is in it."""

import json
import subprocess
from typing import Final

from benchmarks.bench import Bench, Figures, program

LISTED_MB: Final = 5  # what is smaller goes into the rest
_PACKAGES: Final = "/opt/blerssi/venv/lib/python3.*/site-packages"
# MXNet's Python front end, the upload to S3, the pictures of the report, and pip.
_NOT_SERVING: Final = (
    "$(find mxnet -type f -not -name '*.so*') boto3* botocore* s3transfer* jmespath* dateutil "
    "python_dateutil* resvg_py* pip* /opt/blerssi/train /usr/share/fonts"
)


def measure(bench: Bench) -> Figures | None:
    """Look at the image; None where there is no engine or no such image.

    Returns:
        `mb`, `parts`: megabytes by folder, of all above `LISTED_MB`, and `serve_mb`: the image less
        what only training or building needs, which is what one that only serves would have.
    """
    size = size_of(bench.image)
    if size is None:
        return None
    found: Figures = {"mb": size / 1e6, "parts": _parts(bench.image)}
    if (unused := _in(bench.image, f"cd {_PACKAGES} && du -cb {_NOT_SERVING} | tail -1")) != "":
        found["serve_mb"] = (size - int(unused.split()[0])) / 1e6
    return found


def size_of(image: str) -> int | None:
    """Bytes of an image; None where no engine answers or it does not exist."""
    told = _docker("image", "inspect", image)
    return None if told is None else int(json.loads(told)[0]["Size"])


def _parts(image: str) -> dict[str, float]:
    """Sizes of what is in the image, each byte in the deepest folder that is listed."""
    told = _in(image, "du --bytes --one-file-system --separate-dirs / 2>/dev/null || true")
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


def _in(image: str, script: str) -> str:
    """What a script in the image says; nothing where it fails."""
    return _docker("run", "--rm", "--network", "none", image, "sh", "-c", script) or ""


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
