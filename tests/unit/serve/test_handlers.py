"""Where a program is found and how its functions are called."""

import logging
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from serve import handlers
from serve.calling import HandlerError
from serve.context import Context
from serve.handlers import Function


@pytest.fixture
def base(tmp_path: Path) -> Path:
    (tmp_path / "model").mkdir()
    return tmp_path


def place(base: Path, *paths: str) -> None:
    for path in paths:
        (base / path).parent.mkdir(parents=True, exist_ok=True)
        (base / path).touch()


@pytest.mark.parametrize(
    ("files", "variables", "found"),
    [
        ((), {}, None),
        (("model/code/inference.py",), {}, "model/code/inference.py"),
        (("model/inference.py",), {}, "model/inference.py"),
        (("code/inference.py",), {}, "code/inference.py"),
        (("model/code/a.py",), {"SAGEMAKER_PROGRAM": "a.py"}, "model/code/a.py"),
        (("model/code/a.py",), {"SAGEMAKER_PROGRAM": "a"}, "model/code/a.py"),
        (("model/code/b/a.py",), {"SAGEMAKER_PROGRAM": "b/a.py"}, "model/code/b/a.py"),
        (("model/code/inference.py",), {"SAGEMAKER_PROGRAM": ""}, "model/code/inference.py"),
        (
            ("model/code/inference.py", "sent/inference.py"),
            {"SAGEMAKER_SUBMIT_DIRECTORY": "{base}/sent"},
            "sent/inference.py",
        ),
        (
            ("model/code/inference.py", "sent/inference.py"),
            {"SAGEMAKER_SUBMIT_DIRECTORY": "file://{base}/sent"},
            "sent/inference.py",
        ),
        (
            ("model/code/inference.py",),
            {"SAGEMAKER_SUBMIT_DIRECTORY": "s3://bucket/sourcedir.tar.gz"},
            "model/code/inference.py",
        ),
        (
            ("model/inference.py",),  # as ModelBuilder's local mode mounts it (C7.26)
            {"SAGEMAKER_SUBMIT_DIRECTORY": "{base}/model/code", "SAGEMAKER_PROGRAM": "inference"},
            "model/inference.py",
        ),
    ],
)
def test_a_program_is_found(
    base: Path, files: tuple[str, ...], variables: dict[str, str], found: str | None
) -> None:
    place(base, *files)
    given = {name: text.format(base=base) for name, text in variables.items()}
    program = handlers.find(base / "model", {"SAGEMAKER_BASE_DIR": str(base), **given})
    assert program == (base / found if found else None)


def test_a_program_that_is_named_must_be_there(base: Path) -> None:
    variables = {"SAGEMAKER_PROGRAM": "mine.py", "SAGEMAKER_BASE_DIR": str(base)}
    with pytest.raises(HandlerError, match=r"SAGEMAKER_PROGRAM is 'mine\.py'"):
        handlers.find(base / "model", variables)


def test_one_of_several_models_has_only_its_own_program(base: Path) -> None:
    place(base, "code/inference.py", "sent/inference.py")
    variables = {
        "SAGEMAKER_BASE_DIR": str(base),
        "SAGEMAKER_SUBMIT_DIRECTORY": str(base / "sent"),
        "SAGEMAKER_PROGRAM": "inference.py",
    }
    assert handlers.find(base / "model", variables, several=True) is None
    place(base, "model/code/inference.py")
    found = handlers.find(base / "model", variables, several=True)
    assert found == base / "model/code/inference.py"


CONTEXT = Context(Path("model"))


@pytest.mark.parametrize(
    ("name", "function", "seen"),
    [
        ("model_fn", lambda model_dir: (model_dir,), (1,)),
        ("model_fn", lambda model_dir, context: (model_dir, context), (1, CONTEXT)),
        ("model_fn", lambda model_dir, context=None: (model_dir, context), (1, CONTEXT)),
        ("model_fn", lambda model_dir, anything: (model_dir, anything), (1, CONTEXT)),
        ("model_fn", lambda model_dir, *, context: (model_dir, context), (1, CONTEXT)),
        ("model_fn", lambda model_dir, option=7: (model_dir, option), (1, 7)),
        ("model_fn", lambda *arguments: arguments, (1,)),
        ("input_fn", lambda body, kind: (body, kind), (1, 2)),
        ("input_fn", lambda body, kind, context: (body, kind, context), (1, 2, CONTEXT)),
        ("input_fn", lambda body, kind, model: (body, kind, model), (1, 2, "model")),
        ("input_fn", lambda b, k, model, ctx: (b, k, model, ctx), (1, 2, "model", CONTEXT)),
        ("transform_fn", lambda m, b, k, a, context: (m, b, k, a, context), (1, 2, 3, 4, CONTEXT)),
    ],
)
def test_functions_get_what_they_ask_for(
    name: str, function: Callable[..., Any], seen: tuple[object, ...]
) -> None:
    given = range(1, 1 + len(handlers.FUNCTIONS[name]))
    assert Function(name, function)(*given, context=CONTEXT, model="model") == seen


@pytest.mark.parametrize(
    ("name", "function"),
    [
        ("model_fn", lambda: None),
        ("predict_fn", lambda data: data),
        ("predict_fn", lambda data, model, context, more: (data, model, context, more)),
        ("input_fn", lambda b, k, model, context, more: (b, k, model, context, more)),
    ],
)
def test_functions_that_cannot_be_called_are_refused(
    name: str, function: Callable[..., Any]
) -> None:
    with pytest.raises(HandlerError, match=f"{name} takes"):
        Function(name, function)


def test_requirements_are_mentioned_not_installed(
    base: Path, caplog: pytest.LogCaptureFixture
) -> None:
    place(base, "model/code/inference.py", "model/code/requirements.txt")
    loaded = handlers.load(base / "model/code/inference.py", base / "model")
    loaded.modules.close()
    assert "requirements.txt is not installed at start" in caplog.text
    assert caplog.records[0].levelno == logging.WARNING
