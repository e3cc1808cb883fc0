"""The pictures of the report as PNG files, for slides, tickets and whatever shows no SVG.

There is one drawing of everything, the SVG, and resvg rasterizes it: 3 MB in the image where
Matplotlib would need 70, and no second set of charts that could say something else.
"""

from pathlib import Path
from typing import Final

import resvg_py

ZOOM: Final = 2.0  # PNG pixels a pixel of the SVG: sharp on today's screens
PAPER: Final = "#ffffff"
# The one font that a PNG is written in, wherever it is made: of Debian's fonts-dejavu-core, which
# the image has.
FONT: Final = Path("/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf")
FAMILY: Final = "DejaVu Sans"


def has_font() -> bool:
    """Whether words can be written; a chart without them would be worse than none."""
    return FONT.is_file()


def png(picture: str) -> bytes:
    """Rasterize a picture of `model.blerssi.svg`, as it looks on light paper.

    Raises:
        ValueError: The picture is no SVG.
    """
    return bytes(
        resvg_py.svg_to_bytes(
            svg_string=picture,
            background=PAPER,
            zoom=ZOOM,
            skip_system_fonts=True,
            font_files=[str(FONT)],
            font_family=FAMILY,
            sans_serif_family=FAMILY,
        )
    )
