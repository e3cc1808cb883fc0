"""The smallest model with everything that one has, for what has to be gone through before others.

Its weights are a constant of the graph, so that there are no parameters to write.
"""

import struct
from pathlib import Path
from typing import Final

from model import artifact
from model.signature import Field, InputSpec, OutputSpec, Signature

SIZE: Final = 16  # fields, and labels; as the graph has them
ROW: Final = ",".join(["-70"] * SIZE)  # as CSV

_SYMBOL = b"""{
  "nodes": [{"op": "null", "name": "data", "inputs": []},
            {"op": "_ones", "name": "weight", "inputs": [], "attrs": {"shape": "(16, 16)"}},
            {"op": "FullyConnected", "name": "fc", "inputs": [[0, 0, 0], [1, 0, 0]],
             "attrs": {"num_hidden": "16", "no_bias": "True"}},
            {"op": "softmax", "name": "probabilities", "inputs": [[2, 0, 0]]}],
  "arg_nodes": [0], "heads": [[3, 0, 0]], "attrs": {"mxnet_version": ["int", 10901]}}"""
_NO_PARAMS = struct.pack("<4Q", 0x112, 0, 0, 0)  # magic, reserved, no arrays, no names


def write(folder: Path) -> None:
    """Write its folder.

    Raises:
        OSError: The disk is full or the folder cannot be written.
    """
    files = {
        artifact.SYMBOL: _SYMBOL,
        artifact.PARAMS: _NO_PARAMS,
        artifact.SHAPES: artifact.shapes_file({"data": (1, SIZE)}),
    }
    fields = tuple(Field(f"b{number}", -120.0, 0.0, "dBm") for number in range(SIZE))
    cells = tuple((1.0, float(row)) for row in range(1, SIZE + 1))
    labels = tuple(f"A{row:02.0f}" for _, row in cells)
    outputs = OutputSpec(labels, "location", ("column", "row"), cells)
    artifact.write(folder, files, Signature(InputSpec(fields, missing=-200.0), outputs))
