"""Devices among the records of every format that has names."""

from typing import Any

import numpy as np
import pytest

from model.errors import InputError
from model.signature import Field, InputSpec
from serve import decode, media
from serve.media import ContentType
from serve.wishes import Read, Wishes

NAMES = ("a1", "a2", "a3")
FEATURES = (
    '{"instances": [{"features": [-70, null, -90], "device": "x"}, {"device": "07"}, '
    '{"device": "x", "a3": -1}]}'
)


def spec(names: tuple[str, ...] = NAMES) -> InputSpec:
    return InputSpec(tuple(Field(name, -120.0, 0.0, "dBm") for name in names), missing=-200.0)


def read(body: str, media_type: str, names: tuple[str, ...] = NAMES) -> Read:
    return decode.read(body.encode(), ContentType(media_type, "utf-8"), spec(names), 10_000)


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        ("a1,device,a3\n-70,x,-90\n,07,\n,x,-1", media.CSV),
        ('device, a3,a1\n"x",-90,-70\n 07 ,,\nx,-1,\n', media.CSV),
        ('[{"a1": -70, "a3": -90, "device": "x"}, {"device": "07"}, {"device": "x", "a3": -1}]',
         media.JSON),
        (FEATURES, media.JSON),
        ('{"a1": -70, "a3": -90, "device": "x"}\n{"device": "07"}\n{"device": "x", "a3": -1}\n',
         media.JSON_LINES),
    ],
)  # fmt: skip
def test_a_device_is_read_beside_the_fields(body: str, media_type: str) -> None:
    data, asked = read(body, media_type)
    assert asked == Wishes(devices=("x", "07", "x"))
    expected = [[-70, -200, -90], [-200, -200, -200], [-200, -200, -1]]
    np.testing.assert_array_equal(data, expected)


@pytest.mark.parametrize(
    ("body", "media_type"),
    [
        ("[[-70, -80, -90]]", media.JSON),
        ('{"instances": [{"a1": -70}]}', media.JSON),
        ('[{"a1": -70, "device": null}]', media.JSON),
        ("a1,a2\n-70,-80\n", media.CSV),
    ],
)
def test_without_devices_nothing_is_asked(body: str, media_type: str) -> None:
    assert read(body, media_type).asked is None


def test_switches_and_devices_come_together() -> None:
    body = '{"standing": true, "instances": [{"device": "x"}], "sequence": false}'
    assert read(body, media.JSON).asked == Wishes(standing=True, devices=("x",))


LONG = "x" * 129


@pytest.mark.parametrize(
    ("body", "media_type", "expected"),
    [
        ('[{"device": 7}, {"device": ["x"]}, {"device": "x"}]', media.JSON,
         [(0, "device", 7), (1, "device", ["x"])]),
        ('[{"device": ""}, {"device": " "}]', media.JSON, [(0, "device", ""), (1, "device", " ")]),
        (f'[{{"device": "{LONG}"}}]', media.JSON, [(0, "device", LONG)]),
        ('[{"device": "x"}, {"a1": -70}, [-70, -80, -90]]', media.JSON,
         [(1, "device", None), (2, "device", None)]),
        ('{"device": "x"}\n{"device": null}', media.JSON_LINES, [(1, "device", None)]),
        ("device,a1\nx,-70\n,-80\n", media.CSV, [(1, "device", "")]),
        ("device,a1\nx,-70,-80\n", media.CSV, [(0, None, "3 columns")]),
        ("device,device\nx,y\n", media.CSV, [(None, "device", "device")]),
        ('{"instances": [], "sequence": 1, "standing": "true"}', media.JSON,
         [(None, "sequence", 1), (None, "standing", "true")]),
        ('{"instances": [], "sequence": true, "devices": []}', media.JSON,
         [(None, "devices", [])]),
        ('{"instances": 3, "sequence": true}', media.JSON, [(None, None, 3)]),
    ],
)  # fmt: skip
def test_every_fault_is_named(body: str, media_type: str, expected: list[tuple[Any, ...]]) -> None:
    with pytest.raises(InputError) as caught:
        read(body, media_type)
    assert [(each.row, each.field, each.got) for each in caught.value.problems] == expected


def test_a_field_of_the_model_with_this_name_comes_first() -> None:
    names = ("device", "a2")
    for body, media_type in (
        ("device,a2\n-7,-8\n", media.CSV),
        ('[{"device": -7, "a2": -8}]', media.JSON),
    ):
        data, asked = read(body, media_type, names)
        assert asked is None
        np.testing.assert_array_equal(data, [[-7, -8]])
