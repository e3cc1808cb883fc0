"""A model that answers in parts: every value of the request comes back as a line of its own.

The folder is what /opt/ml/model would be; the conformance suite checks streaming with it (C1.50).
"""

import time
from collections.abc import Iterator

_PAUSE = 0.05  # seconds a part takes to make, which shows whether something holds parts back


def model_fn(_model_dir: str) -> None:
    """Give the model: there is nothing to load."""


def transform_fn(_model: None, body: str, _content_type: str, _accept: str) -> tuple[object, str]:
    """Refuse an empty request while there is a status to do so, and give the parts to come."""
    values = [each.strip() for each in body.split(",") if each.strip()]
    if not values:
        raise ValueError("There is nothing to answer; send values with commas between them.")
    return _parts(values), "text/plain"


def _parts(values: list[str]) -> Iterator[str]:
    for each in values:
        time.sleep(_PAUSE)
        yield f"{each}\n"
