"""The passes over a graph, each ``Graph -> Graph``, in the order in which they run."""

from collections.abc import Callable
from typing import Any

from kerasette.graph.ir import Graph, Pass
from kerasette.graph.passes.abreast import run_loops_abreast
from kerasette.graph.passes.algebra import simplify_algebra
from kerasette.graph.passes.attention import keep_sums
from kerasette.graph.passes.clusters import form_clusters
from kerasette.graph.passes.common_subexpressions import share_common_subexpressions
from kerasette.graph.passes.dead_code import drop_dead_code
from kerasette.graph.passes.epilogues import take_epilogues
from kerasette.graph.passes.expansion import expand_statistics
from kerasette.graph.passes.folding import fold_constants
from kerasette.graph.passes.joining import join_parts
from kerasette.graph.passes.loops import lighten_loops
from kerasette.graph.passes.pooled_relu import pool_before_relu
from kerasette.graph.passes.products import fuse_products
from kerasette.graph.passes.recomputing import recompute_cheap_values
from kerasette.graph.passes.slicing import slice_before_elements
from kerasette.graph.passes.updates import gather_updates

CLEANING: tuple[Pass, ...] = (
    fold_constants,
    simplify_algebra,
    share_common_subexpressions,
    drop_dead_code,
)
# From here on nodes are what kernels take: passes that put operations together.
LOWERING: tuple[Pass, ...] = (
    keep_sums,
    fuse_products,
    take_epilogues,
    expand_statistics,
    slice_before_elements,
    share_common_subexpressions,
    drop_dead_code,
    form_clusters,
    recompute_cheap_values,
    run_loops_abreast,
    gather_updates,
)

PASSES: tuple[Pass, ...] = (
    *CLEANING,
    lighten_loops,
    join_parts,
    pool_before_relu,
    *CLEANING,
    *LOWERING,
)


def improve(graph: Graph, stages: dict[str, Graph] | None = None) -> Graph:
    """The graph after all passes, each applied to the bodies of loops and branches first.

    Args:
        graph: it is taken to pieces: only what is returned is whole.
        stages: gets a copy of the graph after each pass, under the pass's number and name.
    """
    graph = _with_bodies(graph, lambda body: body.copy())  # two nodes may share one
    for number, step in enumerate(PASSES, 1):
        graph = _everywhere(step, graph)
        if stages is not None:
            stages[f"{number} {step.__name__}"] = graph.copy()
    return graph


def _everywhere(step: Pass, graph: Graph) -> Graph:
    return step(_with_bodies(graph, lambda body: _everywhere(step, body)))


def _with_bodies(graph: Graph, change: Callable[[Graph], Graph]) -> Graph:
    """The graph, the bodies of its nodes changed."""

    def changed(attribute: Any) -> Any:
        if isinstance(attribute, Graph):
            return change(attribute)
        if isinstance(attribute, tuple) and any(isinstance(part, Graph) for part in attribute):
            return tuple(changed(part) for part in attribute)
        return attribute

    for node in graph.nodes:
        node.attributes = {name: changed(value) for name, value in node.attributes.items()}
    return graph
