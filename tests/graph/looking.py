"""What tests ask of graphs."""

from kerasette.graph.ir import Graph, Node


def operations(graph: Graph) -> list[Node]:
    """The nodes of a graph, those of its clusters in their place."""
    found: list[Node] = []
    for node in graph.nodes:
        found += operations(node.attributes["body"]) if node.op.name == "cluster" else [node]
    return found
