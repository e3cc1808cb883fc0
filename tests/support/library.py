"""A model of the library with weights that nobody trained, made where MXNet is."""

import os
import subprocess
from pathlib import Path

from local_test.process_runner import PROJECT, default_python, with_image_python

_MAKE = """
import os, sys
from pathlib import Path
from model import runtime
runtime.prepare(os.environ)
from tests.support.library import write
write(Path(sys.argv[1]))
"""


def archive(target: Path) -> Path:
    """Have a model.tar.gz of the library's 105 cells made by a child that has MXNet."""
    subprocess.run(
        [default_python(), "-c", _MAKE, target],
        cwd=PROJECT,
        env=with_image_python(os.environ),
        check=True,
        timeout=120,
    )
    return target


def write(target: Path) -> None:
    """Make the archive; needs MXNet."""
    import tempfile

    from model import archive as archives
    from model import artifact
    from model.blerssi import grid, network
    from model.signature import Field, InputSpec, OutputSpec, Signature

    signature = Signature(
        InputSpec(
            tuple(Field(name, -120.0, -10.0, "dBm") for name in grid.BEACONS), missing=-200.0
        ),
        OutputSpec(grid.CELLS, "location", ("column", "row"), grid.COORDINATES),
    )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "model"
        net = network.build(len(grid.BEACONS), len(grid.CELLS), (8,), 0)
        artifact.write(folder, network.export(net), signature)
        archives.pack(folder, target)
