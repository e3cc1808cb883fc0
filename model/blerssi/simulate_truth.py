"""The truth about simulated scans, one line each in the order of their file.

location,column,row,visit,world
K04,11.3127,3.8001,0,0
"""

from pathlib import Path
from typing import Final

from model.blerssi.floor_plan import FloorPlan
from model.blerssi.simulate_survey import Survey

COLUMNS: Final = ("location", "column", "row", "visit", "world")


def write(path: Path, survey: Survey, plan: FloorPlan) -> None:
    """Write where scans were really taken, in which visit, and in which world.

    Args:
        path: The file.
        survey: What to write.
        plan: Has the names of its cells.

    Raises:
        OSError: The file cannot be written.
    """
    lines = [",".join(COLUMNS)]
    truth = zip(survey.scans.cells, survey.places, survey.visits, survey.worlds, strict=True)
    for cell, (column, row), visit, world in truth:
        lines.append(f"{plan.cells[cell]},{column:.4f},{row:.4f},{visit},{world}")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*lines, ""]), encoding="ascii")
