"""Looks for secrets where none may be: in text, in files, in packed archives, in processes.

A secret is looked for as it is, percent-encoded, as JSON escapes it, and inside base64 at any
offset; of archives, the unpacked content is searched too.
"""

import base64
import io
import json
import os
import tarfile
import urllib.parse
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import IO, Any

_CHUNK = 1 << 20
_GZIP = b"\x1f\x8b"


class Search:
    """A search for secrets.

    Args:
        secrets: What must not be found; each has 16 characters or more, so that none is found by
            chance.

    Attributes:
        looked_at: How many places have been searched.
        found: The names of those that hold a secret.
    """

    def __init__(self, *secrets: str) -> None:
        assert all(len(each) >= 16 for each in secrets)
        self._needles = frozenset(form for each in secrets for form in _forms(each))
        self.looked_at = 0
        self.found: list[str] = []

    def text(self, name: str, content: str) -> None:
        """Search a text."""
        self.stream(name, io.BytesIO(content.encode()))

    def stream(self, name: str, source: IO[bytes]) -> None:
        """Search bytes, and what they are packed from."""
        self.looked_at += 1
        if self._holds(source):
            self.found.append(name)

    def files(self, folder: Path, without: Iterable[Path] = ()) -> None:
        """Search the files below a folder, raw and unpacked, and their names."""
        left_out = set(without)
        for path in folder.rglob("*"):
            if path in left_out or path.is_symlink() or not path.is_file():
                continue
            self.text(f"name of {path}", str(path))
            with path.open("rb") as file:
                self.stream(str(path), file)

    def saved_image(self, chunks: Iterable[bytes]) -> None:
        """Search what `docker save` gives: configuration, history, and every layer unpacked."""
        with tarfile.open(fileobj=_Joined(chunks), mode="r|") as outer:
            for member in outer:
                if content := outer.extractfile(member):
                    self.stream(f"{member.name} of the image", content)

    def processes(self) -> list[str]:
        """Search command lines and environments of all that this process has started; name it."""
        names = []
        for process in _descendants(os.getpid()):
            place = Path("/proc", str(process))
            try:
                command, environment = (
                    (place / kind).read_bytes() for kind in ("cmdline", "environ")
                )
            except OSError:  # it has ended
                continue
            name = command.replace(b"\0", b" ")[:200].decode(errors="replace")
            names.append(name)
            self.stream(f"command line of {name}", io.BytesIO(command))
            self.stream(f"environment of {name}", io.BytesIO(environment))
        return names

    def _holds(self, source: IO[bytes]) -> bool:
        """Search in one pass, as streams cannot be read twice."""
        raw, inside = _Window(self._needles), _Window(self._needles)
        chunk = source.read(_CHUNK)
        unpacker = zlib.decompressobj(wbits=31) if chunk.startswith(_GZIP) else None
        while chunk:
            if raw.sees(chunk) or (unpacker and inside.sees(unpacker.decompress(chunk))):
                return True
            chunk = source.read(_CHUNK)
        return False


class _Window:
    """Sees what lies across two chunks, too."""

    def __init__(self, needles: frozenset[bytes]) -> None:
        self._needles = needles
        self._kept = b""

    def sees(self, chunk: bytes) -> bool:
        window = self._kept + chunk
        self._kept = window[1 - max(map(len, self._needles)) :]
        return any(needle in window for needle in self._needles)


def _forms(secret: str) -> Iterator[bytes]:
    raw = secret.encode()
    yield raw
    yield urllib.parse.quote(secret, safe="").encode()
    yield json.dumps(secret)[1:-1].encode()
    yield secret.replace("/", "\\/").encode()
    for encode in (base64.b64encode, base64.urlsafe_b64encode):
        for before in range(3):  # the characters that neighbours have a part in are left out
            encoded = encode(b"\0" * before + raw)
            yield encoded[(0, 2, 3)[before] : len(encoded) // 4 * 4 - 4]


def _descendants(process: int) -> list[int]:
    """The processes that one has started, and theirs."""
    parents = {int(each.name): _parent(each) for each in Path("/proc").glob("[0-9]*")}
    found, new = [], [process]
    while new:
        new = [child for child, parent in parents.items() if parent in new]
        found += new
    return found


def _parent(process: Path) -> int:
    """The number of the process that started one; 0 for one that has ended."""
    try:
        stat = (process / "stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return 0
    return int(stat.rpartition(")")[2].split()[1])  # a program's name may hold spaces


class _Joined(io.RawIOBase):
    """Chunks as one stream."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks, self._rest = iter(chunks), b""

    def readable(self) -> bool:
        return True

    def read(self, size: int | None = -1, /) -> bytes:
        wanted = -1 if size is None else size
        while wanted < 0 or len(self._rest) < wanted:
            chunk = next(self._chunks, b"")
            if not chunk:
                break
            self._rest += chunk
        given, self._rest = (
            (self._rest, b"") if wanted < 0 else (self._rest[:wanted], self._rest[wanted:])
        )
        return given


def objects(search: Search, s3: Any) -> None:
    """Search all objects of all buckets, and what S3 tells of them."""
    for bucket in (each["Name"] for each in s3.list_buckets()["Buckets"]):
        for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket):
            for each in page.get("Contents", ()):
                found = s3.get_object(Bucket=bucket, Key=each["Key"])
                name = f"s3://{bucket}/{each['Key']}"
                search.text(f"headers of {name}", str(found["ResponseMetadata"]))
                search.stream(name, io.BytesIO(found["Body"].read()))


def logs(search: Search, client: Any) -> None:
    """Search the lines of all log groups."""
    for groups in client.get_paginator("describe_log_groups").paginate():
        for group in (each["logGroupName"] for each in groups["logGroups"]):
            events = client.get_paginator("filter_log_events").paginate(logGroupName=group)
            lines = [each["message"] for page in events for each in page["events"]]
            search.text(group, "\n".join(lines))
