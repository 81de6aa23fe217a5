"""The graph between symbolic inputs and outputs: which operations, in which order."""

from typing import Any, NamedTuple

from kerasette.core.operation import Node


class GraphMap(NamedTuple):
    """``nodes`` in an order in which they can run; ``operations`` as Keras lists them."""

    nodes: list[Node]
    operations: list[Any]


def map_graph(inputs: list[Any], outputs: list[Any]) -> GraphMap:
    """Walk from the outputs back to the inputs.

    Operations are listed by their distance from the outputs, farthest first, and among equals in
    the order in which the walk met them: the order of layers and weights in Keras's files.

    Raises: ValueError where an output does not come from the inputs.
    """
    order, met = _walk(inputs, outputs)
    depth_of_node: dict[Node, int] = {}
    depth_of_operation: dict[int, int] = {}
    for node in reversed(order):
        depth = max(depth_of_node.get(node, 0), depth_of_operation.get(id(node.operation), 0))
        depth_of_operation[id(node.operation)] = depth_of_node[node] = depth
        if node in met.stops:
            continue
        for parent in node.parent_nodes:
            depth_of_node[parent] = max(depth_of_node.get(parent, 0), depth + 1)
    for tensor in inputs:
        operation = tensor._keras_history.operation
        if id(operation) not in depth_of_operation:  # an input that no output depends on
            node = operation._inbound_nodes[tensor._keras_history.node_index]
            depth_of_operation[id(operation)] = depth_of_node[node] = 0
            met.indices[id(operation)] = -1
            met.operations[id(operation)] = operation
            order.append(node)
    operations = sorted(
        met.operations.values(),
        key=lambda op: (-depth_of_operation[id(op)], met.indices[id(op)]),
    )
    nodes = sorted(order, key=lambda node: -depth_of_node[node])
    _check_unique_names(operations)
    return GraphMap(nodes, operations)


class _Met:
    def __init__(self) -> None:
        self.indices: dict[int, int] = {}
        self.operations: dict[int, Any] = {}
        self.stops: set[Node] = set()  # nodes that make the inputs: the walk ends there


def _walk(inputs: list[Any], outputs: list[Any]) -> tuple[list[Node], _Met]:
    """The nodes, each after those it depends on (without recursion: graphs may be deep)."""
    entering = {id(tensor) for tensor in inputs}
    met = _Met()
    order: list[Node] = []
    done: set[Node] = set()
    for output in outputs:
        if getattr(output, "_keras_history", None) is None:
            raise ValueError(
                "Every output of a Functional model must come from its inputs by layers and "
                f"operations. Received: {output!r}."
            )
        stack: list[tuple[Any, bool]] = [(output, False)]
        while stack:
            tensor, finished = stack.pop()
            history = tensor._keras_history
            if history is None:
                raise ValueError(
                    "The outputs depend on a KerasTensor that no layer, operation or Input made: "
                    f"{tensor!r}."
                )
            operation = history.operation
            node = operation._inbound_nodes[history.node_index]
            if finished:
                if node not in done:
                    done.add(node)
                    order.append(node)
                continue
            if node in done:
                continue
            if id(operation) not in met.indices:
                met.indices[id(operation)] = len(met.indices)
                met.operations[id(operation)] = operation
            stack.append((tensor, True))
            if id(tensor) in entering:
                met.stops.add(node)
                continue
            if node.is_input:
                raise ValueError(
                    f"The outputs depend on the input {operation.name!r}, which is not among the "
                    "model's inputs. Add it to `inputs`."
                )
            stack += [(parent, False) for parent in reversed(node.input_tensors)]
    return order, met


def _check_unique_names(operations: list[Any]) -> None:
    names: dict[str, Any] = {}
    for operation in operations:
        if names.setdefault(operation.name, operation) is not operation:
            raise ValueError(
                f"The name {operation.name!r} is used twice in the model. All operation and layer "
                "names should be unique: give one of them another `name`."
            )
