"""The quick way through CSV, held to the way field by field."""

import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import InputError
from model.signature import Field, InputSpec
from serve import delimited
from serve.errors import ServeError
from serve.rows import Rows

SPEC = InputSpec(
    tuple(Field(name, -120.0, 100.0, "dBm") for name in ("a1", "a2", "a3")), missing=-200.0
)

fields = st.sampled_from(["", " ", "\t", "-200", "1", "-0", " 2 ", "0.123456789", "1e1", "-1.5E-3"])
lines = st.lists(fields, min_size=3, max_size=3).map(",".join) | st.sampled_from(["", " ", "\t"])


def slow(document: str) -> np.typing.NDArray[np.float32]:
    records = csv.reader(io.StringIO(document, newline=""))
    return Rows(SPEC).from_text(
        [each for each in records if "".join(each).strip() or each[1:]], None
    )


@given(st.lists(lines, min_size=1, max_size=12), st.sampled_from(["\n", "\r\n", "\r"]))
def test_good_numbers_are_those_of_the_fields(documents: list[str], end: str) -> None:
    document = end.join(documents)
    with pytest.MonkeyPatch.context() as patch:
        for piece in (1, 20, 1 << 18):
            patch.setattr(delimited, "_PIECE", piece)
            try:
                found = delimited.read(document, Rows(SPEC))
            except ServeError:
                assert not len(slow(document))
                continue
            assert found.tobytes() == slow(document).tobytes()


@pytest.mark.parametrize("piece", [1, 20, 1 << 18])
@pytest.mark.parametrize(
    ("document", "problems"),
    [
        ("1,2,3\n4,5,600\n7,800,9\n", [(1, "a3", 600.0), (2, "a2", 800.0)]),
        ("1,2,3\n\n4,5\n7,8,1e999\n", [(1, None, "2 columns"), (2, "a3", float("inf"))]),
        ("a3,a1\n1,2\n3,x\n", [(1, "a1", "x")]),
    ],
)
def test_faults_are_named_by_their_row(
    document: str,
    problems: list[tuple[object, ...]],
    piece: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(delimited, "_PIECE", piece)
    with pytest.raises(InputError) as caught:
        delimited.read(document, Rows(SPEC))
    assert [(each.row, each.field, each.got) for each in caught.value.problems] == problems
