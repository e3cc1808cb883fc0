"""report.html: one page without a single outside reference, to be read from an S3 bucket or a disk.

It is written for whoever runs the building: first in plain words what the answers are worth, then
where and when they err, then what stands behind it. Every picture lies beside it as a PNG too.
"""

import logging
from collections.abc import Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Final

import numpy as np

from model.blerssi import grid
from model.blerssi.scores import Scores
from train import metrics, pictures, raster
from train.comparison import IN_WORDS, OURS, advantage, compare
from train.page import PAGE

if TYPE_CHECKING:
    from train.run import Result

REPORT: Final = "report.html"
OVERVIEW: Final = "overview"
WORST: Final = 8  # cells that are listed
SURE: Final = 2.0  # standard errors from which on a difference is not called chance

_log = logging.getLogger("blerssi.train")


def files(result: "Result") -> dict[str, bytes]:
    """Make the page and its pictures, by the names of their files."""
    compared = comparison(result)
    drawn = pictures.draw(result, compared)
    page = {REPORT: render(result, drawn, compared).encode()}
    if not raster.has_font():
        _log.warning("No PNG beside the report: %s is missing (fonts-dejavu-core)", raster.FONT)
        return page
    drawn[OVERVIEW] = pictures.overview(drawn)
    return page | {f"{name}.png": raster.png(picture) for name, picture in drawn.items()}


def comparison(result: "Result") -> dict[str, Scores]:
    """Score simple methods on the judged scans; none where these were learnt from as well."""
    if result.judged_by == "training":
        return {}
    return compare(result.loop.parts.training, result.judged, result.probabilities)


def render(result: "Result", drawn: Mapping[str, str], compared: Mapping[str, Scores]) -> str:
    """Write the page.

    Args:
        result: The run.
        drawn: Its pictures.
        compared: Scores of simple methods and of the model; may be empty.
    """
    scores = result.scores
    answers = [drawn[f"answer-{name}"] for name in pictures.EXAMPLES]
    return PAGE.substitute(
        headline=f"{scores.mean:.2f} cells mean error on {len(result.judged)} "
        f"{result.judged_by} scans",
        origin=escape(_origin(result)),
        plainly="".join(f"<li>{each}</li>" for each in _plainly(scores, compared)),
        floor=drawn[pictures.PLACES],
        worst=_worst(scores),
        answers=_captioned(answers),
        distances=drawn["errors"] + drawn["share-within"],
        heard=drawn[pictures.HEARD] + _heard(result),
        methods=_methods(compared, drawn),
        calibration=drawn[pictures.RELIABILITY],
        coverage=f"The circle holds the true cell in {scores.coverage:.0%} of the scans; 68 % is "
        f"meant. Stated probabilities are off by {scores.ece:.1%} on average.",
        learning=drawn["loss"] + drawn["learning"],
        figures=_table(
            ("Measure", "Value"),
            [(_meaning(name), f"{value:.3f}") for name, value in scores.figures().items()],
        ),
        hyperparameters=_table(
            ("Name", "Value"),
            [(n, escape(str(v))) for n, v in result.loop.parameters.to_dict().items()],
        ),
    )


def _plainly(scores: Scores, compared: Mapping[str, Scores]) -> list[str]:
    """What the answers are worth, without a word of statistics."""
    within = f"within {scores.median:.1f} cells, nine in ten within {scores.p90:.1f}"
    first = f"the right one in {scores.exact:.0%} of the scans"
    sentences = [
        f"A phone is placed {scores.mean:.1f} cells from where it is, on average.",
        f"Half of the answers are {within}; {scores.within(2):.0%} are within two cells.",
        f"The cell named first is {first}, and among the first three in {scores.top(3):.0%}.",
    ]
    simple = {name: each for name, each in compared.items() if name != OURS}
    if simple:
        name, best = min(simple.items(), key=lambda each: each[1].mean)
        sentences.append(_verdict(name, *advantage(compared[OURS], best)))
    return sentences


