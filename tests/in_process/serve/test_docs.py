"""The handler in docs/serving.md does what the page says."""

import json
import re
from pathlib import Path

import pytest

from container.settings import Settings
from model.predictor import Predictor
from serve import making
from serve.core import Core, Request
from serve.errors import ServeError
from serve.handlers import FUNCTIONS
from tests.support.models import signed_model

PAGE = (Path(__file__).parents[3] / "docs" / "serving.md").read_text(encoding="utf-8")
ROWS = b"-70,-80,,,,,,,,,,,-90\n,,,-60,,,,,,,,,-90\n"


def test_the_example_names_rooms_line_by_line(tmp_path: Path) -> None:
    (program,) = re.findall(r"^```python\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)
    signed_model(tmp_path)
    plain = making.make(tmp_path, {}, Settings())
    cells = plain.invoke(Request(ROWS, "text/csv", "text/csv")).body.splitlines()
    names = [line.partition(b",")[0] for line in cells]
    (tmp_path / "code").mkdir()
    (tmp_path / "code" / "inference.py").write_text(program)
    answerer = making.make(tmp_path, {}, Settings())

    answer = answerer.invoke(Request(ROWS, "text/csv"))

    assert answer.media_type == "text/plain"
    assert answer.pieces is not None
    rooms = {b"A01": b"lobby", b"A02": b"reading room"}
    assert list(answer.pieces) == [rooms.get(name, name) + b"\n" for name in names]
    with pytest.raises(ServeError, match="first floor") as caught:
        answerer.invoke(Request(ROWS, "text/csv", headers={"X-Floor": "2"}))
    assert caught.value.status == 422
    for each in (plain, answerer):
        each.close()


@pytest.mark.parametrize(("name", "arguments"), FUNCTIONS.items())
def test_every_function_is_described_with_its_arguments(
    name: str, arguments: tuple[str, ...]
) -> None:
    assert f"| `{name}` | `{', '.join(arguments)}` |" in PAGE


REQUESTS = re.findall(r"^```json\n(.*?)^```$", PAGE, re.DOTALL | re.MULTILINE)


@pytest.mark.parametrize(
    ("body", "answers", "key"),
    list(zip(REQUESTS, (1, 3, 2, 1), (None, None, "device", "contributions"), strict=True)),
)
def test_every_example_of_a_request_is_answered(
    signed: Predictor, body: str, answers: int, key: str | None
) -> None:
    found = json.loads(Core(signed).invoke(Request(body.encode())).body)["predictions"]
    assert len(found) == answers
    assert key is None or all(key in each for each in found)
