"""Graphs and shapes as MXNet writes them, and every way in which they may lead astray."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.errors import ArtifactError
from model.export import Graph, Node, read_shapes


def variable(name: str) -> dict[str, Any]:
    return {"op": "null", "name": name, "inputs": []}


GRAPH: dict[str, Any] = {
    "nodes": [
        variable("data"),
        variable("fc_weight"),
        variable("fc_bias"),
        {
            "op": "FullyConnected",
            "name": "fc",
            "attrs": {"num_hidden": "4"},
            "inputs": [[0, 0, 0], [1, 0, 0], [2, 0, 0]],
        },
        variable("softmax_label"),
        {"op": "SoftmaxOutput", "name": "softmax", "inputs": [[3, 0], [4, 0]]},
    ],
    "arg_nodes": [0, 1, 2, 4],
    "heads": [[5, 0, 0]],
}
PARAMS = {"fc_weight": (4, 13), "fc_bias": (4,)}


def parse(data: object) -> Graph:
    return Graph.parse(json.dumps(data).encode())


def changed(*path: str | int, to: object) -> dict[str, Any]:
    data = copy.deepcopy(GRAPH)
    here: Any = data
    for key in path[:-1]:
        here = here[key]
    here[path[-1]] = to
    return data


def test_a_graph_is_read() -> None:
    graph = parse(GRAPH)
    assert graph.nodes[3] == Node("FullyConnected", "fc", (0, 1, 2), {"num_hidden": "4"})
    assert (len(graph.nodes), graph.outputs, graph.probes) == (6, 1, ())


def test_inputs_are_neither_params_nor_labels() -> None:
    assert parse(GRAPH).inputs(PARAMS) == ("data",)
    assert parse(GRAPH).inputs({}) == ("data", "fc_weight", "fc_bias")


def test_the_first_layer_tells_the_shape_of_a_row() -> None:
    graph = parse(GRAPH)
    assert graph.row_shape("data", PARAMS) == (13,)
    assert graph.row_shape("data", {}) is None
    assert graph.row_shape("fc_bias", PARAMS) is None
    keeps = parse(changed("nodes", 3, "attrs", to={"num_hidden": "4", "flatten": "False"}))
    assert keeps.row_shape("data", PARAMS) is None
    lonely = parse(changed("nodes", 3, "inputs", to=[]))
    assert lonely.row_shape("data", PARAMS) is None


@pytest.mark.parametrize("key", ["attrs", "attr", "param"])
def test_attributes_of_older_versions_are_read(key: str) -> None:
    data = copy.deepcopy(GRAPH)
    data["nodes"][3][key] = data["nodes"][3].pop("attrs")
    assert parse(data).nodes[3].attributes == {"num_hidden": "4"}


def test_a_later_output_is_probed_with_its_operator_alone() -> None:
    data = changed("heads", to=[[3, 2, 0], [3, 0, 0], [5, 1, 0]])
    first, second = parse(data).probes
    assert (first.name, first.output, first.inputs) == ("fc", 2, 3)
    assert (second.name, second.output, second.inputs) == ("softmax", 1, 2)
    alone = json.loads(first.symbol)
    assert [node["op"] for node in alone["nodes"]] == ["null"] * 3 + ["FullyConnected"]
    assert alone["nodes"][3]["attrs"] == {"num_hidden": "4"}
    assert Graph.parse(first.symbol).outputs == 1


def test_subgraphs_are_read_too() -> None:
    inner = changed("heads", to=[[3, 1, 0]])
    (probe,) = parse(changed("nodes", 3, "subgraphs", to=[inner])).probes
    assert probe.output == 1
    with pytest.raises(ArtifactError, match="no heads"):
        parse(changed("nodes", 3, "subgraphs", to=[changed("heads", to=[])]))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (changed("nodes", 3, "inputs", to=[[3, 0, 0]]), "node 3, which is not before it"),
        (changed("nodes", 3, "inputs", to=[[9, 0, 0]]), "node 9, which is not before it"),
        (changed("nodes", 3, "inputs", to=[[-1, 0, 0]]), "the reference [-1, 0, 0]"),
        (changed("nodes", 3, "inputs", to=[[0, -1, 0]]), "the reference [0, -1, 0]"),
        (changed("nodes", 3, "inputs", to=[["1", 0, 0]]), "the reference ['1', 0, 0]"),
        (changed("nodes", 3, "inputs", to=[[True, 0, 0]]), "the reference [True, 0, 0]"),
        (changed("nodes", 3, "inputs", to=[[0, 0, 0, 0]]), "the reference [0, 0, 0, 0]"),
        (changed("nodes", 3, "inputs", to=[[0]]), "is not an MXNet graph: ValueError"),
        (changed("nodes", 3, "control_deps", to=[7]), "node 7, which is not before it"),
        (changed("nodes", 3, "op", to=None), "texts were expected"),
        (changed("nodes", 3, "name", to=7), "texts were expected"),
        (changed("nodes", 3, "name", to="a\0b"), "texts were expected"),
        (changed("nodes", 3, "name", to="\ud800"), "texts were expected"),
        (changed("nodes", 3, "attrs", to={"a": 1}), "texts were expected"),
        (changed("nodes", 3, "attrs", to=[]), "is not an MXNet graph"),
        (changed("nodes", 3, to=None), "is not an MXNet graph"),
        (changed("nodes", 1, "name", to="data"), "Two variables"),
        (changed("nodes", to={}), "heads|node|variables"),
        (changed("heads", to=[]), "no heads"),
        (changed("heads", to=[[6, 0, 0]]), "node 6"),
        (changed("arg_nodes", to=[0, 1, 2]), "are not its variables"),
        (changed("arg_nodes", to=None), "are not its variables"),
        ({}, "KeyError: 'nodes'"),
        ([], "TypeError"),
        (None, "TypeError"),
    ],
)
def test_a_graph_that_leads_astray_is_refused(data: object, message: str) -> None:
    with pytest.raises(ArtifactError) as caught:
        parse(data)
    assert any(part in caught.value.message for part in message.split("|"))


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[" * 100_000])
def test_text_that_is_no_json_is_no_graph(text: bytes) -> None:
    with pytest.raises(ArtifactError, match="not an MXNet graph"):
        Graph.parse(text)
    with pytest.raises(ArtifactError, match="not a list of names and shapes"):
        read_shapes(text)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(
    st.sampled_from([("nodes",), ("heads",), ("arg_nodes",), ("nodes", 3, "inputs")]), json_values
)
def test_no_json_does_more_than_raise_an_artifact_error(
    path: tuple[str | int, ...], value: object
) -> None:
    try:
        graph = parse(changed(*path, to=value))
    except ArtifactError:
        return
    assert graph.outputs > 0


@given(json_values)
def test_no_json_is_more_than_wrong_shapes(value: object) -> None:
    try:
        shapes = read_shapes(json.dumps(value).encode())
    except ArtifactError:
        return
    assert not shapes


def test_shapes_are_read_in_order() -> None:
    text = b'[{"name": "b", "shape": [8, 3, 2]}, {"name": "a", "shape": [1]}]'
    assert list(read_shapes(text).items()) == [("b", (8, 3, 2)), ("a", (1,))]


@pytest.mark.parametrize(
    "shape", [[], [0, 2], [1, -2], [1, 1 << 40], [1.5], ["1"], [True], [1] * 33, [[1]]]
)
def test_an_impossible_shape_is_named(shape: list[object]) -> None:
    text = json.dumps([{"name": "data", "shape": shape}]).encode()
    with pytest.raises(ArtifactError, match="'data' the impossible shape"):
        read_shapes(text)


@pytest.mark.parametrize("data", [{"data": [1, 2]}, [1], [{"name": "x"}], [{"shape": [1]}], 7])
def test_other_json_is_no_list_of_shapes(data: object) -> None:
    with pytest.raises(ArtifactError, match="not a list of names and shapes"):
        read_shapes(json.dumps(data).encode())
