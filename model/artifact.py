"""A model folder and its model.tar.gz: written atomically, verified, packed and unpacked safely.

A folder holds `model-symbol.json`, `model-0000.params` and `model-shapes.json`, which AWS's own
MXNet container opens too (C6.1), and `signature.json` with the SHA-256 of the others. A folder
without a signature is a plain MXNet export and is read as well.
"""

import contextlib
import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from model.errors import ArtifactError, SignatureError
from model.export import Shape, read_shapes
from model.signature import Signature

SYMBOL = "model-symbol.json"
PARAMS = "model-0000.params"
SHAPES = "model-shapes.json"
SIGNATURE = "signature.json"

_LARGEST_TEXT = 64 << 20  # of a symbol, shapes or signature file
_LARGEST_PARAMS = (1 << 31) - 1  # MXNet's predict API takes the size as a C int


@dataclass(frozen=True)
class Artifact:
    """A model in memory, its checksums verified.

    Attributes:
        symbol: The graph.
        params: Its parameters.
        shapes: The shape of each input, as far as it is known.
        signature: What it means; None for a plain MXNet export.
    """

    symbol: bytes
    params: bytes
    shapes: Mapping[str, Shape]
    signature: Signature | None


def read(folder: Path) -> Artifact:
    """Read and verify a model folder.

    The model may lie one folder down, as in an archive of a folder; names that begin with a dot
    are ignored (C1.12).

    Raises:
        ArtifactError: Something is missing, ambiguous, too large or does not match its checksum.
    """
    folder = _locate(folder)
    if (folder / SIGNATURE).exists():
        return _read_signed(folder)
    symbol = _single(folder, "*-symbol.json")
    prefix = symbol.name.removesuffix("-symbol.json")
    params = sorted(folder.glob(f"{_escape(prefix)}-[0-9][0-9][0-9][0-9].params"))
    if not params:
        raise ArtifactError(f"{folder} has {symbol.name}, but no {prefix}-NNNN.params beside it.")
    shapes = folder / f"{prefix}-shapes.json"
    return Artifact(
        _content(symbol, _LARGEST_TEXT),
        _content(params[-1], _LARGEST_PARAMS),
        read_shapes(_content(shapes, _LARGEST_TEXT)) if shapes.exists() else {},
        None,
    )


def verify(folder: Path) -> Signature | None:
    """Check a model folder as `read` does; None for a plain MXNet export."""
    return read(folder).signature


def write(folder: Path, files: Mapping[str, bytes], signature: Signature) -> None:
    """Write a model folder: every file beside its place first, then renamed, the signature last.

    Where anything fails, nothing half-written is left, and a model that was there stays. Where the
    process is killed between two of the renames, the signature's checksums tell.

    Args:
        folder: Made where it is missing.
        files: Contents by name; the graph, its params and shapes must be among them.
        signature: What the model means.

    Raises:
        OSError: The disk is full or the folder cannot be written.
    """
    missing = {SYMBOL, PARAMS, SHAPES} - files.keys()
    if missing:
        raise ArtifactError(f"A model folder needs {', '.join(sorted(missing))}.")
    manifest = {
        name: {"sha256": hashlib.sha256(data).hexdigest(), "bytes": len(data)}
        for name, data in sorted(files.items())
    }
    text = json.dumps({**signature.to_dict(), "files": manifest}, indent=1) + "\n"
    folder.mkdir(parents=True, exist_ok=True)
    contents = {**files, SIGNATURE: text.encode()}
    partial = {name: folder / f".{name}.partial" for name in contents}
    before = {name: folder / f".{name}.before.partial" for name in contents}
    try:
        for name, data in contents.items():
            _write_through(partial[name], data)
        with contextlib.ExitStack() as undo:
            for name in contents:
                _replace(folder / name, partial[name], before[name], undo)
            undo.pop_all()
    finally:
        for path in (*partial.values(), *before.values()):
            path.unlink(missing_ok=True)


