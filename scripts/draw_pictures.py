"""Draws the pictures of the README: the way of a model, what a report shows, and an answer of it.

python -m scripts.draw_pictures                    docs/flow.svg
python -m scripts.draw_pictures --training FILE    trains; docs/report.svg and prediction.svg too
"""

import argparse
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from container import contract
from container.environment import Environment
from model import runtime
from model.blerssi import svg
from train import pictures, report, run
from train.arguments import Arguments
from train.progress import Streams

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


def of_a_run(training: Path, settings: Mapping[str, str]) -> dict[str, str]:
    """Train on labelled scans, and take what the report of the run shows.

    Args:
        training: A file of scans.
        settings: Hyperparameters beside the defaults.

    Returns:
        SVGs by the names of their files.
    """
    with tempfile.TemporaryDirectory() as base:
        result = run.run(
            Environment.from_variables({contract.BASE_DIR_VARIABLE: base}),
            Arguments(channels={"training": training}, hyperparameters=dict(settings)),
            Streams(sys.stdout),
            lambda: False,
        )
    drawn = pictures.draw(result, report.comparison(result))
    return {"report": pictures.overview(drawn), "prediction": drawn["answer-typical"]}


def main(arguments: Sequence[str], folder: Path = PICTURES) -> None:
    """Write the pictures into a folder."""
    parser = argparse.ArgumentParser(prog="python -m scripts.draw_pictures", description=__doc__)
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.add_argument("--training", type=Path, metavar="FILE", help="labelled scans")
    parser.add_argument("--epochs", metavar="NUMBER", help="how long to train")
    chosen = parser.parse_args(arguments)
    drawn = {"flow": flow()}
    if chosen.training:
        drawn |= of_a_run(chosen.training, {"epochs": chosen.epochs} if chosen.epochs else {})
    folder.mkdir(exist_ok=True)
    for name, picture in drawn.items():
        (folder / f"{name}.svg").write_text(picture + "\n", encoding="utf-8")


if __name__ == "__main__":
    runtime.prepare(os.environ)
    main(sys.argv[1:])
