import io
import json

import numpy as np
import pytest

from container.errors import PlatformError
from local_test.formats import FORMATS, agreement
from tests.support.models import LABELS, signature

ROWS = [[-78.0, -200.0], [-90.5, -61.0]]
ANSWERS = [{"location": "A02", "probability": 0.7}, {"location": "B01", "probability": 0.6}]
BODIES = {
    "JSON": json.dumps({"predictions": ANSWERS}).encode(),
    "CSV": b"A02,0.7,1,2,0.5,ok\nB01,0.6,2,1,0.5,ok\n",
    "JSON lines": "".join(json.dumps(each) + "\n" for each in ANSWERS).encode(),
}


def _npy(*rows: list[float]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, np.array(rows, np.float32))
    return buffer.getvalue()


def test_every_format_says_the_same_rows() -> None:
    bodies = {each.name: each.encode(ROWS) for each in FORMATS}

    assert bodies["CSV"] == b"-78,-200\n-90.5,-61\n"
    assert json.loads(bodies["JSON"]) == {"instances": ROWS}
    assert [json.loads(line)["features"] for line in bodies["JSON lines"].splitlines()] == ROWS
    assert np.load(io.BytesIO(bodies["NPY"])).tolist() == ROWS


def test_every_format_gives_the_same_guesses() -> None:
    bodies = {**BODIES, "NPY": _npy([0.1, 0.7, 0.1, 0.1], [0.2, 0.1, 0.6, 0.1])}
    guesses = {each.name: each.decode(bodies[each.name], signature()) for each in FORMATS}

    assert guesses["JSON"] == [("A02", 0.7), ("B01", 0.6)]
    assert LABELS.index("A02") == 1
    agreement(guesses)


@pytest.mark.parametrize(
    ("npy", "message"),
    [
        (_npy([0.1, 0.7, 0.1, 0.1]), "NPY gave 1 answers, JSON 2"),
        (_npy([0.7, 0.1, 0.1, 0.1], [0.2, 0.1, 0.6, 0.1]), "NPY answers row 0 by"),
        (_npy([0.1, 0.7, 0.1, 0.1], [0.2, 0.1, 0.601, 0.1]), "NPY answers row 1 by"),
    ],
)
def test_formats_that_differ_are_named(npy: bytes, message: str) -> None:
    bodies = {**BODIES, "NPY": npy}
    guesses = {each.name: each.decode(bodies[each.name], signature()) for each in FORMATS}

    with pytest.raises(PlatformError, match=message):
        agreement(guesses)
