"""The pictures of docs/performance.md, drawn from results."""

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from benchmarks import hot_path
from benchmarks.bench import Figures
from benchmarks.measures.starts import DOCKER
from benchmarks.subjects import AWS, OURS, SUBJECTS, TEXTBOOK, WSGI_FLOOR
from model.blerssi import svg

_WIDTH: Final = 760.0
_LEFT, _RIGHT, _TOP, _BOTTOM = 64.0, 24.0, 40.0, 44.0
_KINDS: Final = {OURS: "1", AWS: "2", TEXTBOOK: "3"}
_ROW: Final = 30.0  # height of a bar and its space

Points = Mapping[float, float]
Scale = Callable[[float], float]


def load(results: Figures) -> str:
    """Throughput and p50, p99 of ours against connections; the peers at the numbers compared."""
    growth, serving = results["growth"]["connections"], results["serving"]
    throughput = {OURS: _numbers(growth["per_second"])}
    latency = {OURS: _numbers(growth["p99_ms"])}
    for name in (AWS, TEXTBOOK):
        if name in serving:
            found = {key: value for key, value in serving[name].items() if key.isdecimal()}
            throughput[name] = {float(key): each["per_second"] for key, each in found.items()}
            latency[name] = {float(key): each["p99_ms"] for key, each in found.items()}
    half, height = _WIDTH / 2, 300.0
    shapes = [
        *_panel((0, 0), (half, height), "answers a second", throughput),
        *_panel((half, 0), (half, height), "p99, ms", latency),
        *_legend([name for name in _KINDS if name in throughput], height + 8),
    ]
    title = "Throughput and latency against connections"
    return svg.document(_WIDTH, height + 24, title, shapes)


def layers(results: Figures) -> str:
    """The CPU of one request, split by layer, outside in."""
    rows = layer_rows(results)
    whole = sum(us for _, us in rows)
    shapes, y = [], 16.0
    for number, (title, us) in enumerate(rows):
        length = 300 * us / whole
        shapes += [
            svg.text((430, y + 14), title, "small", "end"),
            svg.rectangle((438, y), (max(length, 1), 20), f"fill{number % 3 + 1}", 0.8),
            svg.text((444 + length, y + 14), f"{us:.0f}", "small", "start"),
        ]
        y += _ROW - 4
    return svg.document(_WIDTH, y + 8, "CPU of one request by layer, microseconds", shapes)


def layer_rows(results: Figures) -> list[tuple[str, float]]:
    """Title and microseconds of each layer, outside in; together the CPU of a served request."""
    found = results["layers"]
    own = hot_path.own_share(found["timed_us"])
    outside = max(0.0, found["served_us"] - sum(own.values()))
    rows = [("HTTP under gunicorn: sockets, waiting for the next request", outside)]
    return rows + [(title, own[name]) for name, _, title in hot_path.LAYERS]


def starts(results: Figures) -> str:
    """When each server accepts, says that it is healthy, and predicts."""
    found = results["starts"]
    names = [name for name in (OURS, DOCKER, TEXTBOOK, AWS) if name in found]
    most = max(found[name]["predicts"] for name in names)
    x = _scale((0, most), (250.0, _WIDTH - 70))
    shapes, y = [], 16.0
    for name in names:
        steps = found[name]
        title = "this project, docker run" if name == DOCKER else SUBJECTS[name].title
        kind = _KINDS.get(name, "1")
        shapes += [
            svg.text((240, y + 14), title, "small", "end"),
            svg.rectangle(
                (x(0), y), (x(steps["predicts"]) - x(0), 20), f"fill{kind}", 0.35, "predicts"
            ),
        ]
        if "ping" in steps:
            shapes.append(
                svg.rectangle((x(0), y), (x(steps["ping"]) - x(0), 20), f"fill{kind}", 0.35, "ping")
            )
        if "accepts" in steps:
            shapes.append(svg.line((x(steps["accepts"]), y), (x(steps["accepts"]), y + 20), "ink"))
        shapes.append(
            svg.text(
                (x(steps["predicts"]) + 6, y + 14), f"{steps['predicts']:.2f} s", "small", "start"
            )
        )
        y += _ROW
    words = "line: accepts a connection; dark: until /ping says 200; light: until it predicts"
    shapes.append(svg.text((250, y + 10), words, "small quiet", "start"))
    return svg.document(_WIDTH, y + 20, "From the start to the first good prediction", shapes)


