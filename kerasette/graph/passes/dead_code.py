"""Dead code: nodes whose results nobody reads are dropped."""

from kerasette.graph.ir import Graph, Node, Value


def drop_dead_code(graph: Graph) -> Graph:
    """The graph without what its outputs do not depend on (inputs stay: they are its signature)."""
    wanted: set[Value] = set(graph.outputs)
    kept: list[Node] = []
    for node in reversed(graph.nodes):
        if any(value in wanted for value in node.outputs):
            kept.append(node)
            wanted.update(node.inputs)
    constants = {value: tensor for value, tensor in graph.constants.items() if value in wanted}
    return Graph(graph.inputs, constants, kept[::-1], graph.outputs)
