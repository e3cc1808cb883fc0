"""An MXNet export's graph and shapes, read before MXNet sees them.

MXNet trusts the indices of a symbol file. Here they are checked, so that a damaged one ends in a
sentence; `model.params` does the same for a params file. The layout is nnvm's graph JSON.
"""

import json
import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from model.errors import ArtifactError

MOST_DIMENSIONS = 32
_MOST_ELEMENTS = 1 << 26  # of one row of an input
_LABEL = re.compile(r"(^|_)label$")  # what a loss layer is named after; not an input of serving

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Node:
    """One node of a graph.

    Attributes:
        op: Its operator; `null` for a variable.
        name: What it is called.
        inputs: Numbers of the nodes that it reads.
        attributes: What the operator is told, all of it text.
    """

    op: str
    name: str
    inputs: tuple[int, ...]
    attributes: Mapping[str, str]


@dataclass(frozen=True)
class Probe:
    """The use of an output that an operator may not have: only MXNet knows, and does not check.

    Attributes:
        name: The operator's.
        output: Number of the output, from 0.
        inputs: How many variables stand before the operator in `symbol`.
        symbol: A graph of the operator alone, from which MXNet can tell how many it has.
    """

    name: str
    output: int
    inputs: int
    symbol: bytes


@dataclass(frozen=True)
class Graph:
    """A symbol file.

    Attributes:
        nodes: In the order of computation.
        outputs: How many arrays the graph gives.
        names: The nodes that give them.
        probes: The uses of an operator's second or a later output, those in subgraphs included.
    """

    nodes: tuple[Node, ...]
    outputs: int
    names: tuple[str, ...]
    probes: tuple[Probe, ...]

    @classmethod
    def parse(cls, symbol: bytes) -> "Graph":
        """Read a symbol file and check that every index in it leads somewhere.

        Raises:
            ArtifactError: It is not a graph.
        """
        try:
            return cls._read(json.loads(symbol))
        except (ValueError, LookupError, TypeError, AttributeError, RecursionError) as error:
            raise ArtifactError(
                f"The symbol file is not an MXNet graph: {type(error).__name__}: {error}."
            ) from error

    @classmethod
    def _read(cls, data: Any) -> "Graph":
        described = data["nodes"]
        nodes: list[Node] = []
        probes: list[Probe] = []
        used = set()
        for each in described:
            references = [_reference(entry, len(nodes)) for entry in each["inputs"]]
            used.update(references)
            nodes.append(_node(each, references))
            for dependency in each.get("control_deps", ()):
                _reference([dependency, 0], len(nodes) - 1)
            for subgraph in each.get("subgraphs", ()):  # of loops and conditions
                probes.extend(cls._read(subgraph).probes)
        heads = [_reference(entry, len(nodes)) for entry in data["heads"]]
        used.update(heads)
        _check_variables(nodes, data["arg_nodes"])
        if not heads:
            raise ArtifactError("The symbol file has no heads, so its graph gives nothing.")
        probes.extend(
            _probe(described[index], output) for index, output in sorted(used) if output > 0
        )
        names = tuple(nodes[index].name for index, _ in heads)
        return cls(tuple(nodes), len(heads), names, tuple(probes))

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
            if node.op == "FullyConnected" and sources[:1] == [name] and len(sources) > 1:
                weight = params.get(sources[1], ())
                flattens = node.attributes.get("flatten", "True") in {"True", "1"}
                return weight[1:] if len(weight) == 2 and flattens else None
        return None


def _reference(data: Any, count: int) -> tuple[int, int]:
    """Read `[node, output]` or `[node, output, version]`; the node is one of the first `count`."""
    node, output, *version = data
    if not all(type(each) is int and each >= 0 for each in data) or len(version) > 1:
        raise ArtifactError(f"The symbol file has the reference {data!r:.80}; expected numbers.")
    if node >= count:
        raise ArtifactError(f"The symbol file refers to node {node}, which is not before it.")
    return node, output


def _node(data: Any, references: Sequence[tuple[int, int]]) -> Node:
    op, name = data["op"], data["name"]
    attributes = data.get("attrs", data.get("attr", data.get("param", {})))
    texts = [op, name, *attributes, *attributes.values()]
    if not all(isinstance(text, str) and text.isprintable() for text in texts):
        raise ArtifactError(f"The symbol file has a node {texts!r:.200}; texts were expected.")
    return Node(op, name, tuple(node for node, _ in references), attributes)


def _probe(data: Any, output: int) -> Probe:
    count = len(data["inputs"])
    variables = [{"op": "null", "name": str(number), "inputs": []} for number in range(count)]
    alone = {**data, "inputs": [[number, 0, 0] for number in range(count)], "control_deps": []}
    graph = {
        "nodes": [*variables, alone],
        "arg_nodes": [*range(count)],
        "heads": [[count, 0, 0]],
        "attrs": {"mxnet_version": ["int", 10901]},
    }
    return Probe(data["name"], output, count, json.dumps(graph).encode())


def _check_variables(nodes: Sequence[Node], announced: Any) -> None:
    variables = [index for index, node in enumerate(nodes) if node.op == "null"]
    if announced != variables:
        raise ArtifactError("The arg_nodes of the symbol file are not its variables.")
    if len({nodes[index].name for index in variables}) != len(variables):
        raise ArtifactError("Two variables of the symbol file have the same name.")


def read_shapes(text: bytes) -> dict[str, Shape]:
    """Read a shapes file: `[{"name": "data", "shape": [1, 13]}]` (C6.2).

    Returns:
        The whole shape of each input, its first dimension included.

    Raises:
        ArtifactError: It says something else.
    """
    try:
        shapes = {str(each["name"]): (*each["shape"],) for each in json.loads(text)}
    except (ValueError, LookupError, TypeError, RecursionError) as error:
        raise ArtifactError(
            f"The shapes file is not a list of names and shapes: {type(error).__name__}: {error}."
        ) from error
    for name, shape in shapes.items():
        sound = all(type(size) is int and size > 0 for size in shape)
        if (
            not 1 <= len(shape) <= MOST_DIMENSIONS
            or not sound
            or math.prod(shape[1:]) > _MOST_ELEMENTS
        ):
            raise ArtifactError(
                f"The shapes file gives {name!r} the impossible shape {shape!r:.80}."
            )
    return shapes
