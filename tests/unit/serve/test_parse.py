import io
import json
import zipfile
from typing import Any

import numpy as np
import pytest

from serve import parse
from serve.errors import Kind, ServeError


def npy(array: Any) -> bytes:
    file = io.BytesIO()
    np.save(file, array)
    return file.getvalue()


def npz(**arrays: Any) -> bytes:
    file = io.BytesIO()
    np.savez_compressed(file, **arrays)
    return file.getvalue()


def refusal(function: Any, *arguments: Any) -> ServeError:
    with pytest.raises(ServeError) as caught:
        function(*arguments)
    return caught.value


@pytest.mark.parametrize(
    ("body", "charset", "expected"),
    [
        (b"\xef\xbb\xbf[1]", "utf-8", "[1]"),
        ("é".encode("latin1"), "iso8859-1", "é"),
        ("é".encode("utf-16"), "utf-16", "é"),
    ],
)
def test_text_is_decoded_and_loses_its_mark(body: bytes, charset: str, expected: str) -> None:
    assert parse.text(body, charset) == expected


def test_wrong_bytes_are_named() -> None:
    error = refusal(parse.text, b"ab\xff", "utf-8")
    assert error.kind is Kind.MALFORMED_BODY
    assert "byte 2" in error.message
    assert error.problems[0].got == "bytes ff"


@pytest.mark.parametrize(
    ("document", "cause"),
    [
        ("[1", "line 1 column 3"),
        ("[1]]", "Extra data"),
        ("", "Expecting value"),
        ("[NaN]", "NaN is no JSON number"),
        ("[-Infinity]", "-Infinity is no JSON number"),
        ('{"a": 1, "b": {"c": 1, "c": 2}}', "'c' comes twice"),
        ("[" * 100_000, "nested too deeply"),
        ("[" + "9" * 5000 + "]", "more digits"),
        ("{'a': 1}", "double quotes"),
        ('["\x00"]', "control character"),
    ],
)
def test_json_is_strict(document: str, cause: str) -> None:
    error = refusal(parse.json_value, document)
    assert error.kind is Kind.MALFORMED_BODY
    assert cause in error.message
    assert len(error.problems) == 1


def test_json_lines_skip_empty_lines_and_name_every_bad_one() -> None:
    assert parse.json_lines('[1]\r\n\n  \n{"a": "\u2028"}') == [[1], {"a": "\u2028"}]
    error = refusal(parse.json_lines, "[1]\n[\n\n[2]\nx\n")
    assert [problem.row for problem in error.problems] == [1, 3]


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6, dtype=">i2").reshape(2, 3),
        np.asfortranarray(np.ones((2, 3), np.float16)),
        np.zeros((0, 13)),
        np.float64(3),
        np.array([[True]]),
    ],
)
def test_npy_is_read_as_numpy_wrote_it(array: Any) -> None:
    np.testing.assert_array_equal(parse.npy(npy(array)), array)


class Pickled:
    def __reduce__(self) -> tuple[Any, ...]:
        raise AssertionError("nothing is ever unpickled")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\x93NUMPY",
        b"[1, 2]",
        npy(np.ones(3))[:-1],
        npy(np.ones(3)) + b"x",
        npy(np.ones(3)).replace(b"(3,)", b"(9,)"),
        npy(np.ones(3)).replace(b"(3,)", b"(-3,)"),
        npy(np.array(["text"])),
        npy(np.array([1 + 2j])),
        npy(np.array([(1, 2)], [("a", int), ("b", int)])),
        npy(np.array(["2020-01-01"], "datetime64[D]")),
        npy(np.array([None, {}], object)),
        npz(a=np.ones(3)),
        b"\x93NUMPY\x03\x00" + npy(np.ones(3))[8:],
    ],
)
def test_other_npy_bodies_are_refused(body: bytes) -> None:
    error = refusal(parse.npy, body)
    assert error.kind is Kind.MALFORMED_BODY
    assert error.problems


def test_npz_is_read_by_name() -> None:
    arrays = parse.npz(npz(a=np.ones(3), b=np.zeros((2, 2))), 10_000)
    assert {name: array.shape for name, array in arrays.items()} == {"a": (3,), "b": (2, 2)}


def test_an_archive_that_unpacks_to_more_than_the_limit_is_refused() -> None:
    assert refusal(parse.npz, npz(a=np.zeros(10**6)), 10_000).kind is Kind.TOO_LARGE


def damaged() -> bytes:
    whole = bytearray(npz(a=np.arange(100)))
    whole[60:70] = b"\xff" * 10
    return bytes(whole)


def other_archive() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        archive.writestr("readme.txt", "no array")
    return file.getvalue()


@pytest.mark.parametrize("body", [b"", b"PK\x03\x04", damaged(), other_archive(), npy(np.ones(3))])
def test_other_archives_are_refused(body: bytes) -> None:
    assert refusal(parse.npz, body, 10_000).kind is Kind.MALFORMED_BODY


LONG = ", ".join(["[-70, null, 1.5]"] * 80_000)


@pytest.mark.parametrize(
    "document",
    [
        f"[{LONG}]",
        f'\n{{ "instances" :\t[ {LONG} ] \n}}\n',
        f'{{"x": [{LONG}]}}',
        f'{{"sequence": true, "instances": [{LONG}] , "none": [], "x": {{"y": [1]}}}}',
    ],
)
def test_long_documents_mean_what_they_mean_in_one_go(document: str) -> None:
    assert parse.json_value(document) == json.loads(document)


@pytest.mark.parametrize(
    "ending",
    ["", "]]", "], 1", "}", "]}", ",]", " 1]", "NaN]", '{"a": 1, "a": 2}]', "[" * 5000, "]\u00a0"],
)
def test_long_documents_are_as_strict(ending: str) -> None:
    assert refusal(parse.json_value, f"[{LONG}, 1{ending}").kind is Kind.MALFORMED_BODY


@pytest.mark.parametrize("ending", ['"a" 1}', '"a": 1]', "1: 2}", '"x": 1}', "}", '"a": 1}}'])
def test_members_beside_a_long_list_are_read_as_strictly(ending: str) -> None:
    document = f'{{"x": [{LONG}], {ending}'
    assert refusal(parse.json_value, document).kind is Kind.MALFORMED_BODY
