"""What an MXNet export says of itself, read before MXNet sees it.

MXNet trusts the lengths that a params file claims and the indices of a symbol file. Both are
checked here against the bytes that are really there, so that a damaged file ends in a sentence.
The layouts are those of MXNet 1.9: nnvm's graph JSON and NDArray::Save.
"""

import json
import math
import re
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model.errors import ArtifactError

_FILE_MAGIC = 0x112
_ARRAY_MAGICS = (0xF993FAC8, 0xF993FAC9, 0xF993FACA)  # V1, V2 (storage type) and V3 (numpy shapes)
_ITEM_SIZES = {0: 4, 1: 8, 2: 2, 3: 1, 4: 4, 5: 1, 6: 8, 7: 1, 12: 2}  # by mshadow's type flag
_MOST_DIMENSIONS = 32
_LABEL = re.compile(r"(^|_)label$")  # what a loss layer is named after; not an input of serving

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Node:
    """One node of a graph: its operator (`null` for a variable), name and the nodes it reads."""

    op: str
    name: str
    inputs: tuple[int, ...]


@dataclass(frozen=True)
class Graph:
    """A symbol file.

    Attributes:
        nodes: In the order of computation.
        outputs: How many arrays the graph gives.
    """

    nodes: tuple[Node, ...]
    outputs: int

    @classmethod
    def parse(cls, symbol: bytes) -> "Graph":
        """Read a symbol file and check that every index in it leads somewhere.

        Raises:
            ArtifactError: It is not a graph.
        """
        try:
            data = json.loads(symbol)
            nodes = tuple(
                Node(str(each["op"]), str(each["name"]), _indices(each["inputs"]))
                for each in data["nodes"]
            )
            heads = _indices(data["heads"])
            variables = [int(index) for index in data["arg_nodes"]]
        except (ValueError, KeyError, TypeError, IndexError, RecursionError) as error:
            raise ArtifactError(
                f"The symbol file is not an MXNet graph: {type(error).__name__}: {error}."
            ) from error
        for position, node in enumerate(nodes):
            if not all(0 <= index < position for index in node.inputs):
                raise ArtifactError(f"Node {node.name!r} of the symbol file reads a later node.")
        if not heads or not all(0 <= index < len(nodes) for index in heads):
            raise ArtifactError("The heads of the symbol file lead outside of its graph.")
        if variables != [index for index, node in enumerate(nodes) if node.op == "null"]:
            raise ArtifactError("The arg_nodes of the symbol file are not its variables.")
        return cls(nodes, len(heads))

    def inputs(self, params: Mapping[str, Shape]) -> tuple[str, ...]:
        """Names of the variables that a request has to bring: no params, no labels."""
        return tuple(
            node.name
            for node in self.nodes
            if node.op == "null" and node.name not in params and not _LABEL.search(node.name)
        )

    def row_shape(self, name: str, params: Mapping[str, Shape]) -> Shape | None:
        """The shape of one row of an input, where a fully connected layer reads it directly."""
        for node in self.nodes:
            sources = [self.nodes[index].name for index in node.inputs]
            if node.op == "FullyConnected" and sources[0] == name and len(sources) > 1:
                weight = params.get(sources[1], ())
                return weight[1:] if len(weight) == 2 else None
        return None


def _indices(entries: Sequence[Any]) -> tuple[int, ...]:
    return tuple(int(entry[0]) for entry in entries)


def read_shapes(text: bytes) -> dict[str, Shape]:
    """Read a shapes file: `[{"name": "data", "shape": [1, 13]}]` (C6.2).

    Returns:
        The whole shape of each input, its first dimension included.

    Raises:
        ArtifactError: It says something else.
    """
    try:
        shapes = {
            str(each["name"]): tuple(int(size) for size in each["shape"])
            for each in json.loads(text)
        }
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise ArtifactError(
            f"The shapes file is not a list of names and shapes: {type(error).__name__}: {error}."
        ) from error
    for name, shape in shapes.items():
        if not 1 <= len(shape) <= _MOST_DIMENSIONS or min(shape) < 1 or math.prod(shape) > 1 << 31:
            raise ArtifactError(f"The shapes file gives {name!r} the impossible shape {shape}.")
    return shapes


def read_params(params: bytes) -> dict[str, Shape]:
    """Walk through a params file without loading it.

    Returns:
        The shape of every array by name, the `arg:` and `aux:` prefixes taken off.

    Raises:
        ArtifactError: The file is cut off, too long, or not a list of dense arrays.
    """
    cursor = _Cursor(params)
    if cursor.take("<QQ") != (_FILE_MAGIC, 0):
        raise ArtifactError("The params file does not begin as MXNet's do.")
    shapes = [cursor.array() for _ in range(cursor.count(at_least=4))]
    names = [cursor.text() for _ in range(cursor.count(at_least=8))]
    cursor.end()
    if len(names) != len(shapes):
        raise ArtifactError(f"The params file has {len(shapes)} arrays and {len(names)} names.")
    return {name.split(":", 1)[-1]: shape for name, shape in zip(names, shapes, strict=True)}


class _Cursor:
    """Reads values one behind the other and never past the end."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._at = 0

    def _skip(self, size: int) -> int:
        start, self._at = self._at, self._at + size
        if self._at > len(self._data):
            raise ArtifactError(
                f"The params file ends after {len(self._data)} bytes; {self._at} were announced.",
                hint="It was cut off or damaged on its way; copy it again.",
            )
        return start

    def take(self, layout: str) -> tuple[int, ...]:
        return struct.unpack_from(layout, self._data, self._skip(struct.calcsize(layout)))

    def count(self, *, at_least: int) -> int:
        """A number of things that take at least so many bytes each."""
        (number,) = self.take("<Q")
        if number * at_least > len(self._data) - self._at:
            raise ArtifactError(f"The params file announces {number} entries, more than it holds.")
        return int(number)

    def text(self) -> str:
        (length,) = self.take("<Q")
        start = self._skip(length)
        return self._data[start : self._at].decode(errors="replace")

    def array(self) -> Shape:
        (magic,) = self.take("<I")
        if magic not in _ARRAY_MAGICS:
            raise ArtifactError(
                f"An array of the params file begins with {magic:#x}, which MXNet 1.x never wrote.",
                hint="Load and save it again with MXNet 1.9.",
            )
        if magic != _ARRAY_MAGICS[0] and self.take("<i") != (0,):
            raise ArtifactError("The params file holds a sparse array; only dense ones are served.")
        (dimensions,) = self.take("<i")
        if not 1 <= dimensions <= _MOST_DIMENSIONS:
            raise ArtifactError(f"An array of the params file has {dimensions} dimensions.")
        shape = self.take(f"<{dimensions}q")
        _device, _device_id, kind = self.take("<3i")
        if min(shape) < 0 or kind not in _ITEM_SIZES:
            raise ArtifactError(f"An array of the params file has shape {shape} and type {kind}.")
        self._skip(math.prod(shape) * _ITEM_SIZES[kind])
        return shape

    def end(self) -> None:
        if self._at != len(self._data):
            raise ArtifactError(
                f"The params file has {len(self._data) - self._at} bytes behind its end."
            )
