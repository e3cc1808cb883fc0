"""CSV from its bytes, held to the reader of everything and to Python's own numbers."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from model.errors import InputError
from model.signature import Field, InputSpec
from serve import delimited, plain_csv
from serve.errors import ServeError
from serve.rows import Rows

SPEC = InputSpec(
    tuple(Field(name, -120.0, 100.0, "dBm") for name in ("a1", "a2", "a3")),
    missing=-200.0,
    also_missing=(-199.0, -198.5),
)

good = st.one_of(
    st.just(""),
    st.sampled_from(["-200", "-199", "-198.5", "0", "-0", "-0.0", "5.", ".5", "-.25", "007"]),
    st.integers(-120, 100).map(str),
    st.decimals(-99, 99, places=2).map(str),
    st.decimals(-9, 99, places=5).map(lambda number: str(number)[:8]),
)
ODD = (
    r"-|.|-.|1-|--1|1.2.3|..|+5|1e1|1E1|nan|inf|x|101|-121|123456789|-1234567|0.0000001"
    '| 7|7 |/|:|1_0|"7"|é|\0'
)
odd = st.sampled_from(ODD.split("|"))
headers = st.sampled_from(
    [
        "",
        "",
        "",
        "a1,a2,a3",
        "a3,a1",
        "a2",
        "a1,a1,a2",
        "a1,b",
        "device,a1,a2",
        "nan,1,2",
        "e5,a1,a2",
    ]
)
ends = st.sampled_from(["\n", "\r\n", "\r", "\n\n"])


def both(body: bytes) -> np.typing.NDArray[np.float32] | None:
    """Read a body both ways; where it is plain they must agree. Gives the plain reading."""
    plain = plain_csv.read(body, Rows(SPEC))
    if plain is not None:
        expected = delimited.read(body.decode(), Rows(SPEC))
        assert plain.dtype == expected.dtype
        assert plain.tobytes() == expected.tobytes()  # the sign of zero, too
    return plain


@settings(max_examples=300)
@given(
    headers,
    st.lists(st.lists(good | st.one_of(good, odd), min_size=1, max_size=4), max_size=8),
    ends,
    st.sampled_from(["", "\n", "\n\n", "\r\n", "\n" * 70, " \n"]),
)
@example("", [[""] * 3], "\n", "")
@example("a1", [["1"], [""], ["2"]], "\n", "\n")
def test_what_is_plain_means_what_the_other_reader_says(
    header: str, lines: list[list[str]], end: str, around: str
) -> None:
    text = end.join(([header] if header else []) + [",".join(line) for line in lines])
    both(f"{around}{text}{around}".encode())


@given(
    st.lists(st.lists(good, min_size=3, max_size=3), min_size=1, max_size=30),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
)
def test_good_numbers_are_plain(lines: list[list[str]], end: str, last: bool) -> None:
    body = end.join(",".join(line) for line in lines) + (end if last else "")
    found = both(body.encode())
    assert found is not None
    assert found.shape == (len(lines), 3)


@pytest.mark.parametrize("header", ["a3,a1\n", "a3,a1\r\n", "\n\na3,a1\n"])
def test_a_header_puts_columns_in_their_places(header: str) -> None:
    found = both(f"{header}-5,1\n,2.5\n".encode())
    assert found is not None
    assert found.tolist() == [[1, -200, -5], [2.5, -200, -200]]


@pytest.mark.parametrize(
    "body",
    [
        b"", b"\n", b"a1,a2,a3\n", b"a1,a2,a3", b"1,2\n", b"1,2,3,4\n", b"1,2,3\n\n4,5,6\n",
        b"1,2,3\r4,5,6", b"1,2,3;4,5,6", b"1,2,101\n", b"a1,b,a2\n1,2,3\n", b"a1,a1\n1,2\n",
        b"1,2,3\n4,5\n6\n", b'"1",2,3\n', b"1, 2,3\n", b"1,2,1e1\n", b"1,2,0.1234567\n",
        b"\xef\xbb\xbf1,2,3\n", b"a1\n\n1\n", b"a1,a2,a3\n1,2,\xff\n",
    ],
)  # fmt: skip
def test_anything_else_is_left_to_the_other_reader(body: bytes) -> None:
    assert plain_csv.read(body, Rows(SPEC)) is None


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_a_body_of_many_chunks(end: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = [f"{i % 90},-{i % 7}.5,".encode() for i in range(500)]
    expected = np.array([[i % 90, -(i % 7) - 0.5, -200] for i in range(500)], np.float32)
    for size in (1, 7, 64, 1000):
        monkeypatch.setattr(plain_csv, "CHUNK", size)
        found = both(end.join(lines))
        assert found is not None
        np.testing.assert_array_equal(found, expected)


def test_a_fault_behind_many_good_lines_is_named_by_the_other_reader() -> None:
    body = b"1,2,3\n" * 50_000 + b"1,2,x\n"
    rows = Rows(SPEC)
    assert plain_csv.read(body, rows) is None
    with pytest.raises(InputError) as caught:
        delimited.read(body.decode(), rows)
    assert [(each.row, each.field) for each in caught.value.problems] == [(50_000, "a3")]


@given(st.binary(max_size=60))
def test_no_bytes_are_too_much(body: bytes) -> None:
    plain = plain_csv.read(body, Rows(SPEC))
    if plain is not None:
        try:
            expected = delimited.read(body.decode(), Rows(SPEC))
        except (InputError, ServeError, UnicodeDecodeError) as error:
            pytest.fail(f"only the plain reader takes it: {error}")
        assert plain.tobytes() == expected.tobytes()
