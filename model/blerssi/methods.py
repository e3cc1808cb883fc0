"""The methods that the protocol judges, by name, and whether they can run here."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Final, NamedTuple

from model.blerssi import baselines, learners, reference_recipe, trained
from model.blerssi.baselines import Probabilities
from model.blerssi.data import Scans
from model.blerssi.scores import OUTPUT
from model.signature import OutputSpec

OURS: Final = "ours"
SCIKIT_LEARN: Final = "scikit-learn"
MXNET: Final = "mxnet"
_MODULES: Final = {SCIKIT_LEARN: "sklearn", MXNET: "mxnet"}


@dataclass(frozen=True, eq=False)
class Task:
    """One method on one split.

    Attributes:
        method: Its name.
        training: What it learns from.
        judged: What it answers.
        seed: Start of its random numbers.
        settings: Our hyperparameters that differ from their defaults.
        variables: The environment of processes that are started.
    """

    method: str
    training: Scans
    judged: Scans
    seed: int
    settings: Mapping[str, str]
    variables: Mapping[str, str]


class Answered(NamedTuple):
    """What a method says of the judged scans.

    Attributes:
        probabilities: (N, 105).
        output: What the answers mean, where the method learnt that.
    """

    probabilities: Probabilities
    output: OutputSpec


class _Entry(NamedTuple):
    """A method, and the package that it needs beside NumPy."""

    answer: Callable[[Task], Answered]
    package: str | None = None


def answer(task: Task) -> Answered:
    """Let a method learn and answer.

    Raises:
        DataError: Our training fails.
    """
    return _METHODS[task.method].answer(task)


def names() -> tuple[str, ...]:
    """All methods, ours last."""
    return tuple(_METHODS)


def lacks(name: str) -> str | None:
    """The package that a method needs and that is not installed here; None for none."""
    package = _METHODS[name].package
    return package if package is not None and find_spec(_MODULES[package]) is None else None


def _simple(learn: Callable[[Scans, int], baselines.Method]) -> Callable[[Task], Answered]:
    def answer(task: Task) -> Answered:
        return Answered(learn(task.training, task.seed)(task.judged.readings), OUTPUT)

    return answer


def _light(learn: Callable[[Scans], baselines.Method]) -> _Entry:
    return _Entry(_simple(lambda training, _seed: learn(training)))


def _ours(task: Task) -> Answered:
    predictor = trained.train(task.training, task.seed, task.settings, task.variables)
    probabilities = predictor.probabilities(task.judged.readings)
    output = predictor.signature.output if predictor.signature else OUTPUT
    predictor.close()
    return Answered(probabilities, output)


_METHODS: Final[Mapping[str, _Entry]] = {
    **{name: _light(learn) for name, learn in baselines.LIGHT.items()},
    "random forest": _Entry(_simple(learners.random_forest), SCIKIT_LEARN),
    "extra trees": _Entry(_simple(learners.extra_trees), SCIKIT_LEARN),
    "Gaussian process": _Entry(_simple(learners.gaussian_process), SCIKIT_LEARN),
    "reference recipe": _Entry(_simple(reference_recipe.learn), MXNET),
    OURS: _Entry(_ours, MXNET),
}
