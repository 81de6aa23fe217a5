"""``GatedRNN``: recurrent layers that have a cell of their own (SimpleRNN, LSTM, GRU)."""

from typing import Any

from kerasette import ops
from kerasette.declared import declared_fields
from kerasette.layers.rnn.rnn import RNN
from kerasette.layers.rnn.sequence import run_over_time, steps_before_batch


class GatedRNN(RNN):
    """The inputs of all steps are projected by one product of matrices; the scan does the rest.

    What the layer has in common with its cell (``units``, ``dropout``…) is the cell's alone.
    """

    __declared_fields__ = ()  # none of RNN's: each layer lists its own
    cell_class: Any = None
    zero_output_for_mask = False

    def make_cell(self) -> None:
        """The cell of this layer's fields."""
        values = {name: self.__dict__.pop(name) for name in self._of_cell()}
        self.cell = self.cell_class(**values, dtype=self.dtype_policy, name="cell")
        self.cell.name = self.name_of_cell()
        self._check_cell()

    @classmethod
    def _of_cell(cls) -> set[str]:
        """The names of the fields that the layer and its cell have in common."""
        own, cells = declared_fields(cls), declared_fields(cls.cell_class)
        return {field.name for field in own} & {field.name for field in cells}

    def __getattr__(self, name: str) -> Any:
        cell = self.__dict__.get("cell")
        if cell is not None and name in self._of_cell():
            return getattr(cell, name)
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        cell = self.__dict__.get("cell")
        shared = cell is not None and name in self._of_cell()
        (cell if shared else super()).__setattr__(name, value)

    def name_of_cell(self) -> str:
        """The scope of the cell's weights: ``lstm/lstm_cell/kernel``."""
        from kerasette.core.naming import to_snake_case

        return to_snake_case(self.cell_class.__name__)

    def inner_loop(
        self, sequences: Any, initial_state: Any, mask: Any, training: Any = False
    ) -> tuple[Any, Any, list[Any]]:
        cell = self.cell
        if training and cell.recurrent_dropout:
            return super().inner_loop(sequences, initial_state, mask, training)
        steps = steps_before_batch(sequences)
        if training and cell.dropout:
            cell.forget()
            steps = steps * cell.get_dropout_mask(steps[0])
            cell.forget()
        return run_over_time(
            cell.recur,
            self.projected(steps),
            initial_state,
            mask=mask,
            go_backwards=self.go_backwards,
            zero_output_for_mask=self.zero_output_for_mask,
            steps_first=True,
        )

    def projected(self, steps: Any) -> Any:
        """The inputs of all steps ``(steps, batch, ...)``, ready for the cell's ``recur``."""
        return self.biased(ops.matmul(steps, self.cell.kernel))

    def biased(self, projected: Any) -> Any:
        """The projected inputs with the bias that belongs to them."""
        return projected if self.cell.bias is None else projected + self.cell.bias

    def get_config(self) -> dict[str, Any]:
        config = super().get_config()
        config.pop("use_cudnn", None)
        return config | {"zero_output_for_mask": self.zero_output_for_mask}

    @classmethod
    def from_config(cls, config: dict[str, Any], *args: Any, **kwargs: Any) -> "GatedRNN":
        config = dict(config)  # Keras's files hold a setting that is no parameter of these layers
        zero_output_for_mask = config.pop("zero_output_for_mask", False)
        layer = super().from_config(config, *args, **kwargs)
        layer.zero_output_for_mask = zero_output_for_mask
        return layer
