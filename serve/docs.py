"""The README's tables about serving, each taken from where its rows are implemented."""

from collections.abc import Iterator

from serve.app import ROUTES
from serve.errors import Kind
from serve.media import FORMATS
from serve.metrics import METRICS

Row = tuple[str, ...]


def routes() -> Iterator[Row]:
    """Path, methods and meaning of every route."""
    for route in ROUTES:
        yield f"`{route.path}`", ", ".join(route.methods), route.text


def formats() -> Iterator[Row]:
    """Name, other names, request and answer of every format."""
    for each in FORMATS:
        aliases = ", ".join(f"`{alias}`" for alias in each.aliases)
        yield f"`{each.media_type}`", aliases, each.request, each.answer or "not written"


def errors() -> Iterator[Row]:
    """Status, code and meaning of every error."""
    for kind in sorted(Kind, key=lambda kind: kind.status):
        yield str(kind.status), f"`{kind.code}`", kind.text


def metrics() -> Iterator[Row]:
    """Name, kind, labels and meaning of every metric."""
    for metric in METRICS:
        labels = ", ".join(f"`{label}`" for label in metric.labels)
        yield f"`{metric.exposed}`", metric.kind.__name__.lower(), labels, metric.text
