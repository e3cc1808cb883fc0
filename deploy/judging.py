"""How far an endpoint's answers are from the truth, over scans whose cell is known."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from statistics import fmean
from typing import Any, Final

from container.errors import UserError
from deploy import scans
from deploy.answers import Answer
from deploy.client import Client
from deploy.errors import DeployError
from deploy.floor_plan import FLOOR
from deploy.scans import Scan

FIGURE: Final = "validation_mean_error_cells"  # of the signature, by training


@dataclass(frozen=True)
class Score:
    """What came of it.

    Attributes:
        scans: How many were judged.
        mean_error_cells: Between the answered position and the middle of the true cell, where no
            beacon was heard too: the figure that training calls validation_mean_error_cells.
        exact: The share of scans whose answered cell is the true one.
    """

    scans: int
    mean_error_cells: float
    exact: float

    def to_dict(self) -> dict[str, Any]:
        """As data, for programs."""
        return asdict(self)

    def __str__(self) -> str:
        return (
            f"{self.mean_error_cells:.2f} cells off on average, {self.exact:.0%} in the right "
            f"cell ({self.scans:,} scans)"
        )


def labelled(path: Path) -> list[Scan]:
    """Read the scans of a file whose cell is known.

    Raises:
        UserError: There is none.
    """
    found = [each for each in scans.read(path) if each.truth in FLOOR]
    if not found:
        raise UserError(
            f"{path} has no scan whose cell is known.",
            hint="A column `location` names it, K04 for example.",
        )
    return found


def judge(asked: Client, rows: Sequence[Scan]) -> Score:
    """Ask an endpoint about labelled scans, and measure.

    Raises:
        InvocationError: The model refused rows, or failed.
        DeployError: The endpoint cannot be asked, or answers without positions.
    """
    answers = asked.predict([each.row for each in rows], top_k=1)
    pairs = list(zip(rows, answers, strict=True))
    return Score(
        len(rows),
        fmean(_error(scan, answer) for scan, answer in pairs),
        fmean(answer.label == scan.truth for scan, answer in pairs),
    )


def _error(scan: Scan, answer: Answer) -> float:
    found = answer.distance_to(FLOOR[str(scan.truth)])
    if found is None:
        raise DeployError("The endpoint answers without positions, so it cannot be judged.")
    return found
