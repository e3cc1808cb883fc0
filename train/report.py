"""report.html: one page without a single outside reference, to be read from an S3 bucket or a disk.

What the run was, how its loss fell, how far off its answers are and where, and whether the
probabilities and the uncertainty mean what they say.
"""

from collections.abc import Sequence
from html import escape
from string import Template
from typing import TYPE_CHECKING, Final

import numpy as np

from model.blerssi import grid
from model.blerssi.floor_map import Floor, error_map_svg
from train import metrics
from train.charts import Axis, Series, bar_chart, line_chart

if TYPE_CHECKING:
    from train.run import Result

BIN: Final = 0.5  # cells, of the histogram

_PAGE: Final = Template("""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>BLE RSSI model: $headline</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
body{font:15px/1.5 system-ui,-apple-system,"Segoe UI",sans-serif;max-width:1180px;margin:2rem auto;
padding:0 1rem;color:#1d2733;background:#fff}
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}
table{border-collapse:collapse}td,th{padding:.2rem .9rem .2rem 0;text-align:left;
vertical-align:top}td.number{text-align:right;font-variant-numeric:tabular-nums}
.charts{display:flex;flex-wrap:wrap;gap:1.5rem}
.note{color:#5b6b7c}
@media (prefers-color-scheme:dark){body{color:#e3e9f0;background:#12181f}.note{color:#9aa9b8}}
</style></head><body>
<h1>$headline</h1>
<p class="note">$origin</p>
$scores
<h2>Learning</h2><div class="charts">$learning</div>
<h2>How far off</h2><div class="charts">$distances</div>
<h2>Where</h2>$floor
<h2>Does it know how sure it is?</h2><div class="charts">$calibration</div>
<p class="note">$coverage</p>
<h2>Hyperparameters</h2>
$hyperparameters
</body></html>
""")


def render(result: "Result") -> str:
    """Write the page."""
    scores = result.scores
    return _PAGE.substitute(
        headline=f"{scores.mean:.2f} cells mean error on {len(result.judged)} "
        f"{result.judged_by} scans",
        origin=escape(_origin(result)),
        scores=_table(
            ("Measure", "Value"),
            [(_meaning(name), f"{value:.3f}") for name, value in scores.figures().items()],
        ),
        learning=_learning(result),
        distances=_distances(result),
        floor=_floor(result),
        calibration=_calibration(result),
        coverage=f"The circle of the uncertainty holds the true cell in {scores.coverage:.0%} of "
        "the scans; 68 % is meant.",
        hyperparameters=_table(
            ("Name", "Value"),
            [(n, escape(str(v))) for n, v in result.loop.parameters.to_dict().items()],
        ),
    )


def _meaning(figure: str) -> str:
    """What a figure says, in the words of its metric."""
    name = f"{metrics.VALIDATION}{figure}"
    return next(escape(each.help) for each in metrics.METRICS if each.name == name)


def _origin(result: "Result") -> str:
    loop = result.loop
    words = [f"{len(loop.parts.training)} scans learnt from in {loop.epoch} epochs."]
    if result.judged_by == "training":
        words.append("No visit could be held out: the figures are of the training scans.")
    if loop.resumed:
        words.append(f"Continued after epoch {loop.resumed} of an earlier attempt.")
    if loop.stopped:
        words.append("Stopped before its end.")
    return " ".join(words)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    titles = "".join(f"<th>{each}</th>" for each in head)
    body = "".join(
        f'<tr><td>{name}</td><td class="number">{value}</td></tr>' for name, value in rows
    )
    return f"<table><tr>{titles}</tr>{body}</table>"


def _learning(result: "Result") -> str:
    def course(name: str) -> list[tuple[float, float]]:
        history = enumerate(result.loop.history, start=1)
        return [(float(n), figures[name]) for n, figures in history if name in figures]

    losses = Series("training", course("train_loss"))
    errors = (
        Series("training", course("train_mean_error_cells")),
        Series("validation", course("validation_mean_error_cells")),
    )
    epochs = Axis("epoch")
    return line_chart("Loss", epochs, Axis("loss"), [losses]) + line_chart(
        "Mean error", epochs, Axis("cells"), errors
    )


def _distances(result: "Result") -> str:
    errors = result.scores.errors
    top = max(BIN, float(np.ceil(errors.max(initial=0) / BIN)) * BIN)
    edges = np.linspace(0, top, round(top / BIN) + 1)
    counts, _ = np.histogram(errors, edges)
    ordered = np.sort(errors)
    shares = (np.arange(len(ordered)) + 1) / len(ordered)
    steps = list(zip(ordered.tolist(), shares.tolist(), strict=True))
    return bar_chart(
        "Errors of single scans", Axis("cells"), Axis("scans"), edges.tolist(), counts.tolist()
    ) + line_chart("Share of scans within", Axis("cells"), Axis("share", 1), [Series("", steps)])


def _floor(result: "Result") -> str:
    floor = Floor(np.asarray(grid.COORDINATES), grid.CELLS, np.asarray(grid.BEACON_POSITIONS))
    return error_map_svg(floor, result.scores.cell_errors, result.scores.cell_positions)


def _calibration(result: "Result") -> str:
    scores = result.scores
    return line_chart(
        "Reliability of the most probable cell",
        Axis("probability said", 1),
        Axis("share that is right", 1),
        [Series("", scores.reliability, dots=True)],
        diagonal=True,
    )