def _verdict(name: str, by: float, error: float) -> str:
    """Whether the model is worth more than the best simple method, and whether that is sure."""
    method = f"the best simple method, the {name} ({IN_WORDS[name]})"
    if abs(by) <= SURE * error:
        return (
            f"On these scans it cannot be told from {method}: "
            f"{by:+.2f} cells, give or take {error:.2f}."
        )
    verdict = "nearer to the truth" if by > 0 else "further from the truth"
    return f"It is {abs(by):.2f} cells (give or take {error:.2f}) {verdict} than {method}."


def _origin(result: "Result") -> str:
    loop = result.loop
    words = [f"{len(loop.parts.training)} scans learnt from in {loop.epoch} epochs."]
    if result.judged_by == "training":
        words.append("No visit could be held out: the figures are of the training scans.")
    else:
        words.append("Judged by scans that it never saw.")
    if loop.resumed:
        words.append(f"Continued after epoch {loop.resumed} of an earlier attempt.")
    if loop.stopped:
        words.append("Stopped before its end.")
    return " ".join(words)


def _worst(scores: Scores) -> str:
    """The cells with the largest mean error."""
    errors, counts = scores.cell_errors, scores.cell_scans
    order = np.argsort(np.where(np.isfinite(errors), -errors, np.inf), kind="stable")
    return _table(
        ("Cell", "Mean error, cells", "Scans"),
        [(grid.CELLS[c], f"{errors[c]:.2f}", str(counts[c])) for c in order[:WORST] if counts[c]],
    )


def _heard(result: "Result") -> str:
    scores = result.scores
    return _table(
        ("Beacons heard", "Scans", "Mean error, cells", "Within two cells", "Circle held it"),
        [
            (
                name,
                str(chosen.sum()),
                f"{scores.errors[chosen].mean():.2f}",
                f"{(scores.errors[chosen] <= 2).mean():.0%}",
                f"{scores.covered[chosen].mean():.0%}",
            )
            for name, chosen in pictures.by_beacons_heard(result)
        ],
    )


def _methods(compared: Mapping[str, Scores], drawn: Mapping[str, str]) -> str:
    """The model beside simple methods, the best first."""
    if not compared:
        return "<p>No scan was held out, so there is nothing fair to compare on.</p>"
    ranked = sorted(compared.items(), key=lambda each: each[1].mean)
    rows = [
        (
            f"<strong>{name}</strong>" if name == OURS else name,
            f"{each.mean:.2f}",
            f"{each.p90:.2f}",
            f"{each.within(2):.0%}",
            f"{each.top(3):.0%}",
            f"{each.nll:.2f}",
            IN_WORDS[name],
        )
        for name, each in ranked
    ]
    head = ("Method", "Mean error", "90 % within", "Within two cells", "Among first three")
    table = _table((*head, "NLL", "How it answers"), rows)
    return f'{drawn[pictures.BASELINES]}<div class="methods">{table}</div>'


def _captioned(drawn: Sequence[str]) -> str:
    return "".join(
        f"<figure>{picture}<figcaption>{_title(picture)}</figcaption></figure>" for picture in drawn
    )


def _title(picture: str) -> str:
    """The title that a picture gives itself, as it is escaped there."""
    return picture.partition("<title>")[2].partition("</title>")[0]


def _meaning(figure: str) -> str:
    """What a figure says, in the words of its metric."""
    name = f"{metrics.VALIDATION}{figure}"
    return next(escape(each.help) for each in metrics.METRICS if each.name == name)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    titles = "".join(f"<th>{each}</th>" for each in head)
    body = "".join(
        "<tr>" + "".join(f"<td{_kind(value)}>{value}</td>" for value in row) + "</tr>"
        for row in rows
    )
    return f'<div class="wide"><table><tr>{titles}</tr>{body}</table></div>'


def _kind(value: str) -> str:
    return ' class="number"' if value[:1].isdigit() and len(value) < 12 else ""
