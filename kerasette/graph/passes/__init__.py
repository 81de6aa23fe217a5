"""The passes over a graph, each ``Graph -> Graph``, in the order in which they run."""

from typing import Any

from kerasette.graph.ir import Graph, Pass
from kerasette.graph.passes.algebra import simplify_algebra
from kerasette.graph.passes.common_subexpressions import share_common_subexpressions
from kerasette.graph.passes.dead_code import drop_dead_code
from kerasette.graph.passes.folding import fold_constants

PASSES: tuple[Pass, ...] = (
    fold_constants,
    simplify_algebra,
    share_common_subexpressions,
    drop_dead_code,
)


def improve(graph: Graph, stages: dict[str, Graph] | None = None) -> Graph:
    """The graph after all passes; the bodies of its loops and branches, too.

    Args:
        graph: it is taken to pieces: only what is returned is whole.
        stages: gets a copy of the graph after each pass, under the pass's name.
    """
    for step in PASSES:
        graph = step(graph)
        if stages is not None:
            stages[step.__name__] = graph.copy()
    for node in graph.nodes:
        node.attributes = {name: _improved(value) for name, value in node.attributes.items()}
    return graph


def _improved(attribute: Any) -> Any:
    if isinstance(attribute, Graph):
        return improve(attribute)
    if isinstance(attribute, tuple) and any(isinstance(part, Graph) for part in attribute):
        return tuple(_improved(part) for part in attribute)
    return attribute
