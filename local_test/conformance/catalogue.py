"""The contract's clauses as data: `catalogue.toml`, read and held to its form."""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from container.errors import UserError
from local_test.conformance.registry import Check

FILE = Path(__file__).with_name("catalogue.toml")
HARD = ("D", "S")
GRADES: Mapping[str, str] = {
    "D": "documented by AWS",
    "S": "seen in the source of AWS's tools",
    "O": "observed by users",
    "I": "inferred from the others",
}
_KEYS = {"grade", "title", "means", "breaks", "mend", "source", "unchecked"}
_OPTIONAL = {"unchecked"}


@dataclass(frozen=True)
class Clause:
    """One clause of the contract.

    Attributes:
        name: `C1.22`, for example.
        grade: `D` and `S` are hard, `O` and `I` advisory; see `GRADES`.
        title: In a few words.
        means: What the platform does and what the container must do.
        breaks: What commonly breaks it.
        mend: What to change.
        source: Who says so.
        unchecked: Why it cannot be checked from outside; empty where it can.
    """

    name: str
    grade: str
    title: str
    means: str
    breaks: str
    mend: str
    source: str
    unchecked: str = ""

    @property
    def is_hard(self) -> bool:
        """Whether a container that violates it does not conform."""
        return self.grade in HARD


Catalogue = Mapping[str, Clause]


def load(path: Path = FILE) -> dict[str, Clause]:
    """Read a catalogue, in the order of the clauses' numbers.

    Raises:
        UserError: It is no catalogue; every fault is named.
    """
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UserError(f"{path} cannot be read: {error}.") from error
    entries = {
        f"{section}.{number}": entry
        for section, numbered in content.items()
        if isinstance(numbered, dict)
        for number, entry in numbered.items()
    }
    if faults := [fault for name, entry in entries.items() for fault in _faults(name, entry)]:
        raise UserError(f"{path} is no catalogue: {'; '.join(faults)}.")
    return {name: Clause(name, **entries[name]) for name in sorted(entries, key=order)}


def order(name: str) -> tuple[int, int]:
    """Sort clauses by their numbers."""
    section, _, number = name.removeprefix("C").partition(".")
    return int(section), int(number)


def grade(catalogue: Catalogue, checks: Iterable[Check]) -> None:
    """Hold the checks against the catalogue.

    Raises:
        UserError: Some name clauses that are not in it.
    """
    unknown = sorted(
        f"{clause} ({each.name})"
        for each in checks
        for clause in each.clauses
        if clause not in catalogue
    )
    if unknown:
        raise UserError(f"The catalogue lacks clauses that checks name: {', '.join(unknown)}.")


def _faults(name: str, entry: Any) -> list[str]:
    if not re.fullmatch(r"C[1-9]\d*\.[1-9]\d*", name) or not isinstance(entry, dict):
        return [f"{name} is not a clause"]
    wrong = [f"{name} lacks {key}" for key in sorted(_KEYS - _OPTIONAL - entry.keys())]
    wrong += [f"{name} has an unknown {key}" for key in sorted(entry.keys() - _KEYS)]
    wrong += [
        f"{name}: {key} is not a text"
        for key in sorted(_KEYS & entry.keys())
        if not isinstance(entry[key], str) or not entry[key].strip()
    ]
    if not wrong and entry["grade"] not in GRADES:
        wrong.append(f"{name} has grade {entry['grade']!r}, allowed are {', '.join(GRADES)}")
    return wrong
