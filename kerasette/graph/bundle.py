"""Bundles: operations of graphs that hold other operations, which kernels compute in one go."""

from typing import Any

from kerasette.core.spec import Spec
from kerasette.graph.ir import Graph


class Bundle:
    """The operation of a node that holds a graph, its ``body``. Called, it is what is in it.

    Args:
        name: under which kernels register.
    """

    native = True  # the body's operations see to 16-bit floats themselves

    def __init__(self, name: str):
        self.name = name

    def spec(self, *specs: Spec, body: Graph, **form: Any) -> Any:
        found = tuple(value.spec for value in body.outputs)
        return found if len(found) > 1 else found[0]

    def reference(self, xp: Any, *arrays: Any, body: Graph, **form: Any) -> Any:
        found = body.run(list(arrays))
        return tuple(found) if len(found) > 1 else found[0]

    def __call__(self, *inputs: Any, body: Graph, **form: Any) -> Any:
        found = body.replay(*inputs)
        return tuple(found) if len(found) > 1 else found[0]

    def __repr__(self) -> str:
        return f"<{self.name}>"
