"""Bodies to rows: every format says the same, and every fault is named."""

import io
import json
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import InputError
from model.signature import Field, InputSpec
from serve import decode, media
from serve.errors import Kind, ServeError
from serve.media import ContentType

SPEC = InputSpec(
    tuple(Field(name, -120.0, 0.0, "dBm") for name in ("a1", "a2", "a3")),
    missing=-200.0,
    also_missing=(-199.0,),
)
ROWS = np.array([[-70, -200, -90.5], [-200, -80, 0]], np.float32)


def rows(body: bytes | str, media_type: str = media.JSON, charset: str = "utf-8") -> Any:
    data = body.encode() if isinstance(body, str) else body
    return decode.read(data, ContentType(media_type, charset), SPEC, 10_000).data


def problems(body: bytes | str, media_type: str = media.JSON) -> list[tuple[Any, ...]]:
    with pytest.raises(InputError) as caught:
        rows(body, media_type)
    return [(each.row, each.field, each.got) for each in caught.value.problems]


def saved(array: Any, *, archive: bool = False) -> bytes:
    file = io.BytesIO()
    (np.savez if archive else np.save)(file, array)
    return file.getvalue()


WITH_NAN = np.where(ROWS == -200, np.nan, ROWS).astype(np.float64)


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        ("[[-70, -200, -90.5], [-200, -80, 0]]", media.JSON),
        ("[[-70, null, -90.5], [null, -80, 0]]", media.JSON),
        ("[[-70, -199, -90.5], [-200, -80, -0.0]]", media.JSON),
        ('{"instances": [[-70, null, -90.5], {"features": [null, -80, 0]}]}', media.JSON),
        ('[{"a3": -90.5, "a1": -70}, {"a2": -80, "a3": 0, "a1": null}]', media.JSON),
        ("-70,,-90.5\n,-80,0\n", media.CSV),
        ("-70,-200,-90.5\r\n\r\n-200,-80,0", media.CSV),
        ("\n -70 , ,-90.5 \n\n  \n,-80,0e0\n\n", media.CSV),
        ('"-70","",-90.5\n"",-80,"0"\n', media.CSV),
        ("a3,a1,a2\n-90.5,-70,\n0,,-80\n", media.CSV),
        ('"a1", a2,a3\r\n-70,,-90.5\r\n,-80,0\r\n', media.CSV),
        ("-70,,-90.5\r,-80,0\r", media.CSV),
        ('[-70, null, -90.5]\n\n{"a2": -80, "a3": 0}\n', media.JSON_LINES),
        (saved(ROWS), media.NPY),
        (saved(WITH_NAN), media.NPY),
        (saved(ROWS, archive=True), media.NPZ),
    ],
)
def test_all_formats_mean_the_same(body: bytes | str, media_type: str) -> None:
    found = rows(body, media_type)
    assert found.dtype == np.float32
    np.testing.assert_array_equal(found, ROWS)


values = (
    st.none() | st.integers(-210, 10) | st.floats(-201, 1) | st.booleans()
    | st.sampled_from([-200, -199.0, -120, 0, -0.0, 10**400, 1e300, "x", [1]])
)  # fmt: skip
lists = st.lists(values, min_size=2, max_size=4)
names = st.sampled_from(["a1", "a2", "a3", "features", "device", "a4"])


@given(
    lists
    | lists.map(lambda each: {"features": each})
    | st.dictionaries(names, values, min_size=1, max_size=4)
)
def test_a_single_record_means_what_it_means_among_others(record: Any) -> None:
    def read(count: int) -> Any:
        try:
            return rows(json.dumps({"instances": [record] * count}))[0].tobytes()
        except InputError as error:
            first = [each for each in error.problems if each.row == 0]
            return [(each.field, each.got, each.expected) for each in first]

    assert read(1) == read(2)


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        ("[-70, null, -90.5]", media.JSON),
        ('{"a1": -70, "a3": -90.5}', media.JSON),
        ('{"features": [-70, null, -90.5]}', media.JSON),
        ("-70,,-90.5", media.CSV),
        ("a1,a3\n-70,-90.5", media.CSV),
        (saved(ROWS[0]), media.NPY),
    ],
)
def test_a_single_record_needs_no_list(body: bytes | str, media_type: str) -> None:
    np.testing.assert_array_equal(rows(body, media_type), ROWS[:1])


def test_a_body_in_another_charset() -> None:
    np.testing.assert_array_equal(
        rows("-70,,-90.5".encode("utf-16"), media.CSV, "utf-16"), ROWS[:1]
    )


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        ("", media.JSON),
        (" \n", media.JSON),
        ("[]", media.JSON),
        ('{"instances": []}', media.JSON),
        ("", media.CSV),
        ("\n\n", media.CSV),
        ('""\n""', media.CSV),
        ("a1,a2,a3\n", media.CSV),
        ("a1,a2,a3", media.CSV),
        ("\n", media.JSON_LINES),
        ("", media.NPY),
        (saved(np.zeros((0, 3))), media.NPY),
        ("", media.NPZ),
    ],
)
def test_no_record_is_said_to_be_none(body: bytes | str, media_type: str) -> None:
    with pytest.raises(ServeError) as caught:
        rows(body, media_type)
    assert caught.value.kind is Kind.EMPTY_BODY


