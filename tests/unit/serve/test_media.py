import pytest

from serve import media
from serve.errors import Kind, ServeError
from serve.media import ContentType


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (None, ContentType(media.JSON)),
        ("", ContentType(media.JSON)),
        ("application/json; charset=utf-8", ContentType(media.JSON, "utf-8")),
        ("Text/CSV ;charset=LATIN1", ContentType(media.CSV, "iso8859-1")),
        ("text/csv; label_size=0", ContentType(media.CSV)),
        ("text/json", ContentType(media.JSON)),
        ("application/x-ndjson", ContentType(media.JSON_LINES)),
        ('application/json; charset="UTF-16"', ContentType(media.JSON, "utf-16")),
    ],
)
def test_content_types_are_parsed(header: str | None, expected: ContentType) -> None:
    assert media.parse_content_type(header) == expected


@pytest.mark.parametrize(
    "header",
    [
        "image/png",
        "application/x-recordio-protobuf",
        "nonsense",
        ";",
        "application/json; charset=klingon",
        "application/json; charset=base64",
        "application/json; charset=unicode_escape",
        "application/json; charset=a\x00b",
    ],
)
def test_unknown_types_and_charsets_are_415(header: str) -> None:
    with pytest.raises(ServeError) as caught:
        media.parse_content_type(header)
    assert caught.value.kind is Kind.UNSUPPORTED_MEDIA_TYPE


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        (None, media.JSON),
        (" ", media.JSON),
        ("*/*", media.JSON),
        ("*", media.JSON),
        ("text/csv", media.CSV),
        ("text/*", media.CSV),
        ("application/*", media.JSON),
        ("text/csv, application/json", media.CSV),
        ("text/csv;q=0.5, application/json;q=0.9", media.JSON),
        ("image/png, application/x-npy;q=0.1", media.NPY),
        ("*/*, application/json;q=0", media.CSV),
        ("application/json; charset=utf-8", media.JSON),
        ("text/json", media.JSON),
        ("application/x-npz, */*;q=0.1", media.JSON),
    ],
)
def test_the_most_preferred_type_is_chosen(accept: str | None, expected: str) -> None:
    assert media.choose(accept, media.JSON) == expected


@pytest.mark.parametrize("accept", ["image/png", "application/x-npz", "text/csv;q=0", "image/*"])
def test_nothing_acceptable_is_406(accept: str) -> None:
    with pytest.raises(ServeError) as caught:
        media.choose(accept, media.JSON)
    assert caught.value.kind is Kind.NOT_ACCEPTABLE


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, "text/csv"),
        ("", "text/csv"),
        ("*/*", "text/csv"),
        ("image/*", "text/csv"),
        ("image/png", "image/png"),
        ("Image/PNG; level=1", "image/png"),
        ("text/plain;q=0.5, image/png", "image/png"),
        ("image/png;q=0, text/plain", "text/plain"),
        ("image/png;q=0", "text/csv"),
        ("nonsense", "text/csv"),
    ],
)
def test_what_a_handler_is_asked_for(accept: str | None, chosen: str) -> None:
    assert media.preferred(accept, "text/csv") == chosen
