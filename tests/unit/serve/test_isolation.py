"""Modules that are a user's own, whatever their names."""

import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import pytest

from serve.isolation import Isolated

Write = Callable[..., Isolated]


@pytest.fixture
def write(tmp_path: Path) -> Iterator[Write]:
    made: list[Isolated] = []

    def write(folder: str = "code", **files: str) -> Isolated:
        place = tmp_path / folder
        for name, text in files.items():
            path = place.joinpath(*name.split("__in__")[::-1]).with_suffix(".py")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        made.append(Isolated([place]))
        return made[-1]

    yield write
    for each in made:
        each.close()


def seen(module: ModuleType) -> object:
    return module.SEEN


@pytest.mark.parametrize(
    ("program", "found"),
    [
        ("import helper; SEEN = helper.NAME", "helper"),
        ("from helper import NAME as SEEN", "helper"),
        ("from helper import *; SEEN = NAME", "helper"),
        ("import package.inner; SEEN = package.inner.NAME", "inner"),
        ("from package import inner; SEEN = inner.NAME", "inner"),
        ("import package.inner as short; SEEN = short.NAME", "inner"),
        ("from package.relative import NAME as SEEN", "inner"),
        ("from . import helper; SEEN = helper.NAME", "helper"),
        ("def late():\n    import helper\n    return helper.NAME\nSEEN = late()", "helper"),
        ("import folder.inner; SEEN = folder.inner.NAME", "folder"),
        ("import code; SEEN = code.InteractiveConsole.__name__", "InteractiveConsole"),
        ("import model; SEEN = model.NAME", "the user's model"),
        ("import json.decoder; SEEN = json.decoder.__name__", "json.decoder"),
        ("from os.path import join; SEEN = join('a', 'b')", "a/b"),
        ("import os.path, helper; SEEN = os.path.basename('a/b') + helper.NAME", "bhelper"),
    ],
)
def test_imports_find_the_users_modules_first(write: Write, program: str, found: str) -> None:
    user = write(
        inference=program,
        helper="NAME = 'helper'",
        model='NAME = "the user\'s model"',
        __init____in__package="",
        inner__in__package="NAME = 'inner'",
        relative__in__package="from .inner import NAME",
        inner__in__folder="NAME = 'folder'",
        inner__in__code="",
    )
    assert seen(user.load("inference")) == found


def test_a_module_is_loaded_once_and_two_folders_share_none(write: Write) -> None:
    program = "import helper, other; SEEN = (helper, other.helper)"
    helper, other = "", "import helper"
    one = seen(write("one", inference=program, helper=helper, other=other).load("inference"))
    two = seen(write("two", inference=program, helper=helper, other=other).load("inference"))
    assert isinstance(one, tuple)
    assert isinstance(two, tuple)
    assert one[0] is one[1]
    assert two[0] is two[1]
    assert one[0] is not two[0]


def test_closing_forgets_every_module(write: Write) -> None:
    before, finders = set(sys.modules), list(sys.meta_path)
    user = write(inference="import helper", helper="")
    user.load("inference")
    assert set(sys.modules) > before
    user.close()
    assert set(sys.modules) == before
    assert sys.meta_path == finders


def test_what_is_missing_is_told_by_its_plain_name(write: Write) -> None:
    with pytest.raises(ModuleNotFoundError, match="No module named 'nothing_of_that_name'"):
        write(inference="import nothing_of_that_name").load("inference")


def test_nothing_is_written_beside_the_program(write: Write, tmp_path: Path) -> None:
    write(inference="import helper", helper="").load("inference")
    assert not list(tmp_path.rglob("__pycache__"))