@pytest.mark.parametrize(
    ("body", "media_type", "expected"),
    [
        ("[[-70, 7, -500], [1, 2, 3]]", media.JSON,
         [(0, "a2", 7.0), (0, "a3", -500.0), (1, "a1", 1.0), (1, "a2", 2.0), (1, "a3", 3.0)]),
        ('[[-70, "x", true], [-70, -80, 1e400]]', media.JSON,
         [(0, "a2", "x"), (0, "a3", True), (1, "a3", float("inf"))]),
        ("[[-70, false, -70]]", media.JSON, [(0, "a2", False)]),
        ("[[-70, -80], [-70, -80, -90, -1]]", media.JSON,
         [(0, None, "2 values"), (1, None, "4 values")]),
        ('[{"a1": -70, "a9": 1}, {"features": -70}]', media.JSON,
         [(0, "a9", 1), (1, None, -70)]),
        ('[{"features": [-70, -70, -70], "a1": 1}]', media.JSON,
         [(0, "features", [-70, -70, -70]), (0, "a1", 1)]),
        ("[[" + "9" * 400 + ", -1, -1]]", media.JSON, [(0, "a1", int("9" * 400))]),
        ("[-70, [1]]", media.JSON, [(0, None, -70), (1, None, "1 values")]),
        ("3", media.JSON, [(None, None, 3)]),
        ("null", media.JSON, [(None, None, None)]),
        ('{"instances": 3}', media.JSON, [(None, None, 3)]),
        ('{"instances": [[-70, -70, -70]], "parameters": 1}', media.JSON,
         [(None, "parameters", 1)]),
        ("-70,abc,-80\n-70,-80\n-70,-80,9", media.CSV,
         [(0, "a2", "abc"), (1, None, "2 columns"), (2, "a3", 9.0)]),
        ("-70,nan,-80\n-70,inf,-80\n-70,1_0,-80\n1e999,-70,-70", media.CSV,
         [(0, "a2", float("nan")), (1, "a2", float("inf")), (2, "a2", "1_0"),
          (3, "a1", float("inf"))]),
        ("-70,-80,9\n", media.CSV, [(0, "a3", 9.0)]),
        ("-70,-80\n-70,-80\n", media.CSV, [(0, None, "2 columns"), (1, None, "2 columns")]),
        ("a1,a9,a1\n1,2,3", media.CSV, [(None, "a9", "a9"), (None, "a1", "a1")]),
        ("a1,a2\n-70,-80,-90\n", media.CSV, [(0, None, "3 columns")]),
        ("[-70,-80,-90]\n[-70]\n", media.JSON_LINES, [(1, None, "1 values")]),
        (saved(np.ones((2, 4))), media.NPY, []),
        (saved(np.ones((1, 1, 3))), media.NPY, []),
        (saved(np.array([[True] * 3])), media.NPY, []),
        (saved(np.array([[np.inf, -1, -1]])), media.NPY, [(0, "a1", float("inf"))]),
    ],
)  # fmt: skip
def test_every_fault_is_named(
    body: bytes | str, media_type: str, expected: list[tuple[Any, ...]]
) -> None:
    assert repr(problems(body, media_type)[: len(expected)]) == repr(expected)


def test_a_misspelt_name_brings_the_nearest() -> None:
    with pytest.raises(InputError, match="did you mean a2"):
        rows('{"aa2": -70}')


def test_all_problems_are_counted_and_some_described() -> None:
    with pytest.raises(InputError) as caught:
        rows(json.dumps([[7, 7, 7]] * 1000))
    assert caught.value.total == 3000
    assert len(caught.value.problems) == 50


@pytest.mark.parametrize(
    "body", ['"-70,-80,-90', '-70,"x"y,-80', "-70,\x00,-80", "1" * 200_000 + ",x"]
)
def test_broken_csv_is_malformed(body: str) -> None:
    with pytest.raises((ServeError, InputError)) as caught:
        rows(body, media.CSV)
    known = ServeError.of(caught.value)
    assert known.kind.status == 400
    assert known.problems


def test_an_archive_of_several_arrays_must_name_ours() -> None:
    file = io.BytesIO()
    np.savez(file, data=ROWS, other=ROWS)
    np.testing.assert_array_equal(rows(file.getvalue(), media.NPZ), ROWS)
    file = io.BytesIO()
    np.savez(file, one=ROWS, other=ROWS)
    assert problems(file.getvalue(), media.NPZ) == [(None, "data", "one, other")]


@pytest.mark.parametrize("ending", ["\n", "\r\n"])
def test_many_lines_are_read_in_pieces_and_in_order(ending: str) -> None:
    lines = [f"-{i % 120},,-{i % 7}" for i in range(20_000)]
    body = ending.join(["", *lines[:9000], *[""] * 9000, *lines[9000:]])
    found = rows(body, media.CSV)
    assert found.shape == (20_000, 3)
    np.testing.assert_array_equal(found[:, 0], [-(i % 120) for i in range(20_000)])
