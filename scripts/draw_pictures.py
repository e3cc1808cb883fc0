"""Draws the pictures of the README: the way of a model, and one prediction on the floor map.

python -m scripts.draw_pictures                                     docs/flow.svg
python -m scripts.draw_pictures --model FOLDER --scans FILE --scan 3   and docs/prediction.svg
"""

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np

from model import runtime
from model.blerssi import grid, svg
from model.blerssi.data import Scans, read
from model.blerssi.floor_map import Floor, Prediction, floor_map_svg
from model.predictor import Predictor

PICTURES: Final = Path(__file__).resolve().parent.parent / "docs"
BOX: Final = (206.0, 118.0)
GAP: Final = 64.0
EDGE: Final = 8.0
TIP: Final = (
    '<defs><marker id="to" viewBox="0 0 6 6" refX="6" refY="3" markerWidth="7" markerHeight="7" '
    'orient="auto-start-reverse"><path d="M0,0L6,3L0,6Z" class="dot"/></marker></defs>'
)
STATIONS: Final = (
    ("On your machines", "Kubeflow pod on UCS, or a laptop", ("docker run IMAGE train",)),
    ("Amazon S3", "plain MXNet export and signature", ("model.tar.gz",)),
    (
        "SageMaker endpoint",
        "the same image, from ECR",
        ("docker run IMAGE serve", "/ping  /invocations"),
    ),
    ("Client", "13 signal strengths in", ("K04, within 1.4 cells",)),
)


def flow() -> str:
    """Draw the way of a model from the machine that trains it to the client that asks it."""
    shapes = [TIP]
    for number, (name, what, commands) in enumerate(STATIONS):
        left, middle = EDGE + number * (BOX[0] + GAP), EDGE + BOX[1] / 2
        centre = left + BOX[0] / 2
        shapes.append(svg.rectangle((left, EDGE), BOX, "fill1", 0.12))
        shapes.append(svg.rectangle((left, EDGE), BOX, "line1", 0))
        shapes.append(svg.text((centre, EDGE + 28), name))
        shapes.append(svg.text((centre, EDGE + 47), what, "small quiet"))
        for line, command in enumerate(commands):
            shapes.append(svg.text((centre, EDGE + 76 + 20 * line), command))
        if number:
            start, end = (left - GAP + 6, middle), (left - 6, middle)
            both = 'marker-start="url(#to)" ' if name == "Client" else ""
            shapes.append(svg.line(start, end, "ink", f'{both}marker-end="url(#to)"'))
    width = 2 * EDGE + len(STATIONS) * BOX[0] + (len(STATIONS) - 1) * GAP
    return svg.document(width, BOX[1] + 2 * EDGE, "From training to an answer", shapes)


def prediction(model: Path, scans: Scans, number: int) -> str:
    """Draw what a model says of one scan.

    Args:
        model: A model folder.
        scans: Scans, with their cells where they are known.
        number: Which of them, from 0.
    """
    scan = scans.take(np.array([number]))
    answers = Predictor.load(model).answers(scan.readings, 1)
    place = answers.positions[0] if answers.positions is not None else None
    radius = answers.uncertainty[0] if answers.uncertainty is not None else None
    return floor_map_svg(
        Floor(np.asarray(grid.COORDINATES), grid.CELLS, np.asarray(grid.BEACON_POSITIONS)),
        Prediction(
            answers.probabilities[0],
            None if place is None else (float(place[0]), float(place[1])),
            None if radius is None else float(radius),
            grid.CELLS[scan.cells[0]] if scan.cells[0] >= 0 else None,
        ),
    )


def main(arguments: Sequence[str]) -> None:
    """Write the pictures."""
    parser = argparse.ArgumentParser(prog="python -m scripts.draw_pictures", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--model", type=Path, metavar="FOLDER")
    parser.add_argument("--scans", type=Path, metavar="FILE")
    parser.add_argument("--scan", type=int, default=0, metavar="NUMBER")
    chosen = parser.parse_args(arguments)
    PICTURES.mkdir(exist_ok=True)
    (PICTURES / "flow.svg").write_text(flow() + "\n", encoding="utf-8")
    if chosen.model and chosen.scans:
        picture = prediction(chosen.model, read(chosen.scans), chosen.scan)
        (PICTURES / "prediction.svg").write_text(picture + "\n", encoding="utf-8")


if __name__ == "__main__":
    runtime.prepare(os.environ)
    main(sys.argv[1:])
