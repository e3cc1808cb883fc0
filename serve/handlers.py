"""A user's `inference.py`: where it is found, which functions it has and how they are called.

The names and arguments are those of AWS's inference toolkit (C6.10, C6.20).
"""

import inspect
import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from inspect import Parameter
from pathlib import Path
from typing import Any, Final

import numpy as np

from container import contract
from container.environment import Environment
from serve.calling import HandlerError, described
from serve.context import Context
from serve.isolation import Isolated

# The functions and the arguments that each is called with, before the context.
FUNCTIONS: Final = {
    "pre_model_fn": ("model_dir",),
    "model_fn": ("model_dir",),
    "model_warmup_fn": ("model_dir", "model"),
    "input_fn": ("request_body", "content_type"),
    "predict_fn": ("data", "model"),
    "output_fn": ("prediction", "accept"),
    "transform_fn": ("model", "request_body", "content_type", "accept"),
}
_EXCLUSIVE: Final = ("input_fn", "predict_fn", "output_fn")
_CONTEXT_NAMES: Final = ("context", "ctx", "_context")
_REQUIREMENTS: Final = "requirements.txt"

_log = logging.getLogger("blerssi.serve")


class Function:
    """One function of a handler, and what it wants to be told.

    Raises:
        HandlerError: It does not take the arguments that it would be called with.
    """

    def __init__(self, name: str, function: Callable[..., Any]) -> None:
        self.name = name
        self._function = function
        self._count = len(FUNCTIONS[name])
        parameters = list(inspect.signature(function).parameters.values())
        places = [p for p in parameters if p.kind in {p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD}]
        self._extra = [p.name for p in places[self._count :] if _is_asked_for(p)]
        self._keyword = any(p.kind is p.KEYWORD_ONLY and _is_context(p) for p in parameters)
        variadic = any(p.kind is p.VAR_POSITIONAL for p in parameters)
        most = 2 if name == "input_fn" else 1
        if (len(places) < self._count and not variadic) or len(self._extra) > most:
            raise HandlerError(
                f"{name} takes {inspect.signature(function)}; it is called with "
                f"({', '.join(FUNCTIONS[name])}) and, where it takes one more, the context."
            )

    def __call__(self, *arguments: Any, context: Context, model: Any = None) -> Any:
        """Call it; an `input_fn` may ask for the model as well (C6.13)."""
        asks_model = self.name == "input_fn"
        extra = [model if asks_model and name == "model" else context for name in self._extra]
        named = {"context": context} if self._keyword else {}
        return self._function(*arguments, *extra, **named)


@dataclass(frozen=True)
class Handlers:
    """The functions of one program by name, and its modules."""

    program: Path
    functions: Mapping[str, Function]
    modules: Isolated

    def get(self, name: str) -> Function | None:
        """One of `FUNCTIONS`, where the program has it."""
        return self.functions.get(name)


def find(model_dir: Path, variables: Mapping[str, str], *, several: bool = False) -> Path | None:
    """The program of a model; None where there is none.

    It is looked for in SAGEMAKER_SUBMIT_DIRECTORY, the model's `code`, the model's folder and
    /opt/ml/code (C6.20, C7.26); of several models, only in the middle two (C3.15).

    Raises:
        HandlerError: SAGEMAKER_PROGRAM names one that is in none of them.
    """
    named = variables.get(contract.PROGRAM, "").strip()
    program = named or contract.DEFAULT_PROGRAM
    program = program if program.endswith(".py") else f"{program}.py"
    folders = [model_dir / contract.CODE, model_dir]
    if not several:
        submitted = variables.get(contract.SUBMIT_DIRECTORY, "").strip()
        submitted = submitted.removeprefix("file://")
        if submitted and "://" not in submitted:  # s3:// is where it was packed from (C1.60)
            folders.insert(0, Path(submitted))
        folders.append(Environment.from_variables(variables).base / contract.CODE)
    for folder in folders:
        if (folder / program).is_file():
            return folder / program
    if named and not several:
        raise HandlerError(
            f"{contract.PROGRAM} is {named!r:.100}, which is in none of "
            f"{', '.join(map(str, folders))}.",
            hint="Put it into the folder code of model.tar.gz, or unset the variable.",
        )
    return None


def load(program: Path, model_dir: Path) -> Handlers:
    """Import a program and look at its functions.

    Raises:
        HandlerError: Importing it fails, or its functions contradict each other.
    """
    _mention_requirements(program.parent)
    _let_mxnet_be_imported()
    modules = Isolated(_folders(program, model_dir / contract.CODE))
    try:
        module = modules.load(program.stem)
        functions = {
            name: Function(name, getattr(module, name))
            for name in FUNCTIONS
            if callable(getattr(module, name, None))
        }
        _check_exclusive(functions)
    except HandlerError:
        modules.close()
        raise
    except (Exception, SystemExit) as error:
        modules.close()
        _log.exception("%s cannot be imported.", program)
        raise HandlerError(f"{program.name} cannot be imported: {described(error)}") from error
    _log.info("%s handles requests with %s.", program, ", ".join(functions) or "no function")
    return Handlers(program, functions, modules)


def _check_exclusive(functions: Mapping[str, Function]) -> None:
    both = [name for name in _EXCLUSIVE if name in functions]
    if "transform_fn" in functions and both:
        raise HandlerError(
            f"There is a transform_fn and {', '.join(both)} as well; one way excludes the other."
        )


def _folders(program: Path, code: Path) -> Sequence[Path]:
    """Where its modules lie: beside it, and in the code folder that it may lie below."""
    return list(dict.fromkeys((program.parent, code if code.is_dir() else program.parent)))


def _mention_requirements(folder: Path) -> None:
    """Nothing is installed at start: there may be no network, and no time (C1.61, C6.21)."""
    if (folder / _REQUIREMENTS).is_file():
        _log.warning(
            "%s is not installed at start. Build an image FROM this one that installs it: "
            "RUN pip install --requirement %s",
            folder / _REQUIREMENTS,
            _REQUIREMENTS,
        )


def _let_mxnet_be_imported() -> None:
    """MXNet looks for `numpy.bool`, which numpy 1.24 removed (apache/mxnet#21165)."""
    if "bool" not in vars(np):
        np.bool = bool  # type: ignore[attr-defined]


def _is_context(parameter: Parameter) -> bool:
    return parameter.name in _CONTEXT_NAMES


def _is_asked_for(parameter: Parameter) -> bool:
    """Whether a further parameter is to be filled; an option of the user's own is left alone."""
    return _is_context(parameter) or parameter.default is parameter.empty