def shapes_file(shapes: Mapping[str, Shape]) -> bytes:
    """The contents of a shapes file: the shape of each input, in order (C6.2)."""
    return json.dumps([{"name": n, "shape": list(s)} for n, s in shapes.items()]).encode()


def _replace(path: Path, new: Path, before: Path, undo: contextlib.ExitStack) -> None:
    """Rename a new file to its place, and note how to go back."""
    if path.exists():
        path.replace(before)
        undo.callback(before.replace, path)
    else:
        undo.callback(path.unlink, missing_ok=True)
    new.replace(path)


def _write_through(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _read_signed(folder: Path) -> Artifact:
    try:
        data = json.loads(_content(folder / SIGNATURE, _LARGEST_TEXT))
    except (ValueError, RecursionError) as error:
        raise SignatureError(f"{SIGNATURE} is not valid JSON: {error}.") from error
    signature = Signature.from_dict(data)
    manifest = data.get("files")
    if not isinstance(manifest, dict) or not {SYMBOL, PARAMS, SHAPES} <= manifest.keys():
        raise SignatureError(f"{SIGNATURE} must list {SYMBOL}, {PARAMS} and {SHAPES} in its files.")
    contents = {name: _verified(folder, name, entry) for name, entry in manifest.items()}
    shapes = read_shapes(contents[SHAPES])
    return Artifact(contents[SYMBOL], contents[PARAMS], shapes, signature)


def _verified(folder: Path, name: str, entry: Any) -> bytes:
    """Read one file of the manifest and hold it to its checksum."""
    if Path(name).name != name or name.startswith("."):
        raise SignatureError(f"{SIGNATURE} lists {name!r}; a plain file name was expected.")
    expected = entry.get("sha256") if isinstance(entry, dict) else None
    if not isinstance(expected, str):
        raise SignatureError(f"{SIGNATURE} gives no SHA-256 for {name}.")
    data = _content(folder / name, _LARGEST_PARAMS)
    if (found := hashlib.sha256(data).hexdigest()) != expected:
        raise ArtifactError(
            f"{name} has SHA-256 {found[:16]}…, but {SIGNATURE} says {expected[:16]}…",
            hint="It was changed or damaged after training; copy the model again.",
        )
    return data


def _locate(folder: Path) -> Path:
    try:
        if _has_model(folder):
            return folder
        below = [each for each in _visible(folder) if each.is_dir() and _has_model(each)]
        names = [each.name for each in _visible(folder)]
    except OSError as error:
        raise ArtifactError(f"The model folder {folder} cannot be read: {error}.") from error
    if len(below) == 1:
        return below[0]
    raise ArtifactError(
        f"{folder} holds {', '.join(names[:10]) or 'nothing'}; "
        f"expected one *-symbol.json with its *-NNNN.params.",
        hint="Mount a model folder there, or set ModelDataUrl to a model.tar.gz.",
    )


def _has_model(folder: Path) -> bool:
    return any(
        each.name.endswith("-symbol.json") or each.name == SIGNATURE for each in _visible(folder)
    )


def _visible(folder: Path) -> list[Path]:
    return sorted(each for each in folder.iterdir() if not each.name.startswith("."))


def _single(folder: Path, pattern: str) -> Path:
    found = [each for each in sorted(folder.glob(pattern)) if not each.name.startswith(".")]
    if len(found) != 1:
        raise ArtifactError(
            f"{folder} has {len(found)} files {pattern}: {', '.join(p.name for p in found)}; "
            "one was expected."
        )
    return found[0]


def _content(path: Path, largest: int) -> bytes:
    """Read a regular file of a bounded size; a link is not followed."""
    try:
        if path.is_symlink() or not path.is_file():
            raise ArtifactError(f"{path.name} is missing from {path.parent} or not a plain file.")
        if (size := path.stat().st_size) > largest:
            raise ArtifactError(f"{path.name} has {size:,} bytes; at most {largest:,} are read.")
        return path.read_bytes()
    except OSError as error:
        raise ArtifactError(f"{path} cannot be read: {error}.") from error


def _escape(text: str) -> str:
    return "".join(f"[{each}]" if each in "*?[" else each for each in text)
