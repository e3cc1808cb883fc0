"""A few SVG shapes that look the same on light and on dark paper, alone and inside a page."""

import re
from collections.abc import Iterable
from html import escape
from typing import Final

# Every picture carries its own style: it is shown in reports, in a README and as a file.
STYLE: Final = """
.blerssi text{font:12px system-ui,-apple-system,"Segoe UI",sans-serif;fill:#1d2733}
.blerssi .small{font-size:10px}.blerssi .quiet{fill:#5b6b7c}
.blerssi .grid{stroke:#dfe5ec;stroke-width:1;fill:none}
.blerssi .axis{stroke:#8796a6;stroke-width:1;fill:none}
.blerssi .ink{stroke:#1d2733;stroke-width:1.5;fill:none}.blerssi .dot{fill:#1d2733}
.blerssi .line1{stroke:#2563c9;stroke-width:2;fill:none}.blerssi .fill1{fill:#2563c9}
.blerssi .line2{stroke:#c2570c;stroke-width:2;fill:none}.blerssi .fill2{fill:#c2570c}
.blerssi .line3{stroke:#17845b;stroke-width:2;fill:none}.blerssi .fill3{fill:#17845b}
@media (prefers-color-scheme:dark){
.blerssi text{fill:#e3e9f0}.blerssi .quiet{fill:#9aa9b8}.blerssi .grid{stroke:#2c3845}
.blerssi .axis{stroke:#6c7b8b}.blerssi .ink{stroke:#e3e9f0}.blerssi .dot{fill:#e3e9f0}
.blerssi .line1{stroke:#6ea4ff}.blerssi .fill1{fill:#6ea4ff}
.blerssi .line2{stroke:#f59855}.blerssi .fill2{fill:#f59855}
.blerssi .line3{stroke:#4cc795}.blerssi .fill3{fill:#4cc795}}
""".replace("\n", "")

_SIZE: Final = re.compile(r'viewBox="0 0 ([0-9.]+) ([0-9.]+)"')
_FLUID: Final = 'style="max-width:100%;height:auto"'

Point = tuple[float, float]


def document(width: float, height: float, title: str, shapes: Iterable[str]) -> str:
    """One picture, well-formed by itself and inside HTML.

    Args:
        width: Pixels; also the most that it grows to.
        height: Pixels.
        title: What it shows, for screen readers and tooltips.
        shapes: Elements.
    """
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" class="blerssi" role="img" '
        f'viewBox="0 0 {width:g} {height:g}" width="{width:g}" height="{height:g}" '
        f"{_FLUID}><title>{escape(title)}</title>"
        f"<style>{STYLE}</style>{''.join(shapes)}</svg>"
    )


def inside(at: Point, picture: str) -> str:
    """A whole picture as a shape of another one, whose style it shares."""
    place = f'<svg x="{at[0]:g}" y="{at[1]:g}" '
    bare = picture.replace(_FLUID, "", 1).replace(f"<style>{STYLE}</style>", "")
    return bare.replace("<svg ", place, 1)


def size(picture: str) -> Point:
    """Width and height of a picture in pixels."""
    found = _SIZE.search(picture)
    if found is None:
        raise ValueError("This is no picture of `document`.")
    return float(found[1]), float(found[2])


def text(at: Point, words: str, kind: str = "", anchor: str = "middle") -> str:
    """Words at a point; `kind` is a class of the style, `anchor` start, middle or end."""
    (x, y), words = at, escape(words)
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}" class="{kind}">{words}</text>'


def line(start: Point, end: Point, kind: str = "grid", extra: str = "") -> str:
    """A straight line; `extra` are further attributes."""
    (x1, y1), (x2, y2) = start, end
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" class="{kind}" {extra}/>'


def rectangle(corner: Point, size: Point, kind: str, opacity: float = 1, tooltip: str = "") -> str:
    """A rectangle, filled as its class and the opacity say."""
    (x, y), (width, height) = corner, size
    hover = f"<title>{escape(tooltip)}</title>" if tooltip else ""
    return (
        f'<rect x="{x:.1f}" y="{y:.1f}" width="{width:.1f}" height="{height:.1f}" rx="2" '
        f'class="{kind}" fill-opacity="{opacity:.3f}">{hover}</rect>'
    )


def circle(at: Point, radius: float, kind: str, extra: str = "") -> str:
    """A circle; `extra` are further attributes."""
    return f'<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="{radius:.1f}" class="{kind}" {extra}/>'


def polyline(points: Iterable[Point], kind: str) -> str:
    """Points joined by lines."""
    joined = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
    return f'<polyline points="{joined}" class="{kind}" stroke-linejoin="round"/>'
