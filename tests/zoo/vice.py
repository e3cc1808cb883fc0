"""Declares vices, and finds them."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from tests.zoo import vices
from tests.zoo.models import Models
from tests.zoo.server import Server
from tests.zoo.trainer import Trainer

Animal = type[Server] | type[Trainer] | type[Models]
_Kind = TypeVar("_Kind", bound=Animal)


@dataclass(frozen=True)
class Vice:
    """One way to break the contract.

    Attributes:
        name: For the command line.
        clauses: Those that checks have to find violated, and no other.
        group: The suite's group that has to find it.
        animal: The class.
        docker: Whether only Docker shows it.
    """

    name: str
    clauses: frozenset[str]
    group: str
    animal: Animal
    docker: bool = False


_ATTRIBUTE = "zoo_vice"


def vice(name: str, *clauses: str, group: str, docker: bool = False) -> Callable[[_Kind], _Kind]:
    """Declare a class to be a vice; see `Vice` for the arguments."""

    def declare(animal: _Kind) -> _Kind:
        setattr(animal, _ATTRIBUTE, Vice(name, frozenset(clauses), group, animal, docker))
        return animal

    return declare


def discover() -> dict[str, Vice]:
    """Every vice in the folder `vices`, by name."""
    found: dict[str, Vice] = {}
    for module in pkgutil.iter_modules(vices.__path__):
        content = vars(importlib.import_module(f"{vices.__name__}.{module.name}"))
        for each in content.values():
            declared = vars(each).get(_ATTRIBUTE) if isinstance(each, type) else None
            if declared is not None and each.__module__ == content["__name__"]:
                assert declared.name not in found, declared.name
                found[declared.name] = declared
    return found
