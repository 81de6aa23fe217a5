"""``StackedRNNCells``: several cells that are one."""

from typing import Any

from kerasette import ops, tree
from kerasette.declared import declared
from kerasette.layers.layer import Layer
from kerasette.saving.serialization import deserialize_keras_object, serialize_keras_object


@declared
class StackedRNNCells(Layer):
    """Each cell's output is the next one's input: ``(batch, features) -> (batch, units)``.

    Args:
        cells: the cells, first to last.

    >>> cells = [kerasette.layers.LSTMCell(4), kerasette.layers.GRUCell(3)]
    >>> kerasette.layers.RNN(cells)(ops.zeros((2, 7, 5))).shape
    (2, 3)
    """

    cells: Any

    def validate(self) -> None:
        self.cells = list(self.cells)
        for cell in self.cells:
            if not hasattr(cell, "call") or not hasattr(cell, "state_size"):
                raise ValueError(
                    f"Every cell must have a `call` method and a `state_size`. Received: {cell!r}."
                )

    @property
    def state_size(self) -> list[Any]:
        """The sizes of each cell's states."""
        return [cell.state_size for cell in self.cells]

    @property
    def output_size(self) -> int:
        """The size of the last cell's output."""
        last = self.cells[-1]
        size = getattr(last, "output_size", None) or last.state_size
        return size[0] if isinstance(size, (list, tuple)) else size

    def get_initial_state(self, batch_size: Any = None) -> list[Any]:
        """What each cell begins with."""
        from kerasette import ops

        found = []
        for cell in self.cells:
            own = getattr(cell, "get_initial_state", None)
            if own is not None:
                found.append(own(batch_size=batch_size))
            else:
                found.append(
                    tree.map_structure(
                        lambda size: ops.zeros((batch_size, size), dtype=self.compute_dtype),
                        cell.state_size,
                    )
                )
        return found

    def build(self, input_shape: Any) -> None:
        for cell in self.cells:
            if isinstance(cell, Layer) and not cell.built:
                cell.build(input_shape)
            input_shape = (input_shape[0], _output_size(cell))

    def call(self, inputs: Any, states: Any, training: Any = False) -> Any:
        after = []
        for cell, state in zip(self.cells, states, strict=True):
            kwargs = {}
            if isinstance(cell, Layer) and cell._call_signature.takes_training:
                kwargs["training"] = training
            given = list(state) if tree.is_nested(state) else [state]
            inputs, new = cell(inputs, given, **kwargs)
            new = list(new) if tree.is_nested(new) else [new]
            after.append(new if tree.is_nested(state) else new[0])
        return inputs, after

    def prepare(self, inputs: Any, training: Any) -> None:
        """Have the cells draw their dropout masks for one sequence, of which this is a step."""
        for cell in self.cells:
            if hasattr(cell, "prepare"):
                cell.prepare(inputs, training)
            inputs = ops.ones((inputs.shape[0], _output_size(cell)), inputs.dtype)

    def forget(self) -> None:
        """Drop the cells' dropout masks."""
        for cell in self.cells:
            if hasattr(cell, "forget"):
                cell.forget()

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config["cells"] = [serialize_keras_object(cell) for cell in self.cells]
        return config

    @classmethod
    def from_config(cls, config: dict[str, Any], custom_objects: Any = None) -> Any:
        config = dict(config)
        config["cells"] = [
            deserialize_keras_object(cell, custom_objects=custom_objects)
            if isinstance(cell, dict)
            else cell
            for cell in config["cells"]
        ]
        return cls(**config)


def _output_size(cell: Any) -> int:
    size = getattr(cell, "output_size", None) or cell.state_size
    return size[0] if isinstance(size, (list, tuple)) else size
