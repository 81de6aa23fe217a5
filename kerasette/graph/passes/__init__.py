"""The passes over a graph, each ``Graph -> Graph``, in the order in which they run."""

from kerasette.graph.ir import Graph, Pass
from kerasette.graph.passes.common_subexpressions import share_common_subexpressions
from kerasette.graph.passes.dead_code import drop_dead_code

PASSES: tuple[Pass, ...] = (share_common_subexpressions, drop_dead_code)


def improve(graph: Graph) -> Graph:
    """The graph after all passes."""
    for step in PASSES:
        graph = step(graph)
    return graph