def memory(results: Figures) -> str:
    """PSS by workers, and of the peers with two."""
    bars = [
        (f"this project, {number} worker{'s' if number != '1' else ''}", mb, "1")
        for number, mb in sorted(results["memory"]["workers"].items(), key=lambda bar: int(bar[0]))
    ]
    for name in (TEXTBOOK, AWS, WSGI_FLOOR):
        if name in results["serving"]:
            title = f"{SUBJECTS[name].title}, 2 workers"
            bars.append((title, results["serving"][name]["pss_mb"], _KINDS.get(name, "3")))
    x = _scale((0, max(mb for _, mb, _ in bars)), (290.0, _WIDTH - 70))
    shapes, y = [], 16.0
    for title, mb, kind in bars:
        shapes += [
            svg.text((280, y + 14), title, "small", "end"),
            svg.rectangle((x(0), y), (x(mb) - x(0), 20), f"fill{kind}", 0.8),
            svg.text((x(mb) + 6, y + 14), f"{mb:.0f} MB", "small", "start"),
        ]
        y += _ROW
    return svg.document(_WIDTH, y + 8, "Memory (PSS) by workers", shapes)


def growth(results: Figures) -> str:
    """CPU of a request against its rows, by format."""
    found = results["growth"]
    named = {name: each for name, each in found.items() if name.startswith("rows of ")}
    kinds = dict(zip(named, "123", strict=False))
    lines = {name: _numbers(each["points"]) for name, each in named.items()}
    shapes = _panel((0, 0), (_WIDTH, 320), "CPU of a request, ms", lines, kinds, "rows")
    for number, (name, kind) in enumerate(kinds.items()):
        at = _LEFT + 20 + 130 * number
        shapes += [
            svg.rectangle((at, 326), (12, 10), f"fill{kind}"),
            svg.text((at + 18, 335), name.removeprefix("rows of "), "small", "start"),
        ]
    return svg.document(_WIDTH, 344, "Cost against the rows of a request", shapes)


PICTURES: Final[Mapping[str, tuple[tuple[str, ...], Callable[[Figures], str]]]] = {
    "performance-load.svg": (("growth", "serving"), load),
    "performance-layers.svg": (("layers",), layers),
    "performance-start.svg": (("starts",), starts),
    "performance-memory.svg": (("memory", "serving"), memory),
    "performance-growth.svg": (("growth",), growth),
}


def _panel(  # noqa: PLR0913, PLR0917 - a place, a size and what is drawn there
    corner: svg.Point,
    size: svg.Point,
    title: str,
    lines: Mapping[str, Points],
    kinds: Mapping[str, str] = _KINDS,
    across: str = "connections",
) -> list[str]:
    """Lines over logarithmic axes."""
    everything = [point for points in lines.values() for point in points.items()]
    left, right = corner[0] + _LEFT, corner[0] + size[0] - _RIGHT
    top, bottom = corner[1] + _TOP, corner[1] + size[1] - _BOTTOM
    x = _logarithmic([each for each, _ in everything], (left, right))
    y = _logarithmic([each for _, each in everything], (bottom, top))
    shapes = [svg.text((left, top - 16), title, "", "start")]
    for value in _decades([each for _, each in everything]):
        shapes += [
            svg.line((left, y(value)), (right, y(value))),
            svg.text((left - 6, y(value) + 4), f"{value:g}", "small quiet", "end"),
        ]
    for value in sorted({each for each, _ in everything}):
        shapes.append(svg.text((x(value), bottom + 16), f"{value:g}", "small quiet"))
    shapes.append(svg.text(((left + right) / 2, bottom + 34), across, "small quiet"))
    for name, points in lines.items():
        kind = kinds[name]
        placed = [(x(each), y(points[each])) for each in sorted(points)]
        shapes.append(svg.polyline(placed, f"line{kind}"))
        shapes += [svg.circle(at, 3, f"fill{kind}") for at in placed]
    return shapes


def _legend(names: Sequence[str], y: float) -> list[str]:
    shapes, x = [], _LEFT
    for name in names:
        title = SUBJECTS[name].title
        shapes += [
            svg.rectangle((x, y), (12, 10), f"fill{_KINDS[name]}"),
            svg.text((x + 18, y + 9), title, "small", "start"),
        ]
        x += 40 + 6.2 * len(title)
    return shapes


def _numbers(points: Mapping[str, Any]) -> dict[float, float]:
    return {float(size): float(value) for size, value in points.items()}


def _scale(domain: svg.Point, places: svg.Point) -> Scale:
    (low, high), (start, end) = domain, places
    return lambda value: start + (end - start) * (value - low) / (high - low)


def _logarithmic(values: Sequence[float], places: svg.Point) -> Scale:
    linear = _scale((math.log(min(values)) - 0.05, math.log(max(values)) + 0.05), places)
    return lambda value: linear(math.log(value))


def _decades(values: Sequence[float]) -> list[float]:
    """1, 2 and 5 times powers of ten within the values."""
    low, high = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
    steps = [factor * 10.0**power for power in range(low, high + 1) for factor in (1, 2, 5)]
    return [each for each in steps if min(values) <= each <= max(values)]
