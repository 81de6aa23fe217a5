"""``Function``: a graph of operations between symbolic inputs and outputs, run on values."""

from collections.abc import Callable
from typing import Any

from kerasette import tree
from kerasette.core.budget import charge_steps
from kerasette.core.operation import Node, Operation
from kerasette.core.tensor import KerasTensor
from kerasette.models.graph_map import map_graph


class Function(Operation):
    """The computation from ``inputs`` to ``outputs``, without weights or training of its own.

    Args:
        inputs: a KerasTensor, or a list or dict of them.
        outputs: a KerasTensor, or a structure of them, made from the inputs.

    >>> x = kerasette.Input((2,))
    >>> kerasette.Function(x, x * 2)(ops.ones((1, 2))).numpy()
    array([[2., 2.]], dtype=float32)

    Raises: ValueError where an output does not come from the inputs.
    """

    def __init__(self, inputs: Any, outputs: Any, name: str | None = None):
        super().__init__(name=name)
        self._connect(inputs, outputs)

    def _connect(self, inputs: Any, outputs: Any) -> None:
        for kind, tensors in (("inputs", inputs), ("outputs", outputs)):
            for leaf in tree.flatten(tensors):
                if not isinstance(leaf, KerasTensor):
                    raise ValueError(f"`{kind}` must be KerasTensors. Received: {leaf!r}.")
        self._inputs_struct = inputs
        self._outputs_struct = outputs
        self._inputs = tree.flatten(inputs)
        self._outputs = tree.flatten(outputs)
        if not self._inputs or not self._outputs:
            raise ValueError(
                "A Function needs at least one input and one output. "
                f"Received: inputs={inputs}, outputs={outputs}."
            )
        graph = map_graph(self._inputs, self._outputs)
        self._nodes, self._operations = graph.nodes, graph.operations

    @property
    def operations(self) -> list[Any]:
        """The operations and layers of the graph."""
        return self._operations[:]

    @property
    def inputs(self) -> list[Any]:
        """The symbolic inputs, flat."""
        return self._inputs

    @property
    def outputs(self) -> list[Any]:
        """The symbolic outputs, flat."""
        return self._outputs

    @property
    def input(self) -> Any:
        return self._inputs_struct

    @property
    def output(self) -> Any:
        return self._outputs_struct

    def call(self, inputs: Any) -> Any:
        """The outputs for values in the structure of the inputs."""
        return self._run_graph(self._flat_inputs(inputs))

    def _flat_inputs(self, inputs: Any) -> list[Any]:
        flat = tree.flatten(inputs)
        if len(flat) != len(self._inputs):
            raise ValueError(
                f"{self.name!r} takes {len(self._inputs)} input(s). Received: {len(flat)}."
            )
        return flat

    def _run_graph(self, values: list[Any], operation: Callable[[Any], Any] = lambda op: op) -> Any:
        """Run every node on values; ``operation`` gives what stands for each operation."""
        charge_steps(len(self._nodes))
        known = {id(t): value for t, value in zip(self._inputs, values, strict=True)}

        def filled(leaf: Any) -> Any:
            return known[id(leaf)] if isinstance(leaf, KerasTensor) else leaf

        for node in self._nodes:
            if all(id(tensor) in known for tensor in node.output_tensors):
                continue  # an input
            args, kwargs = tree.map_structure(filled, (node.args, node.kwargs))
            outputs = operation(node.operation)(*args, **kwargs)
            results = _same_length(node, tree.flatten(outputs))
            for tensor, value in zip(node.output_tensors, results, strict=True):
                known.setdefault(id(tensor), value)
        return tree.map_structure(filled, self._outputs_struct)

    def compute_output_shape(self, input_shape: Any) -> Any:
        """The shapes of the outputs for inputs of the given shapes."""
        symbols = [
            KerasTensor(tuple(shape), tensor.dtype)
            for shape, tensor in zip(_flat_shapes(input_shape), self._inputs, strict=True)
        ]
        packed = tree.pack_sequence_as(self._inputs_struct, symbols)
        return tree.map_structure(lambda x: x.shape, Function.compute_output_spec(self, packed))


def _same_length(node: Node, values: list[Any]) -> list[Any]:
    if len(values) == len(node.output_tensors):
        return values
    return [value for value in values if value is not None]


def _flat_shapes(shape: Any) -> list[Any]:
    found: list[Any] = []
    tree.map_shape_structure(found.append, shape)
    return found
