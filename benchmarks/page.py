"""docs/performance.md: tables and pictures from results.json, prose from prose/*.md.

Prose is written by hand; everything with a figure in it is made here, so that no figure stands on
the page that was not measured.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from benchmarks import charts, goals, results
from benchmarks.bench import Figures
from benchmarks.materials import ROOT
from benchmarks.measures import engine, serving
from benchmarks.measures.images import LISTED_MB
from benchmarks.measures.starts import DOCKER
from benchmarks.subjects import SUBJECTS

DOCS: Final = ROOT / "docs"
PAGE: Final = "performance.md"
PROSE: Final = Path(__file__).resolve().parent / "prose"
_HEADING: Final = re.compile(r"^## (.+)$", re.MULTILINE)


def files(found: Figures) -> dict[str, str]:
    """The page and its pictures, by name."""
    drawn = {
        name: draw(found) + "\n"
        for name, (needs, draw) in charts.PICTURES.items()
        if all(section in found for section in needs)
    }
    return {PAGE: text(found), **drawn}


def write(found: Figures, folder: Path = DOCS) -> None:
    """Write the page and its pictures."""
    for name, contents in files(found).items():
        (folder / name).write_text(contents, encoding="utf-8")


def text(found: Figures) -> str:
    """The whole page."""
    parts = [
        prose("head"),
        _circumstances(found),
        "## Goals",
        markdown(goals.table(found)),
        *_misses(found),
        "## Beside the peers",
        prose("peers"),
        markdown(_peers(found)),
        _picture("performance-load.svg", found),
        "## Cold start",
        prose("start"),
        markdown(_starts(found)),
        _picture("performance-start.svg", found),
        "## Memory",
        prose("memory"),
        markdown(_memory(found)),
        _picture("performance-memory.svg", found),
        "## The path of a request",
        prose("path"),
        markdown(_layers(found)),
        _picture("performance-layers.svg", found),
        "## Batches",
        markdown(_batches(found)),
        "## The engine",
        markdown(_engine(found)),
        "## Growth",
        prose("growth"),
        markdown(_growth(found)),
        _picture("performance-growth.svg", found),
        "## Training",
        prose("training"),
        markdown(_training(found)),
        "## The image",
        markdown(_image(found)),
        prose("how"),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def prose(name: str) -> str:
    """A part of the page that is written by hand."""
    return (PROSE / f"{name}.md").read_text(encoding="utf-8").strip()


def reasons() -> dict[str, str]:
    """Why a goal may be missed, by its name."""
    pieces = _HEADING.split(prose("misses"))
    return {name: piece.strip() for name, piece in zip(pieces[1::2], pieces[2::2], strict=True)}


def markdown(rows: Iterable[Sequence[str]]) -> str:
    """A table, its head first; nothing where there is only a head."""
    head, *body = (" | ".join(row) for row in rows)
    rule = " | ".join("---" for _ in head.split(" | "))
    return "\n".join(f"| {line} |" for line in (head, rule, *body)) if body else ""


def _circumstances(found: Figures) -> str:
    machine, taken = found["machine"], found["taken"]
    stamps: dict[str, list[str]] = {}
    for name, each in sorted(taken.items()):
        stamps.setdefault(f"{each['day']}, commit {each['commit']} ({each['plan']})", []).append(
            name
        )
    runs = "; ".join(f"{stamp}: {', '.join(names)}" for stamp, names in stamps.items())
    missing = [
        f"{SUBJECTS[name].title} is left out: {why}." for name, why in found["missing"].items()
    ]
    unmeasured = [name for name in results.MEASURES if name not in found]
    if unmeasured:
        missing.append(f"Not measured: {', '.join(unmeasured)}.")
    return " ".join(
        [
            f"{machine['processor']}, {machine['processors']} processors, {machine['system']},",
            f"Python {machine['python']}. Measured {runs}.",
            *missing,
        ]
    )


def _misses(found: Figures) -> list[str]:
    known = reasons()
    missed = goals.missed(found)
    if not missed:
        return []
    told: dict[str, list[str]] = {}
    for goal in missed:
        told.setdefault(known[goal.name], []).append(goal.what)
    return [
        "### What is missed, and why",
        *(f"**{_sentence('; '.join(names))}**\n{reason}" for reason, names in told.items()),
    ]


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}."


def _peers(found: Figures) -> Iterable[Sequence[str]]:
    yield (
        *("server", "connections", "CPU a request, ms", "in relation to ours"),
        *("answers a second", "p50, ms", "p99, ms", "PSS, MB"),
    )
    known: Mapping[str, Figures] = found.get("serving", {})
    for name, subject in SUBJECTS.items():
        for connections in map(str, serving.COMPARED):
            if name in known:
                each, ours = known[name][connections], known["ours"][connections]
                yield (
                    subject.title,
                    connections,
                    f"{each['cpu_us'] / 1e3:.3f}",
                    f"{each['cpu_us'] / ours['cpu_us']:.2f}",
                    f"{each['per_second']:,.0f}",
                    f"{each['p50_ms']:.2f}",
                    f"{each['p99_ms']:.2f}",
                    f"{known[name]['pss_mb']:.0f}",
                )


def _starts(found: Figures) -> Iterable[Sequence[str]]:
    yield "server", "accepts, s", "/ping says 200, s", "predicts, s"
    titles = {name: each.title for name, each in SUBJECTS.items()}
    known = found.get("starts", {})
    for name, title in {**titles, DOCKER: "this project, `docker run`"}.items():
        each = known.get(name, {})
        if not each:
            continue
        steps = (each.get(step) for step in ("accepts", "ping", "predicts"))
        yield title, *("" if step is None else f"{step:.2f}" for step in steps)


def _memory(found: Figures) -> Iterable[Sequence[str]]:
    yield "what", "number", "PSS, MB"
    known = found.get("memory", {})
    for number, mb in _by_size(known.get("workers", {})):
        yield "workers", number, f"{mb:.1f}"
    for each in sorted(known.get("models", {}).values(), key=lambda model: float(model["file_mb"])):
        for number, mb in _by_size(each["by_number"]):
            yield f"models of {each['file_mb']:.2f} MB in one container", number, f"{mb:.1f}"


def _layers(found: Figures) -> Iterable[Sequence[str]]:
    yield "layer", "µs of CPU", "share"
    if "layers" in found:
        rows = charts.layer_rows(found)
        whole = sum(us for _, us in rows)
        for title, us in rows:
            yield title, f"{us:.0f}", f"{us / whole:.0%}"
        yield "**together**", f"**{whole:.0f}**", ""


def _batches(found: Figures) -> Iterable[Sequence[str]]:
    yield (
        *("batch of CSV", "rows", "largest request, MB", "rows a second of one core"),
        *("rows a second", "peak PSS, MB", "growth in payloads"),
    )
    titles = {
        "one_request": "ours, one request",
        "in_pieces": "ours, in pieces",
        "aws": "AWS toolkit",
    }
    for name, title in titles.items():
        if name in found.get("batches", {}):
            each = found["batches"][name]
            yield (
                title,
                f"{each['rows']:,.0f}",
                f"{each['payload_mb']:.2f}",
                f"{each['rows_per_cpu_second']:,.0f}",
                f"{each['rows_per_second']:,.0f}",
                f"{each['peak_mb']:.0f}",
                f"{each['peak_growth']:.1f}",
            )


def _engine(found: Figures) -> Iterable[Sequence[str]]:
    yield "rows", "ours, µs of CPU a call", "C loop, µs", "ratio"
    known = found.get("engine", {})
    for rows in map(str, engine.ROWS):
        if rows in known:
            ours, c = known[rows]["ours_us"], known[rows].get("c_us")
            bare = ("", "") if c is None else (f"{c:.1f}", f"{ours / c:.2f}")
            yield rows, f"{ours:.1f}", *bare


def _growth(found: Figures) -> Iterable[Sequence[str]]:
    yield "what grows", "cost", "from", "to", "exponent", "at the end"
    for name, each in found.get("growth", {}).items():
        points = sorted((int(size), value) for size, value in each["points"].items())
        first, last = (f"{size:,}: {value:,.2f}" for size, value in (points[0], points[-1]))
        yield (
            name,
            each["cost"],
            first,
            last,
            f"{each['exponent']:.2f}",
            f"{each['last_exponent']:.2f}",
        )


def _training(found: Figures) -> Iterable[Sequence[str]]:
    yield "split", "training", "CPU, s", "mean error, cells"
    for number, split in enumerate(found.get("training", {}).get("splits", [])):
        rows = {"reference recipe, 100 epochs": split["reference"]}
        for epochs, each in _by_size(split["ours"]):
            mark = " (enough)" if epochs == split["enough"] else ""
            rows[f"ours, epochs: {epochs}{mark}"] = each
        for title, each in rows.items():
            yield (
                str(number + 1),
                title,
                f"{each['cpu_seconds']:.1f}",
                f"{each['mean_error_cells']:.2f}",
            )


def _image(found: Figures) -> Iterable[Sequence[str]]:
    yield "what", "MB"
    known = found.get("images", {})
    if known:
        yield "**the image**", f"**{known['mb']:.0f}**"
        if "serve_mb" in known:
            yield "**the image less what only training needs**", f"**{known['serve_mb']:.0f}**"
        for path, mb in sorted(known["parts"].items(), key=lambda part: -part[1]):
            title = (
                f"`{path}`" if path.startswith("/") else f"{path}, in parts below {LISTED_MB} MB"
            )
            yield title, f"{mb:.1f}"


def _by_size(points: Mapping[str, Any]) -> list[tuple[str, Any]]:
    return sorted(points.items(), key=lambda point: int(point[0]))


def _picture(name: str, found: Figures) -> str:
    needs, _ = charts.PICTURES[name]
    return f"![{name}]({name})" if all(section in found for section in needs) else ""
