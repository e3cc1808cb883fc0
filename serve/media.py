"""Media types: which ones there are, what a Content-Type means and what an Accept header prefers.

Parameters are parsed, never compared (C4.22, C6.12); answers carry a bare type (C4.33, C6.15).
"""

import codecs
import functools
from dataclasses import dataclass
from typing import NamedTuple

from werkzeug.datastructures import MIMEAccept
from werkzeug.http import parse_accept_header, parse_options_header

from serve.errors import Kind, ServeError

JSON = "application/json"
CSV = "text/csv"
JSON_LINES = "application/jsonlines"
NPY = "application/x-npy"
NPZ = "application/x-npz"


class Format(NamedTuple):
    """One format, for the code and for the documentation.

    Attributes:
        media_type: Its name.
        request: What a body of it looks like.
        answer: What an answer of it looks like; empty where it is only read.
        aliases: Other names that clients really send (C6.36).
    """

    media_type: str
    request: str
    answer: str
    aliases: tuple[str, ...] = ()


FORMATS = (
    Format(
        JSON,
        '`{"instances": [record, ...]}`, a bare list of records, or one record. A record is a list '
        'of values in the order of the signature, `{"features": [...]}`, or an object of values by '
        "name; `null` or an absent name is a missing reading.",
        '`{"predictions": [{...}, ...]}`',
        ("text/json",),
    ),
    Format(
        CSV,
        "One record a line, in the order of the signature, or in any order under a header; an "
        "empty field is a missing reading.",
        "`location,probability,column,row,uncertainty,status`, one line a record, no header",
        ("csv", "application/csv"),
    ),
    Format(
        JSON_LINES,
        "One record of JSON a line; empty lines are skipped.",
        "One prediction of JSON a line",
        ("application/x-jsonlines", "application/jsonl", "application/x-ndjson"),
    ),
    Format(
        NPY,
        "An array of shape (records, fields) as `numpy.save` writes it; NaN is a missing reading.",
        "float32 probabilities of shape (records, labels)",
    ),
    Format(NPZ, "The same in an archive of one array, as `numpy.savez` writes it.", ""),
)
READ = tuple(each.media_type for each in FORMATS)
WRITTEN = tuple(each.media_type for each in FORMATS if each.answer)
ALIASES = {alias: each.media_type for each in FORMATS for alias in each.aliases}

_HEADERS = 64  # that are understood once and remembered; clients send the same ones again and again

# Python has text codecs that run slowly or warn on odd input; these do neither.
CHARSETS = ("utf-8", "ascii", "iso8859-1", "iso8859-15", "cp1252", "utf-16", "utf-32")


@dataclass(frozen=True)
class ContentType:
    """What a body is: one of `READ`, and how its text is encoded."""

    media_type: str
    charset: str = "utf-8"


@functools.lru_cache(_HEADERS)
def parse_content_type(header: str | None) -> ContentType:
    """Understand a Content-Type; a missing one means JSON (C1.41).

    Raises:
        ServeError: The type or its charset is not known (415).
    """
    if not (header or "").strip():
        return ContentType(JSON)
    name, parameters = parse_options_header(header)
    name = name.strip().lower()
    media_type = ALIASES.get(name, name)
    if media_type not in READ:
        raise ServeError(
            Kind.UNSUPPORTED_MEDIA_TYPE,
            f"Content-Type {name!r:.200} is not supported; allowed are {', '.join(READ)}.",
            hint="Name the body's format in the Content-Type header.",
        )
    return ContentType(media_type, _charset(parameters.get("charset", "utf-8")))


def _charset(name: str) -> str:
    try:
        codec = codecs.lookup(name).name
    except (LookupError, ValueError):
        codec = name
    if codec not in CHARSETS:
        raise ServeError(
            Kind.UNSUPPORTED_MEDIA_TYPE,
            f"The charset {name!r:.60} of the Content-Type is not read; "
            f"allowed are {', '.join(CHARSETS)}.",
            hint="Send UTF-8.",
        )
    return codec


@functools.lru_cache(_HEADERS)
def choose(accept: str | None, default: str) -> str:
    """Pick the answer's media type: the most preferred one that can be written (C6.14).

    Args:
        accept: The Accept header; None or empty means anything.
        default: What is given where anything is accepted.

    Raises:
        ServeError: None of the accepted types can be written (406).
    """
    if not (accept or "").strip():
        return default
    wishes = sorted(parse_accept_header(accept, MIMEAccept), key=lambda wish: -wish[1])
    refused = {ALIASES.get(name.lower(), name.lower()) for name, quality in wishes if quality <= 0}
    for name, quality in wishes:
        wanted = parse_options_header(name)[0].lower()
        for media_type in (default, *WRITTEN):
            if quality > 0 and media_type not in refused and _covers(wanted, media_type):
                return media_type
    raise ServeError(
        Kind.NOT_ACCEPTABLE,
        f"Accept {accept!r:.200} cannot be satisfied; available are {', '.join(WRITTEN)}.",
    )


def preferred(accept: str | None, default: str) -> str:
    """The most preferred type, whatever it is; for a writer of the user's (C6.14).

    Args:
        accept: The Accept header; None or empty means anything.
        default: What is given where a range of types is accepted.
    """
    wishes = sorted(parse_accept_header(accept, MIMEAccept), key=lambda wish: -wish[1])
    for name, quality in wishes:
        wanted = parse_options_header(name)[0].lower()
        if quality > 0 and "/" in wanted and "*" not in wanted:
            return wanted
        if quality > 0:
            return default
    return default


def _covers(wanted: str, media_type: str) -> bool:
    family, _, kind = wanted.partition("/")
    if kind == "*" or wanted == "*":
        return family == "*" or media_type.startswith(f"{family}/")
    return ALIASES.get(wanted, wanted) == media_type
